import numpy as np
import pytest
import tensorflow as tf
from scipy.special import ndtri

from wgan_keras.nets import latents
from wgan_keras.nets import numpy_latents


@pytest.mark.parametrize("seed", [0, 7, 2**31 + 5, 2**40 + 3, -1, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("latent_dim", [1, 6, 16, 128])
def test_numpy_draws_the_bits_that_tensorflow_draws(seed, latent_dim):
    for start, count in [(0, 70), (63, 2), (2**32 - 1, 3), (5, 0)]:
        expected = latents.latents(
            seed, latents.SAMPLING_DRAW, tf.constant(start, tf.int64), count, latent_dim
        )
        rows = numpy_latents.sampling_latents(seed, start, count, latent_dim)
        assert rows.dtype == np.float32
        assert rows.shape == (count, latent_dim)
        np.testing.assert_array_equal(
            rows.view(np.uint32), expected.numpy().view(np.uint32)
        )


def test_philox_is_the_one_of_its_authors():
    """The known answers that come with their code, Random123."""
    pi = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]
    answers = [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        (
            [0xFFFFFFFF] * 4,
            [0xFFFFFFFF] * 2,
            [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        ),
        (*pi, [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
    ]
    for counter, key, answer in answers:
        drawn = numpy_latents._philox([np.uint64(word) for word in counter], key)
        assert [int(word) for word in drawn] == answer


def test_the_table_is_of_half_normals():
    """Its quantiles, by another library; ascending, symmetric, of variance 1/2."""
    table = numpy_latents.half_normals()
    quantiles = ndtri((np.arange(4096) + 0.5) / 4096)
    expected = quantiles / np.sqrt(2 * np.mean(quantiles**2))
    np.testing.assert_array_equal(table, expected.astype(np.float32))
    assert (np.diff(table) > 0).all()
    assert np.mean(table.astype(float) ** 2) == pytest.approx(0.5, rel=1e-6)


def test_the_arc_is_the_one_that_tensorflow_walks():
    start, end = numpy_latents.sampling_latents(3, 0, 2, 16)
    for one, other in [(start, end), (start, start), (start, -start)]:
        walk = numpy_latents.spherical_interpolation(one, other, 9)
        assert walk.dtype == np.float32
        expected = latents.spherical_interpolation(one, other, 9)
        np.testing.assert_allclose(walk, expected, atol=1e-5)
