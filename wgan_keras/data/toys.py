"""Points in the plane, for small experiments whose answer is known."""

import numpy as np

from wgan_keras.errors import UserError

TOYS = ("8-gaussians", "25-gaussians", "swiss-roll")


def toy_points(name: str, count: int, seed: int = 0) -> np.ndarray:
    """Draws points from one of three known distributions in the plane.

    Args:
        name: `"8-gaussians"` in a ring, `"25-gaussians"` in a grid, or `"swiss-roll"`.
        count: Number of points.
        seed: Fixes the points.

    Returns:
        float32 array `(count, 2)`, about within [-1, 1].

    Raises:
        ValueError: Unknown name.

    Reference:
        Gulrajani et al. (2017), figure 1, after Metz et al. (2016).
    """
    rng = np.random.default_rng(seed)
    modes, spread = toy_modes(name)
    if len(modes):
        points = modes[rng.integers(len(modes), size=count)]
    else:
        turns, spread = rng.uniform(1.5, 4.5, count) * np.pi, 0.02
        points = np.c_[np.cos(turns), np.sin(turns)] * turns[:, None] / (4.5 * np.pi) * 0.95
    return (points + rng.normal(0, spread, (count, 2))).astype(np.float32)


def toy_modes(name):
    """Centres `(modes, 2)` of a toy distribution and their standard deviation.

    The Swiss roll has none: its array is empty.
    """
    if name == "8-gaussians":
        angles = np.arange(8) * np.pi / 4
        return 0.8 * np.c_[np.cos(angles), np.sin(angles)], 0.02
    if name == "25-gaussians":
        places = np.linspace(-0.8, 0.8, 5)
        return np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2), 0.02
    if name == "swiss-roll":
        return np.empty((0, 2)), 0.0
    raise UserError(f"No toy distribution {name!r}: expected one of {', '.join(TOYS)}.")
