"""From latents to pictures, as TensorFlow's functions."""

import numpy as np
import tensorflow as tf

from wgan_keras.errors import UserError
from wgan_keras.nets.latents import SAMPLING_DRAW
from wgan_keras.nets.latents import latents
from wgan_keras.nets.latents import spherical_interpolation
from wgan_keras.sampling.folders import CHUNK


def _scalar(name):
    return tf.TensorSpec((), tf.int64, name=name)


class Sampler:
    """Draws pictures from a generator, here or, exported, without this package.

    Picture i of a seed depends on (seed, i) alone, to the bit on one machine, so that a
    million can be drawn range by range. The signatures, each of which returns
    `{"images": float32 (n, H, W, C) in [0, 1]}`, take int64 scalars:

    - `serving_default(latents)`: latents float32 `(n, latent_dim)`;
    - `sample(n, seed)`: pictures 0 to n of a seed;
    - `sample_range(seed, start, count)`: pictures `start` to `start + count`;
    - `interpolate(seed_a, seed_b, steps)`: a walk from picture 0 of one seed to picture 0
      of another.

    Args:
        generator: A `keras.Model` from latents `(N, latent_dim)` to images in [-1, 1].

    Example:

    >>> import tensorflow as tf                             # doctest: +SKIP
    >>> sampler = tf.saved_model.load("sampler")            # doctest: +SKIP
    >>> sampler.sample(n=16, seed=7)["images"].shape        # doctest: +SKIP
    TensorShape([16, 28, 28, 1])
    """

    def __init__(self, generator):
        self.generator = generator
        self.latent_dim = generator.input_shape[-1]
        self.image_shape = generator.output_shape[1:]
        self.serving_default = tf.function(
            lambda latents: {"images": self._images(latents)},
            input_signature=[
                tf.TensorSpec((None, self.latent_dim), tf.float32, name="latents")
            ],
            autograph=False,
        )
        self.sample = tf.function(
            lambda n, seed: {"images": self._range(seed, 0, n)},
            input_signature=[_scalar("n"), _scalar("seed")],
            autograph=False,
        )
        self.sample_range = tf.function(
            lambda seed, start, count: {"images": self._range(seed, start, count)},
            input_signature=[_scalar("seed"), _scalar("start"), _scalar("count")],
            autograph=False,
        )
        self.interpolate = tf.function(
            self._interpolate,
            input_signature=[_scalar("seed_a"), _scalar("seed_b"), _scalar("steps")],
            autograph=False,
        )

    def draw(self, n: int, seed: int) -> np.ndarray:
        """Pictures 0 to n of a seed, as `GAN.sample` returns them."""
        if n < 1:
            raise UserError(f"n must be at least 1, not {n}.")
        # TensorFlow would take the first calls of several models for a leak, and warn.
        sample = self.sample.get_concrete_function()
        numbers = {"n": tf.constant(n, tf.int64), "seed": tf.constant(seed, tf.int64)}
        return sample(**numbers)["images"].numpy()

    def _images(self, latents):
        images = tf.cast(self.generator(latents, training=False), tf.float32)
        return tf.clip_by_value((images + 1) / 2, 0.0, 1.0)

    def _range(self, seed, start, count):
        first, last = start // CHUNK, (start + count + CHUNK - 1) // CHUNK

        def chunk(index):
            rows = latents(seed, SAMPLING_DRAW, index * CHUNK, CHUNK, self.latent_dim)
            return self._images(rows)

        spec = tf.TensorSpec((CHUNK, *self.image_shape), tf.float32)
        chunks = tf.map_fn(
            chunk,
            tf.range(first, last, dtype=tf.int64),
            fn_output_signature=spec,
            parallel_iterations=1,
        )
        images = tf.reshape(chunks, (-1, *self.image_shape))
        return images[start - first * CHUNK :][:count]

    def _interpolate(self, seed_a, seed_b, steps):
        start, end = (
            latents(seed, SAMPLING_DRAW, 0, 1, self.latent_dim)[0]
            for seed in (seed_a, seed_b)
        )
        return {"images": self._images(spherical_interpolation(start, end, steps))}
