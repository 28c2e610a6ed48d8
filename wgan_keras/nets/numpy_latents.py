"""The latents of a sampler's pictures, computed by NumPy alone.

They equal those of `nets.latents` to the bit, so that a generator that runs outside
TensorFlow draws the same picture i of a seed.

Reference:
    Salmon et al. (2011), "Parallel Random Numbers: As Easy as 1, 2, 3", table 2: the
    generator Philox 4×32 with ten rounds.
"""

from statistics import NormalDist

import numpy as np

TABLE_BITS = 12
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_SEED_KEY = 0x3EC8F720, 0x02461E29  # under which TensorFlow turns a seed into a key
_LOW, _BITS = np.uint64(2**32 - 1), np.uint64(32)  # of a 64-bit number: its lower half


def half_normals():
    """The table: equally likely values of a normal distribution of variance 1/2.

    A sum of two of its 4,096 values, drawn independently, has 2²⁴ equally likely cases, the
    variance 1, and a magnitude of at most 5.2.

    Returns:
        float32 array `(4096,)`, ascending.
    """
    size, normal = 2**TABLE_BITS, NormalDist()
    quantiles = np.array([normal.inv_cdf((i + 0.5) / size) for i in range(size)])
    return (quantiles / np.sqrt(2 * np.mean(quantiles**2))).astype(np.float32)


_HALF_NORMALS = half_normals()


def sampling_latents(seed: int, start: int, count: int, latent_dim: int) -> np.ndarray:
    """The latents that a sampler makes pictures `start` to `start + count` of a seed from.

    With them, a generator in any format draws the pictures that `sample` draws.

    Args:
        seed: Integer that fits into 64 bits, with its sign.
        start: First picture, from 0.
        count: Number of pictures.
        latent_dim: Length of a latent vector.

    Returns:
        float32 array `(count, latent_dim)`, standard normal.

    Example:

    >>> from wgan_keras import sampling_latents
    >>> sampling_latents(seed=7, start=0, count=64, latent_dim=16).shape
    (64, 16)
    """
    blocks = -(-latent_dim // 4)  # Philox gives four numbers at a time; a row, whole blocks
    key = _philox([np.uint64(word) for word in (*_words(seed), 0, 0)], _SEED_KEY)[:2]
    index = np.arange(count * blocks, dtype=np.uint64) + np.uint64(start * blocks)
    zero = np.zeros_like(index)
    bits = np.stack(_philox([index & _LOW, index >> _BITS, zero, zero], key), axis=-1)
    bits = bits.reshape(count, 4 * blocks)[:, :latent_dim]
    mask = np.uint64(2**TABLE_BITS - 1)
    return _HALF_NORMALS[bits & mask] + _HALF_NORMALS[(bits >> np.uint64(16)) & mask]


def _words(number):
    """The lower and the upper 32 bits of an integer of 64, in two's complement."""
    return number & 0xFFFFFFFF, (number >> 32) & 0xFFFFFFFF


def _philox(counter, key):
    """Four numbers of 32 random bits, in uint64 arrays, for a counter of four such."""
    c0, c1, c2, c3 = counter
    k0, k1 = (int(word) for word in key)
    for _ in range(10):
        first, second = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (second >> _BITS) ^ c1 ^ np.uint64(k0),
            second & _LOW,
            (first >> _BITS) ^ c3 ^ np.uint64(k1),
            first & _LOW,
        )
        k0, k1 = (
            (word + step) % 2**32 for word, step in zip((k0, k1), _KEY_STEPS, strict=True)
        )
    return c0, c1, c2, c3


def spherical_interpolation(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Walks along the arc between two latents, as `nets.latents` has it.

    Args:
        start: float32 array `(latent_dim,)`.
        end: float32 array `(latent_dim,)`.
        steps: Number of points, at least 1, both ends included.

    Returns:
        float32 array `(steps, latent_dim)`.
    """
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / lengths, -1, 1))
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, np.newaxis]
    if np.sin(angle) < 1e-3:  # there is no arc, or no one arc
        return (1 - share) * start + share * end
    arc = np.sin((1 - share) * angle) * start + np.sin(share * angle) * end
    return arc / np.sin(angle)
