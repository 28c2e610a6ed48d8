"""From latents to pictures: reproducible latents, and samplers that need no package.

Latents come from a counter-based generator (Philox), addressed rather than advanced:
row i of draw d under a seed is a function of (seed, d, i) alone, whatever the batch
size, the order of the calls, or the machine that computes it.

Reference:
    Salmon et al. (2011), "Parallel Random Numbers: As Easy as 1, 2, 3".
"""

import json
import os
import shutil
from pathlib import Path

import keras
import tensorflow as tf

from wgan_keras import __version__

SAMPLING_DRAW = 0  # the draw that pictures come from; training counts its own from 1
HELD_OUT_DRAW = -1  # the draw that scores held-out images
DIAGNOSTICS_DRAW = -2  # the draw that a critic's diagnostics use
CHUNK = 64  # pictures are made in whole chunks, so that neighbours never change them


def latents(seed, draw, start, count, latent_dim):
    """Rows `start` to `start + count` of an endless table of standard normal latents.

    Args:
        seed: int64 scalar: which family of tables.
        draw: int64 scalar: which table of the family.
        start: int64 scalar ≥ 0: first row.
        count: integer scalar ≥ 0: number of rows.
        latent_dim: Columns, a Python integer.

    Returns:
        float32 tensor `(count, latent_dim)`.
    """
    blocks = -(-latent_dim // 4)  # a Philox block is four numbers; a row, whole blocks
    key, _ = tf.raw_ops.StatelessRandomGetKeyCounter(
        seed=tf.stack([tf.cast(seed, tf.int64), tf.constant(0, tf.int64)])
    )
    counter = tf.stack([tf.cast(start, tf.int64) * blocks, tf.cast(draw, tf.int64)])
    rows = tf.raw_ops.StatelessRandomNormalV2(
        shape=tf.stack([tf.cast(count, tf.int64), 4 * blocks]),
        key=key,
        counter=tf.cast(counter, tf.uint64),
        alg=1,  # Philox
    )
    return tf.ensure_shape(rows[:, :latent_dim], (None, latent_dim))


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


def _scalar(name):
    return tf.TensorSpec((), tf.int64, name=name)


class Sampler:
    """Draws pictures from a generator; its methods are what an exported sampler offers.

    Picture i of a seed depends on (seed, i) alone, to the bit on one machine, so that a
    million can be drawn range by range.

    Args:
        generator: A `keras.Model` from latents `(N, latent_dim)` to images in [-1, 1].
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

    def export(self, path, about):
        """Writes the SavedModel, complete or not at all. See `GAN.export_sampler`."""
        path = Path(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise FileExistsError(
                f"{path} exists and is not empty: name another path, or remove it first."
            )
        unfinished = path.with_name(f"{path.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            archive = keras.export.ExportArchive()
            archive.track(self.generator)
            for name in ("serving_default", "sample", "sample_range", "interpolate"):
                archive.add_endpoint(name, getattr(self, name))
            archive.write_out(str(unfinished), verbose=False)
            about = {
                "package": f"wgan_keras {__version__}",
                "latent_dim": self.latent_dim,
                "image_shape": self.image_shape,
                **about,
            }
            (unfinished / "sampler.json").write_text(json.dumps(about, indent=2) + "\n")
            os.replace(unfinished, path)
        except tf.errors.OpError as error:  # TensorFlow's own, where a disk is full
            raise OSError(f"{path} cannot be written: {error.message}.") from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
