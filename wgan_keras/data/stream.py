"""Batches whose order depends on the seed and the step alone."""

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wgan_keras.data.folder import ImageFolder
from wgan_keras.errors import UserError


class TrainingStream:
    """An endless stream of shuffled batches whose order depends on (seed, step) alone.

    Each epoch is a fresh permutation of all images, and epochs follow each other without a
    gap, so that no image is ever left out. Since batch `step` can be worked out without
    those before it, a stopped training continues exactly where it was.

    `fit` takes the stream as it is, and makes an epoch of as many steps as see about every
    image once. Change batches with `map`, which keeps the order exact; a `tf.data.Dataset`
    of the batches, for anything else, comes from `dataset()`.

    Args:
        images: Images `(N, H, W, C)`, uint8 or floats in [-1, 1]: an array or an
            `ImageFolder`.
        batch_size: Images for each critic step.
        n_critic: Critic steps for each generator step; a batch holds
            `n_critic * batch_size` images, which `WGAN.train_step` deals out.
        seed: Non-negative integer that fixes the order.
        start: Generator step at which the stream begins.

    Raises:
        ValueError: `batch_size`, `n_critic`, `seed` or `start` is out of range, or there
            are no images.

    Example:

    >>> from wgan_keras import load_images, training_data
    >>> data = training_data(load_images("digits"), batch_size=64, n_critic=5)
    >>> data.element_spec.shape
    TensorShape([320, 28, 28, 1])
    """

    def __init__(
        self,
        images: np.ndarray | ImageFolder,
        batch_size: int,
        n_critic: int = 1,
        seed: int = 0,
        start: int = 0,
    ):
        if min(batch_size, n_critic, len(images)) < 1 or min(seed, start) < 0:
            raise UserError(
                "training_data needs at least 1 image, batch_size and n_critic of at least "
                f"1, seed and start of at least 0; received {len(images)} images, "
                f"batch_size={batch_size}, n_critic={n_critic}, seed={seed}, "
                f"start={start}."
            )
        self.images, self.seed, self.start = images, seed, start
        self.batch_size, self.n_critic = batch_size, n_critic
        self.functions = ()

    @property
    def images_per_step(self) -> int:
        """Images in a batch, which one generator step takes."""
        return self.n_critic * self.batch_size

    @property
    def steps_per_epoch(self) -> int:
        """Generator steps that see about every image once, at least 1."""
        return steps_per_epoch(self.images, self.batch_size, self.n_critic)

    @property
    def element_spec(self):
        """`tf.TensorSpec` of a batch."""
        return self.dataset().element_spec

    def starting_at(self, step: int) -> "TrainingStream":
        """The same stream from another generator step on."""
        return self._with(start=step)

    def map(self, function: Callable) -> "TrainingStream":
        """The same stream with `function` applied to every batch, in TensorFlow.

        For a resumed training to continue exactly, the function has to return the same for
        the same batch: no random numbers but stateless ones.
        """
        return self._with(functions=(*self.functions, function))

    def _with(self, **changes):
        other = object.__new__(TrainingStream)
        other.__dict__ = self.__dict__ | changes
        return other

    def dataset(self, part: tuple[int, int] = (0, 1)):
        """The batches as a `tf.data.Dataset`, which no longer knows how to be resumed.

        Args:
            part: `(i, n)`: of every batch, the i-th of n equal parts only, as the i-th of
                n workers needs it.

        Returns:
            A `tf.data.Dataset` of tensors `(n_critic * batch_size // n, H, W, C)`, of the
            images' dtype.

        Raises:
            ValueError: A batch has no n equal parts.
        """
        import tensorflow as tf

        size, count, images = self.images_per_step, len(self.images), self.images
        index, parts = part
        if size % parts:
            raise UserError(
                f"A batch of n_critic * batch_size = {size} images does not divide into "
                f"{parts} equal parts: choose a batch_size that does."
            )
        own = size // parts

        @functools.lru_cache(maxsize=2)
        def permutation(epoch):
            return np.random.default_rng([self.seed, epoch]).permutation(count)

        def batch(step):
            first = step * size + index * own
            epochs, places = np.divmod(np.arange(first, first + own), count)
            chosen = [permutation(e)[places[epochs == e]] for e in np.unique(epochs)]
            return images[np.concatenate(chosen)]

        def load(step):
            pixels = tf.numpy_function(batch, [step], images.dtype, stateful=False)
            return tf.ensure_shape(pixels, (own, *images.shape[1:]))

        batches = tf.data.Dataset.counter(self.start).map(load)
        for function in self.functions:
            batches = batches.map(function)
        return _without_autotuning(batches.prefetch(2))

    def __iter__(self):
        return iter(self.dataset())

    def identity(self):
        """Dict of what determines the batches of each step, for a checkpoint."""
        return {
            "images": fingerprint(self.images),
            "batch_size": self.batch_size,
            "n_critic": self.n_critic,
            "seed": self.seed,
            "functions": [
                getattr(function, "__name__", str(function)) for function in self.functions
            ],
        }


training_data = TrainingStream  # as a call reads: fit(training_data(images, 64, 5))


def evaluation_data(images: np.ndarray | ImageFolder, batch_size: int):
    """All images once, in order: what `evaluate` and `validation_data` want.

    Args:
        images: Images `(N, H, W, C)`, as for `training_data`.
        batch_size: Images in a batch; the last one may be smaller.

    Returns:
        A `tf.data.Dataset` of tensors `(batch_size, H, W, C)`, of the images' dtype.
    """
    import tensorflow as tf

    def load(start):
        pixels = tf.numpy_function(
            lambda first: images[first : first + batch_size],
            [start],
            images.dtype,
            stateful=False,
        )
        return tf.ensure_shape(pixels, (None, *images.shape[1:]))

    starts = tf.data.Dataset.range(0, len(images), batch_size)
    return _without_autotuning(starts.map(load).prefetch(2))


def fingerprint(images):
    """A short text that changes when images do.

    Args:
        images: An array, or an `ImageFolder`, of which the files' names and sizes count,
            since reading them all would take too long.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.blake2b(repr((images.shape, images.dtype)).encode(), digest_size=8)
    if isinstance(images, ImageFolder):
        for file in images.files:
            digest.update(f"{Path(file).name}: {os.path.getsize(file)}\n".encode())
    else:
        digest.update(np.ascontiguousarray(images))
    return digest.hexdigest()


def steps_per_epoch(
    images: np.ndarray | ImageFolder, batch_size: int, n_critic: int = 1
) -> int:
    """Generator steps in which `training_data` sees about every image once (≥ 1)."""
    return max(1, len(images) // (n_critic * batch_size))


def _without_autotuning(dataset):
    """With autotuning, dropping an iterator waits for a thread that sleeps for seconds."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
