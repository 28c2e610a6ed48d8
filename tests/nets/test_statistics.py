import keras
import numpy as np
import pytest
from helpers import tiny_critic
from helpers import tiny_generator
from helpers import tiny_wgan

from wgan_keras import WGAN
from wgan_keras.nets.latents import STATISTICS_DRAW
from wgan_keras.nets.latents import latents
from wgan_keras.nets.statistics import measure_statistics


def statistics_by_hand(wgan):
    """Mean and variance of what the averaged generator's first layer makes of latents."""
    noise = latents(wgan.seed, STATISTICS_DRAW, 0, 8 * 128, 6)
    small = wgan.averaged_generator.layers[1](noise).numpy().reshape(8, -1, 4)
    return small.mean(axis=(0, 1)), small.var(axis=1).mean(axis=0)


def check_statistics(wgan):
    norm = wgan.averaged_generator.layers[3]
    mean, variance = statistics_by_hand(wgan)
    np.testing.assert_allclose(norm.moving_mean.numpy(), mean, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance.numpy(), variance, rtol=1e-4)
    assert norm.momentum == 0.9


LATENTS = np.ones((2, 6), np.float32)


@pytest.mark.parametrize(
    "use",
    [
        lambda wgan: wgan.sample(3),
        lambda wgan: wgan.predict(LATENTS, verbose=0),
        lambda wgan: wgan(LATENTS),
    ],
)
def test_statistics_are_measured_when_the_average_is_used(use, images):
    wgan = WGAN(tiny_generator(), tiny_critic(), 2, average_decay=0.99)
    wgan.compile(keras.optimizers.RMSprop(3e-2), None)
    use(wgan)
    wgan.fit(images[:20], batch_size=20, verbose=0)
    before = wgan.averaged_generator.layers[3].moving_variance.numpy()
    use(wgan)
    check_statistics(wgan)
    after = wgan.averaged_generator.layers[3].moving_variance.numpy()
    assert not np.allclose(before, after, rtol=1e-3)


def test_a_generator_without_normalisation_is_left_alone():
    generator = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
    before = generator.get_weights()
    measure_statistics(generator, seed=0)
    for one, same in zip(before, generator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


def test_statistics_are_measured_again_after_loading(images, tmp_path):
    wgan = WGAN(tiny_generator(), tiny_critic(), 2, average_decay=0.99)
    wgan.compile(keras.optimizers.RMSprop(3e-2), None)
    wgan.sample(1)
    wgan.fit(images[:20], batch_size=20, verbose=0)
    wgan.save(tmp_path / "wgan.keras")  # whose statistics are those before the step
    loaded = keras.saving.load_model(tmp_path / "wgan.keras")
    np.testing.assert_array_equal(loaded.sample(3), wgan.sample(3))
    check_statistics(loaded)


def test_measuring_statistics_changes_nothing_in_the_training(images):
    looked, other = (tiny_wgan(average_decay=0.9) for _ in range(2))
    other.set_weights(looked.get_weights())
    for wgan in (looked, other):
        wgan.fit(images[:20], batch_size=20, verbose=0)
        if wgan is looked:
            wgan.sample(2)
        wgan.fit(images[:20], batch_size=20, verbose=0)
    for network in ("generator", "critic"):
        pairs = zip(
            getattr(looked, network).weights, getattr(other, network).weights, strict=True
        )
        for one, same in pairs:
            np.testing.assert_array_equal(one.numpy(), same.numpy())
    np.testing.assert_array_equal(looked.sample(2), other.sample(2))
