import numpy as np
import pytest

from wgan_keras.data.toys import toy_modes
from wgan_keras.data.toys import toy_points


@pytest.mark.parametrize(("name", "modes"), [("8-gaussians", 8), ("25-gaussians", 25)])
def test_toy_points_lie_on_their_modes(name, modes):
    centres, spread = toy_modes(name)
    points = toy_points(name, 4000, seed=1)
    assert points.shape == (4000, 2)
    assert points.dtype == np.float32
    ways = np.linalg.norm(points[:, None] - centres, axis=-1)
    assert np.isclose(np.sqrt((ways.min(axis=1) ** 2).mean() / 2), spread, rtol=0.05)
    counts = np.bincount(ways.argmin(axis=1), minlength=modes)
    assert len(counts) == modes
    np.testing.assert_allclose(counts, 4000 / modes, rtol=0.4)


def test_the_swiss_roll_winds():
    points = toy_points("swiss-roll", 4000)
    assert 0.9 < np.abs(points).max() < 1.1
    radius, angle = np.hypot(*points.T), np.arctan2(*points.T[::-1])
    # Along a spiral, the radius is proportional to an angle that goes round 1.5 times.
    turns = np.round((radius / 0.95 * 4.5 * np.pi - angle) / (2 * np.pi)) * 2 * np.pi
    residual = radius - (angle + turns) / (4.5 * np.pi) * 0.95
    assert np.sqrt((residual**2).mean()) < 0.03


def test_unknown_toys():
    with pytest.raises(ValueError, match="No toy distribution 'moons'"):
        toy_points("moons", 3)
