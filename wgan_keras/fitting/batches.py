"""What comes out of a data set: images found, checked, scaled and dealt out."""

import contextlib
import functools
import logging

import keras
import numpy as np
import tensorflow as tf

from wgan_keras.data.stream import TrainingStream
from wgan_keras.errors import UserError
from wgan_keras.nets.introspection import flatten_layers

logger = logging.getLogger("wgan_keras")

_OUT_OF_RANGE = "Images given as floats must lie in [-1, 1]"

# === Images ===


def unpack_images(data, image_shape):
    """The images of what a data set yields; labels beside them are ignored.

    Args:
        data: A batch, or the specification of one: images, or a tuple that begins with
            them.
        image_shape: `(H, W, C)` that they must have.

    Raises:
        ValueError: They have another shape, or weights stand beside them, which would
            change nothing.
    """
    images, _, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is not None:
        raise UserError(
            "The data has a third part, sample weights, and a GAN's losses weigh all "
            "images alike: leave it out."
        )
    while isinstance(images, (tuple, list)):
        images = images[0]
    if isinstance(images, np.ndarray):
        images = tf.convert_to_tensor(images)
    shape = getattr(images, "shape", None)
    if shape is None or shape.rank is None or not shape[1:].is_compatible_with(image_shape):
        found = type(images).__name__ if shape is None else shape
        if shape is not None and shape.rank is None:
            found = "images of unknown rank, which tf.ensure_shape can tell"
        raise UserError(
            f"Expected images of shape (N, {', '.join(map(str, image_shape))}), the "
            f"generator's, but the data has {found}."
        )
    return images


def scale_images(images):
    """uint8 images to float32 in [-1, 1]; floats are taken as scaled already.

    Floats are checked where they are used, in the graph, so that no batch of no data set
    escapes. (XLA leaves assertions out: under it, only arrays are checked, beforehand.)
    """
    if images.dtype == tf.uint8:
        return tf.cast(images, keras.config.floatx()) / 127.5 - 1
    check_dtype(images.dtype.is_floating, images.dtype.name)
    images = tf.cast(images, keras.config.floatx())
    low, high = tf.reduce_min(images), tf.reduce_max(images)
    fits = tf.logical_and(low >= -1, high <= 1)  # NaN fails both
    check = tf.debugging.Assert(fits, [_OUT_OF_RANGE, low, high])
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(images)


def prepare_images(images, image_shape):
    """An array of images, checked and scaled to a float32 tensor in [-1, 1].

    Args:
        images: `(N, H, W, C)`, uint8, or floats in [-1, 1].
        image_shape: `(H, W, C)` that they must have.

    Raises:
        ValueError: Their shape, dtype or range is wrong.
    """
    check_range(images)
    return scale_images(unpack_images(images, image_shape))


@contextlib.contextmanager
def range_errors():
    """Turns the graph's assertion about the range of floats into a `UserError`."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if _OUT_OF_RANGE not in error.message:
            raise
        raise UserError(
            f"{_OUT_OF_RANGE}, and a batch has others; scale them, or pass uint8."
        ) from error


def check_range(images):
    """Refuses an array of images that is neither uint8 nor of floats in [-1, 1]."""
    if images.dtype == np.uint8:
        return
    check_dtype(np.issubdtype(images.dtype, np.floating), images.dtype)
    low, high = images.min(), images.max()
    if not (low >= -1 and high <= 1):  # NaN fails both
        raise UserError(
            f"{_OUT_OF_RANGE}, and these range from {low} to {high}; scale them, or pass "
            "uint8."
        )


def check_dtype(is_floating, name):
    if not is_floating:
        raise UserError(
            f"Images must be uint8 in [0, 255], or floats in [-1, 1], not {name}; "
            "convert them."
        )


# === Batches ===


def static_batch_sizes(x, batch_size, image_shape):
    """Sizes of the batches that `x` will yield, as far as they are known beforehand.

    Nothing is taken from `x` for it: what only shows in the data itself is checked in the
    training step.

    Args:
        x: What `fit` was given.
        batch_size: The same.
        image_shape: `(H, W, C)` of the generator's images.

    Returns:
        List of sizes, the first batch's first; empty where they are not known.
    """
    if isinstance(x, TrainingStream):
        shape = (x.images_per_step, *x.images.shape[1:])
        unpack_images(tf.TensorSpec(shape, x.images.dtype), image_shape)
        return [x.images_per_step]
    if isinstance(x, tf.data.Dataset):
        images = unpack_images(x.element_spec, image_shape)
        check_dtype(images.dtype == tf.uint8 or images.dtype.is_floating, images.dtype.name)
        if int(x.cardinality()) == 0:
            raise empty_data_set()
        return [] if images.shape[0] is None else [images.shape[0]]
    if isinstance(x, (np.ndarray, tf.Tensor)):
        unpack_images(tf.TensorSpec(x.shape, x.dtype), image_shape)
        check_range(np.asarray(x))
        batch_size = batch_size or 32
        return [min(len(x), batch_size), len(x) % batch_size]
    return []


def check_batch_sizes(sizes, model):
    """Refuses batches that no step can be made of, and says what others would lose.

    Args:
        sizes: What `static_batch_sizes` returned.
        model: The `GAN`.

    Returns:
        Whether dropped images have been warned of.
    """
    if sizes and sizes[0] < model.adversary_steps:
        raise undersized(f"A batch of {sizes[0]} images", model)
    if any(size // model.adversary_steps == 1 for size in sizes):
        _refuse_normalisation_of_one(model)
    return any([warn_of_dropped(size % model.adversary_steps, model) for size in sizes])


def undersized(what, model):
    return UserError(
        f"{what} is too small for {model.adversary_steps} {model.adversary_name} steps, "
        "each of which needs images of its own: use batches of "
        f"n_{model.adversary_name} times the images for one step."
    )


def empty_data_set():
    return UserError("The data set is empty: it yields no batch.")


def warn_of_dropped(count, model):
    if count:
        logger.warning(
            "%d images are left over where a batch is dealt out to %d %s steps, and are "
            "dropped, there and in all batches of that size.",
            count,
            model.adversary_steps,
            model.adversary_name,
        )
    return bool(count)


def _refuse_normalisation_of_one(model):
    """Over a batch of one vector, the normalised value is 0 whatever the vector."""
    for network in (model.generator, model.adversary):
        for layer in flatten_layers(network):
            if (
                isinstance(layer, keras.layers.BatchNormalization)
                and layer.trainable
                and layer.input_spec.ndim == 2
            ):
                raise UserError(
                    f"With one image for each step, the batch normalisation {layer.name!r} "
                    "makes the same of every input: use batches of at least "
                    f"2 * n_{model.adversary_name} images."
                )


def skip_undersized_batches(train_step):
    """Wraps a `train_step`: batches with no image for some adversary step are dropped.

    Only a last, smaller batch can be that small, and only where batches have no static
    size is there anything to decide while training.
    """

    @functools.wraps(train_step)
    def step(self, data):
        def skip():
            self.dropped_images.assign_add(tf.shape(images, tf.int64)[0])
            return {metric.name: metric.result() for metric in self.metrics}

        images = unpack_images(data, self.image_shape)
        size = images.shape[0]
        if size is None:
            enough = tf.shape(images)[0] >= self.adversary_steps
            return tf.cond(enough, lambda: train_step(self, data), skip)
        return train_step(self, data) if size >= self.adversary_steps else skip()

    return step


def count_of(batches):
    """Number of batches of a `tf.data.Dataset`; `None` where they do not end."""
    count = int(batches.cardinality())
    if count == tf.data.UNKNOWN_CARDINALITY:
        count = int(batches.reduce(tf.constant(0, tf.int64), lambda n, _: n + 1))
    return None if count == tf.data.INFINITE_CARDINALITY else count
