import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import SHAPE
from helpers import tiny_critic
from helpers import tiny_generator
from helpers import tiny_wgan

from wgan_keras import WGAN
from wgan_keras import WeightClipping
from wgan_keras.fitting.batches import scale_images
from wgan_keras.nets.latents import latents
from wgan_keras.nets.latents import mixing_shares

# === Algorithm 1 ===


def linear_wgan(n_critic, clip_value):
    """A generator z ↦ zG and a critic x ↦ xw, whose gradients are known by hand."""
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(4, use_bias=False),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )
    critic = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(1, use_bias=False),
        ]
    )
    return WGAN(generator, critic, n_critic, WeightClipping(clip_value), seed=4)


class RMSpropByHand:
    def __init__(self, rate, rho=0.9, epsilon=1e-7):
        self.rate, self.rho, self.epsilon, self.velocity = rate, rho, epsilon, 0.0

    def update(self, weights, gradient):
        self.velocity = self.rho * self.velocity + (1 - self.rho) * gradient**2
        return weights - self.rate * gradient / np.sqrt(self.velocity + self.epsilon)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_train_step_is_algorithm_1(run_eagerly):
    clip, n_critic, rate, steps = 0.04, 3, 0.02, 5
    wgan = linear_wgan(n_critic, clip)
    wgan.compile(
        keras.optimizers.RMSprop(rate),
        keras.optimizers.RMSprop(rate),
        run_eagerly=run_eagerly,
    )
    w = wgan.critic.get_weights()[0].astype(float)
    theta = wgan.generator.get_weights()[0].astype(float)
    data = np.random.default_rng(0).uniform(-1, 1, (steps, 6, 2, 2, 1)).astype("float32")

    critic_rule, generator_rule = RMSpropByHand(rate), RMSpropByHand(rate)
    for step in range(steps):
        x = data[step].reshape(6, 4)
        estimates, largest = [], []
        for t in range(n_critic):
            real = x[t::n_critic]
            z = latents(4, 1 + 4 * step + t, 0, 2, 2).numpy()
            fake = z @ theta
            estimates.append((real @ w).mean() - (fake @ w).mean())
            gradient = (fake.mean(axis=0) - real.mean(axis=0))[:, None]
            w = critic_rule.update(w, gradient)
            largest.append(np.abs(w).max())
            w = np.clip(w, -clip, clip)
        z = latents(4, 1 + 4 * step + n_critic, 0, 2, 2).numpy()
        generator_loss = -(z @ theta @ w).mean()
        gradient = -z.mean(axis=0)[:, None] @ w.T
        theta = generator_rule.update(theta, gradient)
        logs = wgan.train_on_batch(data[step], return_dict=True)
        assert logs["wasserstein_estimate"] == pytest.approx(np.mean(estimates), abs=1e-6)
        assert logs["critic_loss"] == pytest.approx(-np.mean(estimates), abs=1e-6)
        assert logs["generator_loss"] == pytest.approx(generator_loss, abs=1e-6)

    np.testing.assert_allclose(wgan.critic.get_weights()[0], w, atol=1e-6)
    np.testing.assert_allclose(wgan.generator.get_weights()[0], theta, atol=1e-5)
    assert max(largest) > clip  # clipping, and when it happens, mattered


def test_lipschitz_estimate_is_the_gradient_norm_and_is_renewed():
    wgan = linear_wgan(1, 0.04)
    wgan.compile(None, keras.optimizers.RMSprop(0.01))
    data = np.random.default_rng(0).uniform(-1, 1, (2, 2, 2, 1)).astype("float32")
    seen, norms = [], []
    for _ in range(22):
        logs = wgan.train_on_batch(data, return_dict=True)
        seen.append(logs["lipschitz_estimate"])
        norms.append(np.linalg.norm(wgan.critic.get_weights()[0]))
    expected = [norms[step // 10 * 10] for step in range(22)]
    np.testing.assert_allclose(seen, expected, rtol=1e-5)
    assert len(set(np.round(norms, 6))) > 1


def test_lipschitz_estimate_is_measured_between_real_and_fake(images):
    wgan = tiny_wgan(n_critic=1, lipschitz=None, seed=6)
    wgan.critic.set_weights([20 * w for w in wgan.critic.get_weights()])
    real = scale_images(tf.constant(images))
    fake = wgan.generate(latents(0, 0, 0, 60, 6))
    wgan.measure_lipschitz(real, fake)
    share = tf.reshape(mixing_shares(6, 1, 0, 60), (60, 1, 1, 1))
    points = share * real + (1 - share) * fake
    step, norms = 1e-2, []
    for pixel in np.eye(64, dtype="float32").reshape(64, 8, 8, 1):
        rise = wgan.critic(points + step * pixel) - wgan.critic(points - step * pixel)
        norms.append(rise.numpy()[:, 0] / (2 * step))
    expected = np.linalg.norm(norms, axis=0).mean()
    assert wgan.gradient_norm.numpy() == pytest.approx(expected, rel=0.02)


def test_a_users_own_networks_train_in_mixed_precision(images):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        generator = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(64), keras.layers.Reshape(SHAPE)]
        )
        critic = keras.Sequential(
            [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        wgan = WGAN(generator, critic, 2)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    wgan.compile()
    history = wgan.fit(images, batch_size=20, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert wgan.sample(2).dtype == np.float32


def test_train_step_fits_on_a_screen():
    assert len(inspect.getsource(WGAN.train_step).splitlines()) <= 40


# === Networks, options and defaults ===


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_critic": 0}, "n_critic must be a whole number from 1, not 0"),
        ({"lipschitz": 0.01}, "lipschitz must be 'clip'"),
        ({"average_decay": 1.0}, "average_decay must lie between 0 and 1"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        tiny_wgan(**options)


class ScoresByHand(keras.Model):
    """A subclassed critic, not built before the WGAN takes it."""

    def __init__(self):
        super().__init__()
        self.flatten, self.dense = keras.layers.Flatten(), keras.layers.Dense(1)

    def call(self, images):
        return self.dense(self.flatten(images))


def test_a_subclassed_critic_is_built_and_clipped(images):
    wgan = WGAN(tiny_generator(), ScoresByHand(), n_critic=2)
    wgan.compile(None, keras.optimizers.RMSprop(0.1))
    wgan.fit(images, batch_size=20, verbose=0)
    assert np.abs(wgan.critic.dense.kernel.numpy()).max() == np.float32(0.01)


def test_defaults_are_the_papers():
    wgan = tiny_wgan()
    for optimizer in (wgan.optimizer, wgan.critic_optimizer):
        assert type(optimizer) is keras.optimizers.RMSprop
        assert float(optimizer.learning_rate) == pytest.approx(5e-5)
    assert wgan.optimizer is not wgan.critic_optimizer
    assert WGAN(tiny_generator(), tiny_critic()).n_critic == 5
    assert WGAN(tiny_generator(), tiny_critic()).lipschitz.clip_value == 0.01


# === Logs ===


def test_logs_and_held_out_estimate(images):
    wgan = tiny_wgan()
    history = wgan.fit(
        images, batch_size=20, verbose=0, validation_data=images[:25]
    ).history
    assert set(history) == {
        "critic_loss",
        "generator_loss",
        "wasserstein_estimate",
        "lipschitz_estimate",
        "val_wasserstein_estimate",
    }
    assert history["critic_loss"][0] == pytest.approx(-history["wasserstein_estimate"][0])


def test_evaluate_is_the_difference_of_means_and_changes_nothing(images):
    wgan = tiny_wgan(lipschitz=WeightClipping(10.0))
    wgan.critic.set_weights([20 * w for w in wgan.critic.get_weights()])
    wgan.fit(images, batch_size=20, verbose=0)
    before = [v.numpy() for v in wgan.generator.variables + wgan.critic.variables]
    results = [float(wgan.evaluate(images, batch_size=25, verbose=0)) for _ in range(2)]
    whole = float(wgan.evaluate(images, batch_size=60, verbose=0))
    fake = wgan.generator(latents(0, -1, 0, 60, 6), training=False)
    scores = [
        wgan.critic(x).numpy().mean() for x in (scale_images(tf.constant(images)), fake)
    ]
    assert results[0] == results[1]
    assert abs(whole) > 0.01
    assert whole == pytest.approx(scores[0] - scores[1], rel=1e-4)
    assert results[0] == pytest.approx(whole, rel=1e-4)
    after = [v.numpy() for v in wgan.generator.variables + wgan.critic.variables]
    for left, right in zip(before, after, strict=True):
        np.testing.assert_array_equal(left, right)
