"""What a training makes of bad or extreme input: an error before it begins, or weights.

The table is the whole list. Nothing in it, errors included, opens a connection.
"""

import socket
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import SHAPE
from helpers import tiny_critic
from helpers import tiny_generator

from wgan_keras import DCGAN
from wgan_keras import WGAN
from wgan_keras import UserError
from wgan_keras import build_critic
from wgan_keras import build_discriminator
from wgan_keras import build_generator
from wgan_keras import load_images
from wgan_keras import training_data
from wgan_keras.data.stream import TrainingStream

COUNT = 12
UINT8 = np.random.default_rng(0).integers(0, 256, (COUNT, *SHAPE), np.uint8)
FLOATS = UINT8.astype(np.float32) / 127.5 - 1
TRAINS = "trains"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refused(*arguments, **options):
        raise AssertionError("the network was touched")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def with_pixel(value, index=-1):
    images = FLOATS.copy()
    images[index, 0, 0, 0] = value
    return images


def vectors(normalised):
    """A network with a batch normalisation over single vectors."""
    if normalised == "generator":
        shape, ending = (6,), [keras.layers.Dense(64), keras.layers.Reshape(SHAPE)]
    else:
        shape, ending = SHAPE, [keras.layers.Dense(1)]
    start = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(8)]
    return keras.Sequential([*start, keras.layers.BatchNormalization(), *ending])


def wgan(n_critic=2, generator=None, critic=None, **options):
    return WGAN(generator or tiny_generator(), critic or tiny_critic(), n_critic, **options)


def dcgan():
    return DCGAN(tiny_generator(), build_discriminator(SHAPE, 4, normalization="batch"))


def batches(images, size):
    return tf.data.Dataset.from_tensor_slices(images).batch(size)


def folder_of(channels):
    def images():
        for name in "abcd":
            keras.utils.save_img(f"{name}.png", np.zeros((8, 8, 3)))
        return load_images(".", image_shape=(8, 8, channels))

    return images


BAD = {  # name: images, model, batch size, and what comes of it
    # === Pixels ===
    "not a number": (with_pixel(np.nan), wgan, 4, "range from nan to nan"),
    "infinite": (with_pixel(np.inf), wgan, 4, "to inf; scale them"),
    "minus infinite": (with_pixel(-np.inf), wgan, 4, "range from -inf"),
    "out of range": (with_pixel(1.5), wgan, 4, "to 1.5; scale them"),
    "in [0, 255] as floats": (UINT8.astype(np.float32), wgan, 4, "to 255.0; scale them"),
    "int64": (UINT8.astype(np.int64), wgan, 4, "not int64; convert them"),
    "booleans": (UINT8 > 9, wgan, 4, "not bool; convert them"),
    "complex": (FLOATS.astype(np.complex64), wgan, 4, "not complex64; convert them"),
    "not a number, streamed": (
        batches(with_pixel(np.nan, 0), 4),
        wgan,
        None,
        "must lie in [-1, 1]",
    ),
    "out of range, streamed": (
        batches(with_pixel(-2, 0), 4),
        wgan,
        None,
        "must lie in [-1, 1]",
    ),
    "all black": (np.zeros_like(UINT8), wgan, 4, TRAINS),
    "all white, gradient penalty": (np.full_like(UINT8, 255), "gp", 4, TRAINS),
    "all grey, spectral normalisation": (np.full_like(UINT8, 128), "sn", 4, TRAINS),
    "all black, DCGAN": (np.zeros_like(UINT8), dcgan, 4, TRAINS),
    "half precision": (FLOATS.astype(np.float16), wgan, 4, TRAINS),
    # === Shapes and numbers of images ===
    "no image": (UINT8[:0], wgan, 4, "0 images is too small for 2 critic steps"),
    "no image, streamed": (batches(UINT8, 4).skip(9), wgan, None, "it yields no batch"),
    "1 image, 1 critic step": (UINT8[:1], lambda: wgan(1), 4, TRAINS),
    "1 image, 2 critic steps": (UINT8[:1], wgan, 4, "1 images is too small for 2"),
    "1 image, training_data": (
        lambda: training_data(UINT8[:1], 2, n_critic=2),
        wgan,
        None,
        TRAINS,
    ),
    "no image, training_data": (
        lambda: training_data(UINT8[:0], 2, n_critic=2),
        wgan,
        None,
        "at least 1 image",
    ),
    "fewer images than a batch": (UINT8, wgan, 50, TRAINS),
    "fewer images than critic steps": (UINT8, lambda: wgan(13), 50, "too small for 13"),
    "3 channels for 1": (UINT8.repeat(3, axis=-1), wgan, 4, "data has (12, 8, 8, 3)"),
    "no channel": (UINT8[..., 0], wgan, 4, "data has (12, 8, 8)"),
    "another size": (UINT8[:, :7], wgan, 4, "data has (12, 7, 8, 1)"),
    "a folder read with 3 channels": (folder_of(3), wgan, 4, "data has (4, 8, 8, 3)"),
    "2 channels": (folder_of(2), wgan, None, "with 1 or 3 channels"),
    # === Settings ===
    "n_critic=0": (UINT8, lambda: wgan(0), 4, "whole number from 1, not 0"),
    "n_critic=-1": (UINT8, lambda: wgan(-1), 4, "whole number from 1, not -1"),
    "n_critic=1.5": (UINT8, lambda: wgan(1.5), 4, "whole number from 1, not 1.5"),
    "negative clip": (UINT8, -0.01, 4, "clip_value must be a number above 0, not -0.01"),
    "clip of 0": (UINT8, 0.0, 4, "clip_value must be a number above 0, not 0.0"),
    "clip not a number": (UINT8, np.nan, 4, "clip_value must be a number above 0, not nan"),
    "infinite clip": (UINT8, np.inf, 4, "clip_value must be a number above 0, not inf"),
    "average_decay not a number": (
        UINT8,
        lambda: wgan(average_decay=np.nan),
        4,
        "average_decay must lie between 0 and 1",
    ),
    # === Batches of 1 with batch normalisation ===
    "1 image a step, over pixels": (
        UINT8,
        lambda: wgan(2, critic=build_critic(SHAPE, 4, "batch")),
        2,
        TRAINS,
    ),
    "1 image a step, over pixels, DCGAN": (UINT8, dcgan, 1, TRAINS),
    "1 image a step, over vectors in the generator": (
        UINT8,
        lambda: wgan(2, generator=vectors("generator")),
        2,
        "makes the same of every input",
    ),
    "1 image a step, over vectors in the critic": (
        UINT8,
        lambda: wgan(2, critic=vectors("critic")),
        3,
        "makes the same of every input",
    ),
    "1 image in the last step, over vectors": (
        UINT8[:10],
        lambda: wgan(2, critic=vectors("critic")),
        4,
        "makes the same of every input",
    ),
    "2 images a step, over vectors": (
        UINT8,
        lambda: wgan(2, generator=vectors("generator")),
        4,
        TRAINS,
    ),
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("name", BAD)
def test_bad_input(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images, build, batch_size, outcome = BAD[name]
    if outcome == TRAINS:
        model = trained(images, build, batch_size)
        assert model.steps_done.numpy() > 0
        for variable in model.state:
            assert np.isfinite(variable.numpy()).all(), variable.path
        return
    with pytest.raises(UserError) as error:
        trained(images, build, batch_size)
    assert outcome in str(error.value)
    assert "Traceback" not in str(error.value)


def trained(images, build, batch_size):
    """The model after an epoch; none of its weights may have changed where that fails."""
    from wgan_keras import WeightClipping

    if isinstance(build, float):
        clip_value = build

        def build():
            return wgan(lipschitz=WeightClipping(clip_value))

    elif isinstance(build, str):
        strategy = build

        def build():
            return wgan(lipschitz=strategy)

    model = build()
    model.compile(run_eagerly=True)
    before = model.get_weights()
    try:
        data = images() if callable(images) else images
        steps = 2 if isinstance(data, TrainingStream) else None
        model.fit(data, batch_size=batch_size, steps_per_epoch=steps, verbose=0)
    except ValueError:
        for one, other in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)
        raise
    return model


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5])
def test_what_is_out_of_range_later_in_a_stream_stops_the_training(value):
    """It cannot be seen before the batch is there, and no weight has seen it then."""
    model = wgan()
    model.compile(run_eagerly=True)
    before = []

    def keep(batch, logs):
        before[:] = model.get_weights()

    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=keep)
    data = batches(with_pixel(value, 5), 4)
    with pytest.raises(UserError, match=r"must lie in \[-1, 1\]"):
        model.fit(data, epochs=5, verbose=0, callbacks=[watch])
    assert model.steps_done.numpy() == 1
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_of_one_vector_would_have_taught_nothing():
    """Why it is refused: whatever the latent, the generator makes the same picture."""
    generator = vectors("generator")
    one, other = (
        generator(np.random.default_rng(n).normal(size=(1, 6)), training=True)
        for n in range(2)
    )
    np.testing.assert_array_equal(one, other)
    apart = build_generator(SHAPE, 6, width=4)  # as this package's networks, over pixels
    one, other = (
        apart(np.random.default_rng(n).normal(size=(1, 6)), training=True) for n in range(2)
    )
    assert np.abs(one - other).max() > 1e-3


# === Downloads ===


def cut_off(monkeypatch, written):
    """Keras' next download writes the first bytes of a file, and the process is killed."""

    class Killed(BaseException):
        pass

    def urlretrieve(origin, target, progress):
        Path(target).write_bytes(written)
        raise Killed

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", urlretrieve)
    return Killed


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("WGAN_KERAS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(
        "keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path)
    )
    return tmp_path / "datasets"


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_download_that_was_cut_off_is_not_taken_for_whole(name, cache, monkeypatch):
    import gzip
    import io
    import struct

    images = np.zeros((5, 28, 28), np.uint8)
    if name == "mnist":
        buffer = io.BytesIO()
        arrays = {"x_train": images, "y_train": np.zeros(5, np.uint8)}
        np.savez(buffer, **arrays, x_test=images, y_test=arrays["y_train"])
        file, content = cache / "mnist.npz", buffer.getvalue()
    else:
        header = bytes([0, 0, 8, 3]) + struct.pack(">3I", *images.shape)
        file = cache / "fashion-mnist" / "train-images-idx3-ubyte.gz"
        content = gzip.compress(header + images.tobytes())
        file.parent.mkdir(parents=True)
        labels = file.with_name("train-labels-idx1-ubyte.gz")  # which Keras fetches first
        labels.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 5]) + bytes(5)))
    killed = cut_off(monkeypatch, content[: len(content) // 2])
    with pytest.raises(killed):
        load_images(name)
    assert file.read_bytes() == content[: len(content) // 2]
    with pytest.raises(ValueError, match=rf"{file.name}.*cut off: remove it, and it is"):
        load_images(name)
    file.write_bytes(content)
    assert load_images(name).shape == (5, 28, 28, 1)


def test_a_download_that_is_not_what_it_should_be(cache, monkeypatch):
    """For MNIST, Keras knows the checksum, and another file is an error."""
    monkeypatch.setattr(
        "keras.src.utils.file_utils.urlretrieve",
        lambda origin, target, progress: Path(target).write_bytes(b"<html>"),
    )
    with pytest.raises(FileNotFoundError, match=r"nor could it be downloaded.*hash"):
        load_images("mnist")
    with pytest.raises(ValueError, match=r"mnist\.npz.*remove it, and it is downloaded"):
        load_images("mnist")
