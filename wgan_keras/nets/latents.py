"""Latents: reproducible random numbers that are addressed, not drawn one after another.

They come from a counter-based generator (Philox): row i of draw d under a seed depends on
(seed, d, i) alone, whatever the batch size, the order of the calls, or the machine. Its
bits are integers, and so the same everywhere; logarithms and cosines are not, and a
compiler such as XLA rounds them in its own way. So a normal number is made of bits by two
look-ups in a table and one sum, which leave nothing to round differently.

Reference:
    Salmon et al. (2011), "Parallel Random Numbers: As Easy as 1, 2, 3".
"""

import tensorflow as tf

from wgan_keras.nets.numpy_latents import TABLE_BITS
from wgan_keras.nets.numpy_latents import half_normals

SAMPLING_DRAW = 0  # the draw that pictures come from; training counts its own from 1
HELD_OUT_DRAW = -1  # the draw that scores held-out images
DIAGNOSTICS_DRAW = -2  # the draw that a critic's diagnostics use
STATISTICS_DRAW = -3  # the draw that an averaged generator's normalisation is measured on
_HALF_NORMALS = half_normals()


def latents(seed, draw, start, count, latent_dim):
    """Rows `start` to `start + count` of an endless table of standard normal latents.

    Args:
        seed: int64 scalar: which family of tables.
        draw: int64 scalar: which table of the family.
        start: int64 scalar ≥ 0: first row.
        count: integer scalar ≥ 0: number of rows.
        latent_dim: Columns, a Python integer.

    Returns:
        float32 tensor `(count, latent_dim)`, equal to the bit on every device, compiled or
        not.
    """
    bits = _bits((seed, 0), draw, start, count, latent_dim)
    mask, shift = tf.constant(2**TABLE_BITS - 1, tf.uint32), tf.constant(16, tf.uint32)
    halves = [bits, tf.bitwise.right_shift(bits, shift)]
    halves = [tf.cast(tf.bitwise.bitwise_and(half, mask), tf.int32) for half in halves]
    table = tf.constant(_HALF_NORMALS)
    return tf.gather(table, halves[0]) + tf.gather(table, halves[1])


def mixing_shares(seed, draw, start, count):
    """Rows of such a table of numbers that are uniform in [0, 1), one in each row.

    Args:
        seed: int64 scalar: which family of tables; none is related to one of latents.
        draw: int64 scalar: which table of the family.
        start: int64 scalar ≥ 0: first row.
        count: integer scalar ≥ 0: number of rows.

    Returns:
        float32 tensor `(count, 1)`, multiples of 2⁻²⁴.
    """
    bits = _bits((seed, 1), draw, start, count, 1)
    highest = tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32))
    return tf.cast(tf.cast(highest, tf.int32), tf.float32) * 2.0**-24


def _bits(seeds, draw, start, count, columns):
    """uint32 tensor `(count, columns)` of random bits."""
    blocks = -(-columns // 4)  # a Philox block is four numbers; a row, whole blocks
    seeds = [tf.cast(seed, tf.int64) for seed in seeds]
    key, _ = tf.raw_ops.StatelessRandomGetKeyCounter(seed=tf.stack(seeds))
    counter = tf.stack([tf.cast(start, tf.int64) * blocks, tf.cast(draw, tf.int64)])
    rows = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=tf.stack([tf.cast(count, tf.int64), 4 * blocks]),
        key=key,
        counter=tf.cast(counter, tf.uint64),
        alg=1,  # Philox
        dtype=tf.uint32,
    )
    return tf.ensure_shape(rows[:, :columns], (None, columns))


def spherical_interpolation(start, end, steps):
    """Walks from one latent to another along the arc between them.

    Between two Gaussian vectors a straight line passes points shorter than almost all
    that the generator was trained on; the arc keeps their length.

    Args:
        start: float32 tensor `(latent_dim,)`.
        end: float32 tensor `(latent_dim,)`.
        steps: integer scalar ≥ 1: number of points, both ends included.

    Returns:
        float32 tensor `(steps, latent_dim)`.

    Reference:
        White (2016), "Sampling Generative Networks", section 2.1.
    """
    lengths = tf.norm(start) * tf.norm(end)
    angle = tf.acos(tf.clip_by_value(tf.tensordot(start, end, 1) / lengths, -1.0, 1.0))
    share = tf.linspace(0.0, 1.0, steps)[:, tf.newaxis]
    arc = tf.sin((1 - share) * angle) * start + tf.sin(share * angle) * end
    straight = (1 - share) * start + share * end  # where there is no arc, or no one arc
    return tf.where(tf.sin(angle) < 1e-3, straight, arc / tf.sin(angle))


def first_row(count):
    """Where a replica's rows begin in the global batch.

    Args:
        count: integer tensor: rows that each replica has, the same for all.

    Returns:
        integer tensor of its dtype; 0 where nothing is distributed.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tf.zeros_like(count)
    return tf.cast(context.replica_id_in_sync_group, count.dtype) * count
