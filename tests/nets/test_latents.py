import numpy as np
import pytest
import tensorflow as tf

from wgan_keras.nets import latents


@pytest.mark.parametrize("latent_dim", [1, 6, 128])
def test_latents_are_addressed_by_row(latent_dim):
    table = latents.latents(7, 3, 0, 500, latent_dim).numpy()
    assert table.shape == (500, latent_dim)
    for start, count in [(0, 1), (17, 100), (499, 1), (20, 0)]:
        rows = latents.latents(7, 3, start, count, latent_dim)
        np.testing.assert_array_equal(rows, table[start : start + count])


def test_latents_are_standard_normal_and_differ_by_seed_and_draw():
    from scipy import stats

    draws = latents.SAMPLING_DRAW, 1, latents.HELD_OUT_DRAW, latents.DIAGNOSTICS_DRAW
    tables = [
        latents.latents(seed, draw, 0, 400, 50).numpy()
        for seed, draw in [(1, 0), *((0, draw) for draw in draws)]
    ]
    for table in tables:
        assert stats.kstest(table.ravel(), "norm").pvalue > 1e-3
    correlations = np.corrcoef([table.ravel() for table in tables])
    assert np.abs(correlations - np.eye(5)).max() < 0.04  # 5.7 standard errors


def test_spherical_interpolation():
    start, end = tf.constant([3.0, 0.0]), tf.constant([0.0, 3.0])
    walk = latents.spherical_interpolation(start, end, 5).numpy()
    np.testing.assert_allclose(np.linalg.norm(walk, axis=1), 3, rtol=1e-6)
    angles = np.arctan2(walk[:, 1], walk[:, 0])
    np.testing.assert_allclose(angles, np.arange(5) * np.pi / 8, atol=1e-6)
    opposite = latents.spherical_interpolation(start, -start, 3).numpy()
    np.testing.assert_allclose(opposite[:, 0], [3, 0, -3], atol=1e-5)
    still = latents.spherical_interpolation(start, start, 3).numpy()
    np.testing.assert_allclose(still, [[3, 0]] * 3)
