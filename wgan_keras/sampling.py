"""From latents to pictures: samplers that need no package."""

import math
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from wgan_keras import __version__
from wgan_keras.errors import UserError
from wgan_keras.files import read_json
from wgan_keras.files import verify_manifest
from wgan_keras.files import write_json
from wgan_keras.files import write_manifest
from wgan_keras.nets.latents import SAMPLING_DRAW
from wgan_keras.nets.latents import latents
from wgan_keras.nets.latents import spherical_interpolation
from wgan_keras.vetting import vet_saved_model

CHUNK = 64  # pictures are made in whole chunks, so that neighbours never change them
BATCH_BYTES = 2**24  # of pictures that are drawn at a time
_SIGNATURES = {  # names, inputs, and the inputs' dtypes and ranks
    "serving_default": {"latents": ("float32", 2)},
    "sample": {"n": ("int64", 0), "seed": ("int64", 0)},
    "sample_range": {"seed": ("int64", 0), "start": ("int64", 0), "count": ("int64", 0)},
    "interpolate": {"seed_a": ("int64", 0), "seed_b": ("int64", 0), "steps": ("int64", 0)},
}


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

    def export(self, path, about):
        """Writes the SavedModel, complete or not at all. See `GAN.export_sampler`.

        Writing it twice gives other bytes, since TensorFlow numbers a graph's functions
        anew each time; the pictures are the same.
        """
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
            for name in ("serving_default", "sample", "sample_range", "interpolate"):
                archive.add_endpoint(name, getattr(self, name))
            # Gradients are for training; a sampler without them is simpler to vet.
            plain = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
            archive.write_out(str(unfinished), options=plain, verbose=False)
            about = {
                "package": f"wgan_keras {__version__}",
                "latent_dim": self.latent_dim,
                "image_shape": self.image_shape,
                **about,
            }
            write_json(unfinished / "sampler.json", about)
            names = [str(f.relative_to(unfinished)) for f in unfinished.rglob("*")]
            write_manifest(
                unfinished, sorted(name for name in names if (unfinished / name).is_file())
            )
            os.replace(unfinished, path)
        except tf.errors.OpError as error:  # TensorFlow's own, where a disk is full
            raise OSError(f"{path} cannot be written: {error.message}.") from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


class ExportedSampler:
    """A sampler from a file, opened only once its files and operations have been checked.

    The files are compared with the manifest, which tells damage. A manifest does not say
    who made them, and a SavedModel may hold any program that TensorFlow can run: so one
    that asks for more than computing is refused, and loaded only where `trust` is set.

    Args:
        folder: What `GAN.export_sampler` wrote.
        trust: Whether a model may do whatever TensorFlow can.

    Attributes:
        about: Dict of what the sampler says of itself.
        checksum: SHA-256 of its manifest; `None` where it has none, as those of older
            versions, and then nothing is verified.
        image_shape: `(H, W, C)` of its pictures.

    Raises:
        ValueError: It is damaged, or is no sampler: its signatures are not those of
            `GAN.export_sampler`.
    """

    def __init__(self, folder: str | os.PathLike, trust: bool = False):
        self.folder = Path(folder)
        self.checksum = verify_manifest(folder)
        if not trust:
            vet_saved_model(folder)
        about = self.folder / "sampler.json"
        self.about = read_json(about) if about.exists() else {}
        try:
            self._loaded = tf.saved_model.load(str(folder))  # holds the weights
        except Exception as error:  # of many kinds, from the file system to the protocol
            raise UserError(
                f"{folder} is damaged: it cannot be loaded ({error})."
            ) from error
        self.signatures = dict(self._loaded.signatures)
        self._check_signatures()
        images = self.signatures["sample_range"].structured_outputs["images"]
        self.image_shape = tuple(images.shape[1:])

    def _check_signatures(self):
        if self.signatures.keys() != _SIGNATURES.keys():
            raise UserError(
                f"{self.folder} is a SavedModel, but not a sampler: its signatures are "
                f"{sorted(self.signatures)}, not {sorted(_SIGNATURES)}."
            )
        for name, function in self.signatures.items():
            inputs = {
                key: (spec.dtype.name, spec.shape.rank)
                for key, spec in function.structured_input_signature[1].items()
            }
            outputs = {
                key: f"{spec.dtype.name} {spec.shape}"
                for key, spec in function.structured_outputs.items()
            }
            images = re.fullmatch(
                r"float32 \(None, \d+, \d+, \d+\)", outputs.get("images", "")
            )
            if inputs != _SIGNATURES[name] or outputs.keys() != {"images"} or not images:
                raise UserError(
                    f"{self.folder} is a SavedModel, but not a sampler: its signature "
                    f"{name!r} takes {inputs} and returns {outputs}, not "
                    f"{_SIGNATURES[name]} and images float32 (None, H, W, C)."
                )

    def describe(self):
        """One line: where it comes from, as it says itself, and its manifest's checksum."""
        parts = [str(self.about.get("package", "of an unknown version"))]
        for name, key in (("data set", "dataset"), ("seed", "seed")):
            parts.append(f"{name} {self.about.get(key, 'unknown')}")
        parts.append(
            f"SHA-256 of its manifest {self.checksum}"
            if self.checksum
            else "not verified, since it has no manifest"
        )
        return ", ".join(parts)

    def draw(self, n: int, seed: int = 0) -> np.ndarray:
        """float32 pictures `(n, H, W, C)` in [0, 1]: 0 to n of a seed."""
        return np.concatenate(list(self.batches(seed, n)))

    def batches(self, seed: int, count: int) -> Iterator[np.ndarray]:
        """Draws pictures 0 to `count` of a seed, without holding them all at once.

        Args:
            seed: Integer.
            count: Number of pictures.

        Yields:
            float32 arrays `(n, H, W, C)` in [0, 1], of about 16 megabytes.
        """
        chunk = 4 * CHUNK * math.prod(self.image_shape)  # bytes
        size = CHUNK * max(1, BATCH_BYTES // chunk)
        for start in range(0, count, size):
            number = min(size, count - start)
            yield self._call("sample_range", number, seed=seed, start=start, count=number)

    def walk(self, seed: int, steps: int) -> np.ndarray:
        """float32 pictures `(steps, H, W, C)` on the way from one seed to the next."""
        return self._call("interpolate", steps, seed_a=seed, seed_b=seed + 1, steps=steps)

    def _call(self, name, length, **numbers):
        inputs = {key: tf.constant(number, tf.int64) for key, number in numbers.items()}
        try:
            images = self.signatures[name](**inputs)["images"].numpy()
        except tf.errors.OpError as error:
            raise UserError(f"{self.folder} cannot draw ({error.message}).") from error
        low, high = images.min(initial=1), images.max(initial=0)
        fit = images.shape == (length, *self.image_shape)
        if not (fit and low >= 0 and high <= 1):  # NaN fails both
            raise UserError(
                f"{self.folder} is damaged, or no sampler: for {length} pictures in [0, 1] "
                f"it gave an array of shape {images.shape} from {low} to {high}."
            )
        return images
