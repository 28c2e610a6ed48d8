import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny_wgan

from wgan_keras import training_data


class Batches(keras.utils.PyDataset):
    def __init__(self, images):
        super().__init__()
        self.images = images

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return (self.images[20 * index : 20 * index + 20],)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize(
    "kind", ["array", "tensor", "dataset", "labelled", "generator", "pydataset"]
)
def test_fit_takes_any_data(images, kind, run_eagerly, caplog):
    wgan = tiny_wgan(n_critic=4, compiled=False)
    wgan.compile(run_eagerly=run_eagerly)
    if kind == "array":
        wgan.fit(images[:43], batch_size=20, verbose=0)
    elif kind == "tensor":
        wgan.fit(tf.constant(images[:43]), batch_size=20, verbose=0)
    elif kind == "pydataset":
        wgan.fit(Batches(images[:43]), verbose=0)
    elif kind == "generator":
        batches = ((images[:n],) for n in itertools.cycle([20, 20, 3]))
        wgan.fit(batches, verbose=0, steps_per_epoch=3)
    else:
        data = images[:43]
        data = (data, np.zeros(43)) if kind == "labelled" else data
        wgan.fit(tf.data.Dataset.from_tensor_slices(data).batch(20), verbose=0)
    assert wgan.steps_done.numpy() == 2  # the last batch, of 3, has too few for 4 steps
    assert all(np.isfinite(v.numpy()).all() for v in wgan.variables)
    assert caplog.text.count("3 images are left over") == 1


def test_what_is_left_over_is_dropped_and_said_once(images, caplog):
    wgan = tiny_wgan(n_critic=4)
    wgan.fit(images[:42], batch_size=21, epochs=3, verbose=0)
    assert caplog.text.count("left over") == 1
    exact = tiny_wgan(n_critic=4)
    exact.set_weights(wgan.get_weights())
    one, other = (list(m.deal(images[:n])) for m, n in ((wgan, 21), (exact, 20)))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("array", "A batch of 4 images"),
        ("of static size", "A batch of 4 images"),
        ("of any size", "Every batch"),
        ("stream", "A batch of 4 images"),
    ],
)
def test_batches_too_small_for_n_critic_are_refused(images, kind, what):
    wgan = tiny_wgan(n_critic=5)
    data, batch_size = images, 4
    if kind == "stream":
        data, batch_size = training_data(images, 4, n_critic=1), None
    elif kind != "array":
        data, batch_size = tf.data.Dataset.from_tensor_slices(images), None
        data = data.batch(4, drop_remainder=kind == "of static size")
    with pytest.raises(ValueError, match=f"{what} is too small for 5 critic steps"):
        wgan.fit(data, batch_size=batch_size)
    assert wgan.steps_done.numpy() == 0


def test_a_training_without_any_step_is_an_error(images):
    batches = ((images[:3],) for _ in itertools.count())
    with pytest.raises(ValueError, match="Every batch is too small"):
        tiny_wgan(n_critic=4).fit(batches, steps_per_epoch=2, verbose=0)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("known", [True, False])
def test_an_empty_data_set_is_an_error(images, known):
    data = tf.data.Dataset.from_tensor_slices(images).batch(9).skip(99)
    if not known:
        data = data.filter(lambda batch: True)
    with pytest.raises(ValueError, match="is empty"):
        tiny_wgan().fit(data, verbose=0)


def test_floats_in_range_equal_uint8(images):
    one, other = tiny_wgan(), tiny_wgan()
    other.set_weights(one.get_weights())
    one.fit(images, batch_size=20, verbose=0, shuffle=False)
    scaled = (images.astype("float32") / np.float32(127.5)) - 1
    other.fit(scaled, batch_size=20, verbose=0, shuffle=False)
    for left, right in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: x.astype("int32"), "not int32"),
        (lambda x: x.astype("float32"), "range from 0.0 to 255.0"),
        (lambda x: np.full(x.shape, np.nan, "float32"), "range from nan"),
        (lambda x: tf.constant(x, tf.float32), "range from 0.0 to 255.0"),
        (
            lambda x: tf.data.Dataset.from_tensors(x.astype("float32")),
            r"must lie in \[-1, 1\], and a batch has others",
        ),
        (lambda x: tf.data.Dataset.from_tensors(x.astype("int32")), "not int32"),
        (lambda x: tf.data.Dataset.from_tensors({"image": x}), "the data has dict"),
        (lambda x: x[..., 0], "Expected images of shape"),
        (lambda x: x.repeat(3, axis=-1), "Expected images of shape"),
    ],
)
def test_images_that_do_not_fit(images, make, message):
    with pytest.raises(ValueError, match=message):
        data = make(images)
        batch_size = None if isinstance(data, tf.data.Dataset) else 20
        tiny_wgan().fit(data, batch_size=batch_size, verbose=0)


def test_held_out_images_are_checked_as_well(images):
    with pytest.raises(ValueError, match=r"range from 0\.0 to 255\.0"):
        tiny_wgan().fit(images, batch_size=20, validation_data=images.astype("float32"))
