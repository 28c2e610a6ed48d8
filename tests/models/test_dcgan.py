import keras
import numpy as np
import pytest
from helpers import assert_same_weights
from helpers import tiny_dcgan
from helpers import tiny_generator

from wgan_keras import DCGAN
from wgan_keras import load_model
from wgan_keras import training_data
from wgan_keras.nets import losses


def test_logs(images):
    dcgan = tiny_dcgan()
    history = dcgan.fit(images, batch_size=20, verbose=0, validation_data=images).history
    logged = {"discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy"}
    held_out = {"val_" + name for name in logged - {"generator_loss"}}
    assert set(history) == logged | held_out


def test_evaluation_is_the_loss_on_the_logits(images):
    dcgan = tiny_dcgan()
    logs = dcgan.evaluate(images, verbose=0, return_dict=True, batch_size=60)
    logs = {name: float(value) for name, value in logs.items()}
    from wgan_keras.nets.latents import latents

    fake = dcgan.generator(latents(0, -1, 0, 60, 6))
    real_logits = dcgan.discriminator(images / np.float32(127.5) - 1).numpy()
    fake_logits = dcgan.discriminator(fake).numpy()
    expected = losses.discriminator_loss(real_logits, fake_logits)
    assert logs["discriminator_loss"] == pytest.approx(float(expected), abs=1e-6)
    assert logs["real_accuracy"] == pytest.approx((real_logits > 0).mean())
    assert logs["fake_accuracy"] == pytest.approx((fake_logits < 0).mean())


def test_each_network_descends_its_own_loss(images):
    """One SGD step on each, compared with the gradients of the written-out losses."""
    import tensorflow as tf

    from wgan_keras.nets.latents import latents

    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    dcgan = DCGAN(tiny_generator(), discriminator, seed=5)
    dcgan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    kernel, bias = (w.copy() for w in discriminator.get_weights())
    generator = keras.models.clone_model(dcgan.generator)
    generator.set_weights(dcgan.generator.get_weights())
    dcgan.train_on_batch(images)

    real = images.reshape(60, 64) / np.float32(127.5) - 1
    fake = generator(latents(5, 1, 0, 60, 6), training=True).numpy().reshape(60, 64)
    probability = [1 / (1 + np.exp(-(x @ kernel + bias))) for x in (real, fake)]
    gradient = (fake.T @ probability[1] - real.T @ (1 - probability[0])) / 60
    kernel -= 0.1 * gradient
    bias -= 0.1 * (probability[1] - (1 - probability[0])).mean(axis=0)
    np.testing.assert_allclose(discriminator.get_weights()[0], kernel, atol=1e-5)
    np.testing.assert_allclose(discriminator.get_weights()[1], bias, atol=1e-5)

    with tf.GradientTape() as tape:
        flat = tf.reshape(generator(latents(5, 2, 0, 60, 6), training=True), (60, 64))
        loss = -tf.reduce_mean(tf.math.log(tf.sigmoid(flat @ kernel + bias)))
    gradients = tape.gradient(loss, generator.trainable_variables)
    for after, before, gradient in zip(
        dcgan.generator.trainable_variables,
        generator.trainable_variables,
        gradients,
        strict=True,
    ):
        expected = before.numpy() - 0.1 * gradient.numpy()
        np.testing.assert_allclose(after.numpy(), expected, atol=1e-5)


def test_several_discriminator_steps(images):
    dcgan = tiny_dcgan(n_discriminator=3)
    dcgan.fit(images, batch_size=30, verbose=0)
    assert dcgan.discriminator_optimizer.iterations.numpy() == 6
    assert dcgan.optimizer.iterations.numpy() == 2
    with pytest.raises(ValueError, match="n_discriminator must be a whole number from 1"):
        tiny_dcgan(n_discriminator=0)


def test_defaults_are_the_papers():
    for optimizer in (tiny_dcgan().optimizer, tiny_dcgan().discriminator_optimizer):
        assert type(optimizer) is keras.optimizers.Adam
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)
        assert optimizer.beta_1 == 0.5


def test_a_sigmoid_is_refused():
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    with pytest.raises(ValueError, match="losses take the logit"):
        DCGAN(tiny_generator(), discriminator)


def test_training_goes_on_from_a_file_as_if_never_stopped(images, tmp_path):
    dcgan = tiny_dcgan()  # its discriminator has dropout
    dcgan.fit(training_data(images, 10), steps_per_epoch=5, verbose=0)
    dcgan.save(tmp_path / "dcgan.keras")
    dcgan.fit(training_data(images, 10, start=5), steps_per_epoch=5, verbose=0)
    loaded = load_model(tmp_path / "dcgan.keras")
    loaded.fit(training_data(images, 10, start=5), steps_per_epoch=5, verbose=0)
    assert_same_weights(loaded, dcgan)
