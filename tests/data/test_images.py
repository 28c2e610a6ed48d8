import os

import numpy as np
import pytest
from helpers import mnist_like
from helpers import write_idx
from PIL import Image

from wgan_keras import load_images
from wgan_keras import training_data
from wgan_keras.data import images as image_sets
from wgan_keras.data.folder import ImageFolder
from wgan_keras.data.images import has_labels
from wgan_keras.data.images import load_labels

REAL_DATA = os.environ.get("WGAN_KERAS_DATA")


# === Names ===


def test_digits_are_all_there_and_enlarged():
    train, test = (load_images("digits", split) for split in ("train", "test"))
    assert train.shape == (1618, 28, 28, 1)
    assert test.shape == (179, 28, 28, 1)
    assert train.dtype == test.dtype == np.uint8
    assert train.max() == 255
    assert train.min() == 0
    labels = load_labels("digits", "test")
    assert len(labels) == 179
    assert set(labels) == set(range(10))
    # Shrunk again, each is nearest to the digit it came from.
    from sklearn.datasets import load_digits

    small = load_digits().images[9::10] * 255 / 16
    for large, original in zip(test[..., 0], small, strict=True):
        shrunk = np.asarray(Image.fromarray(large).resize((8, 8), Image.Resampling.BOX))
        assert np.abs(small - shrunk).sum(axis=(1, 2)).argmin() == np.argmin(
            np.abs(small - original).sum(axis=(1, 2))
        )


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("subfolder", ["", "mnist"])
def test_idx_files_are_found(tmp_path, compress, subfolder):
    images, labels = mnist_like()
    write_idx(tmp_path / subfolder, images, labels, compress)
    np.testing.assert_array_equal(load_images("mnist", data_dir=tmp_path)[..., 0], images)
    np.testing.assert_array_equal(load_labels("mnist", data_dir=tmp_path), labels)


def test_environment_names_the_folder_and_npz_is_read(tmp_path, monkeypatch):
    images, labels = mnist_like()
    np.savez(
        tmp_path / "mnist.npz",
        x_train=images,
        y_train=labels,
        x_test=images,
        y_test=labels,
    )
    monkeypatch.setenv("WGAN_KERAS_DATA", str(tmp_path))
    np.testing.assert_array_equal(load_images("mnist", "test")[..., 0], images)
    np.testing.assert_array_equal(load_labels("mnist", "test"), labels)


def test_keras_cache_is_looked_in(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    images, labels = mnist_like()
    write_idx(tmp_path / "datasets" / "fashion-mnist", images, labels)
    assert load_images("fashion-mnist").shape == (5, 28, 28, 1)


def test_offline_the_error_names_three_ways_out(monkeypatch):
    import keras

    def no_network():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(FileNotFoundError, match=r"--data-dir.*network.*'digits'"):
        load_images("mnist")


@pytest.mark.skipif(not REAL_DATA, reason="WGAN_KERAS_DATA names no real data sets")
@pytest.mark.parametrize(("name", "mean"), [("mnist", 33.318), ("fashion-mnist", 72.940)])
def test_real_data(name, mean):
    images = load_images(name, data_dir=REAL_DATA)
    labels = load_labels(name, data_dir=REAL_DATA)
    assert images.shape == (60000, 28, 28, 1)
    assert load_images(name, "test", REAL_DATA).shape == (10000, 28, 28, 1)
    assert len(labels) == 60000
    assert np.isclose(images.mean(), mean, atol=1e-2)  # 0.1307 and 0.2860 of 255


def test_counts_must_agree(tmp_path):
    write_idx(tmp_path, *mnist_like(5, labels=4))
    with pytest.raises(ValueError, match=r"4 labels.*5 images"):
        load_images("mnist", data_dir=tmp_path)


@pytest.mark.parametrize("name", ["nmist", "no/such/folder", "images.txt"])
def test_unknown_names(name):
    with pytest.raises(ValueError, match="No data set"):
        load_images(name)
    with pytest.raises(ValueError, match="has no labels"):
        load_labels(name)


def test_unknown_split():
    with pytest.raises(ValueError, match="'train' or 'test', not 'valid'"):
        load_images("digits", "valid")


# === Arrays and folders ===


def test_arrays_hold_out_every_tenth(tmp_path):
    array = np.arange(20, dtype=np.uint8).repeat(64).reshape(20, 8, 8)
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", array)
    for file in ("a.npy", "a.npz"):
        assert load_images(tmp_path / file).shape == (18, 8, 8, 1)
        test = load_images(tmp_path / file, "test")
        assert test[:, 0, 0, 0].tolist() == [9, 19]
    np.savez(tmp_path / "b.npz", one=array, two=array)
    with pytest.raises(ValueError, match=r"'x_train'.*\['one', 'two'\]"):
        load_images(tmp_path / "b.npz")


def test_folders_with_splits_of_their_own(folder):
    (folder / "train").mkdir()
    (folder / "deeper").rename(folder / "test")
    Image.new("L", (9, 9)).save(folder / "train" / "black.png")
    assert len(load_images(folder, image_shape=(8, 8, 1))) == 1
    assert len(load_images(folder, "test", image_shape=(8, 8, 1))) == 2


def test_large_folders_stream(folder, monkeypatch):
    whole = load_images(folder, image_shape=(8, 8, 1))
    monkeypatch.setattr(image_sets, "STREAM_ABOVE", 100)
    streamed = load_images(folder, image_shape=(8, 8, 1))
    assert isinstance(streamed, ImageFolder)
    assert streamed.shape == whole.shape
    np.testing.assert_array_equal(streamed[2], whole[2])
    batches = [
        next(iter(training_data(images, 3, 2))).numpy() for images in (whole, streamed)
    ]
    np.testing.assert_array_equal(*batches)


# === Labels of a folder ===


def write_pictures(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(folder / name)


def test_subfolders_are_classes(tmp_path):
    dogs = [f"dog/{number}.png" for number in range(10)]
    write_pictures(tmp_path, "ant/small/1.png", "cat/1.png", *dogs)
    assert has_labels(tmp_path)
    assert load_labels(tmp_path).tolist() == [0, 1, *[2] * 9]  # in the order of the images
    assert load_labels(tmp_path, "test").tolist() == [2]


def test_classes_of_both_splits_are_counted_alike(tmp_path):
    write_pictures(tmp_path / "train", "ant/1.png", "dog/1.png", "dog/2.png")
    write_pictures(tmp_path / "test", "cat/1.png", "dog/1.png")
    assert load_labels(tmp_path).tolist() == [0, 2, 2]
    assert load_labels(tmp_path, "test").tolist() == [1, 2]


@pytest.mark.parametrize("beside", [["1.png"], []])
def test_one_class_or_a_picture_beside_them_is_no_label(tmp_path, beside):
    pictures = [f"ant/{number}.png" for number in range(10)]
    write_pictures(tmp_path, *pictures, *beside, *["cat/1.png"][: len(beside)])
    assert not has_labels(tmp_path)
    with pytest.raises(ValueError, match="at least two classes"):
        load_labels(tmp_path)
