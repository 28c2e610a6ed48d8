import keras
import numpy as np
import pytest
from helpers import assert_same_weights
from helpers import tiny_wgan

from wgan_keras import training_data


def test_a_batch_is_dealt_out_without_reuse(images):
    wgan = tiny_wgan(n_critic=3)
    dealt = [batch.numpy() for batch in wgan.deal(images)]
    for t, batch in enumerate(dealt):
        np.testing.assert_allclose(batch, images[t::3] / 127.5 - 1, atol=1e-6)
    # Dealing out two halves gives the halves of what the whole gives.
    halves = zip(wgan.deal(images[:30]), wgan.deal(images[30:]), strict=True)
    for whole, (first, second) in zip(dealt, halves, strict=True):
        np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_latents_are_never_used_twice():
    wgan = tiny_wgan(n_critic=2)
    drawn = []
    for _ in range(3):
        drawn += [wgan.draw_latents(t, np.zeros((4, 1))).numpy() for t in range(3)]
        wgan.steps_done.assign_add(1)
    assert len(np.unique(np.concatenate(drawn), axis=0)) == 3 * 3 * 4


def test_predict_turns_latents_into_images():
    wgan = tiny_wgan()
    noise = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    images = wgan.predict(noise, verbose=0)
    np.testing.assert_allclose(images, wgan.generator(noise, training=False), atol=1e-6)


# === Compiling ===


def test_one_optimizer_for_both_is_refused():
    optimizer = keras.optimizers.RMSprop()
    with pytest.raises(ValueError, match="an optimizer each"):
        tiny_wgan(compiled=False).compile(optimizer, optimizer)


def test_optimizers_by_name():
    wgan = tiny_wgan(compiled=False)
    wgan.compile("rmsprop", "rmsprop")
    assert wgan.optimizer is not wgan.critic_optimizer


def test_there_is_no_third_optimizer(images):
    wgan = tiny_wgan(n_critic=3)
    wgan.fit(images, batch_size=30, verbose=0)
    assert wgan.optimizer.iterations.numpy() == 2
    assert wgan.critic_optimizer.iterations.numpy() == 6


# === The moving average ===


def test_the_average_follows_the_warmed_up_rule(images):
    wgan = tiny_wgan(average_decay=0.25)
    assert wgan.averaged_generator.trainable_variables == []
    following = [
        average
        for average, v in zip(
            wgan.averaged_generator.weights, wgan.generator.weights, strict=True
        )
        if v.trainable
    ]
    assert len(following) == len(wgan.generator.trainable_variables)
    raw = [v.numpy() for v in wgan.generator.trainable_variables]
    averages = [v.numpy() for v in following]
    for left, right in zip(raw, averages, strict=True):
        np.testing.assert_array_equal(left, right)
    for step in range(4):
        wgan.fit(images[:20], batch_size=20, verbose=0)
        decay = min(0.25, (1 + step) / (10 + step))
        averages = [
            decay * average + (1 - decay) * v.numpy()
            for average, v in zip(averages, wgan.generator.trainable_variables, strict=True)
        ]
    assert decay == 0.25
    for v, average in zip(following, averages, strict=True):
        np.testing.assert_allclose(v.numpy(), average, rtol=1e-5, atol=1e-7)


def test_sampling_uses_the_average():
    wgan = tiny_wgan(average_decay=0.9)
    before = wgan.sample(3)
    wgan.generator.set_weights([w + 1 for w in wgan.generator.get_weights()])
    np.testing.assert_array_equal(wgan.sample(3), before)
    wgan.averaged_generator.set_weights(wgan.generator.get_weights())
    assert (wgan.sample(3) != before).any()


# === Same again ===


def test_the_same_seed_gives_the_same_weights(images):
    def trained(seed):
        keras.utils.set_random_seed(seed)
        wgan = tiny_wgan(seed=seed)
        wgan.fit(training_data(images, 10, 2, seed), steps_per_epoch=7, verbose=0)
        return wgan

    one = trained(1)
    assert_same_weights(one, trained(1))
    assert (trained(2).critic.get_weights()[0] != one.critic.get_weights()[0]).any()
