import gzip
import os
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from wgan_keras import datasets

REAL_DATA = os.environ.get("WGAN_KERAS_DATA")


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no-keras"))
    monkeypatch.delenv("WGAN_KERAS_DATA", raising=False)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def mnist_like(count=5, labels=None):
    images = np.arange(count * 784, dtype=np.uint8).reshape(count, 28, 28)
    labels = np.arange(count if labels is None else labels, dtype=np.uint8)
    return images, labels


def write_idx(folder, images, labels, compress=True, split="train"):
    folder.mkdir(parents=True, exist_ok=True)
    pack = gzip.compress if compress else bytes
    suffix = ".gz" if compress else ""
    (folder / f"{split}-images-idx3-ubyte{suffix}").write_bytes(pack(idx(images)))
    (folder / f"{split}-labels-idx1-ubyte{suffix}").write_bytes(pack(idx(labels)))


# === Names ===


def test_digits_are_all_there_and_enlarged():
    train, test = (datasets.load_images("digits", split) for split in ("train", "test"))
    assert train.shape == (1618, 28, 28, 1)
    assert test.shape == (179, 28, 28, 1)
    assert train.dtype == test.dtype == np.uint8
    assert train.max() == 255
    assert train.min() == 0
    labels = datasets.load_labels("digits", "test")
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
    np.testing.assert_array_equal(
        datasets.load_images("mnist", data_dir=tmp_path)[..., 0], images
    )
    np.testing.assert_array_equal(datasets.load_labels("mnist", data_dir=tmp_path), labels)


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
    np.testing.assert_array_equal(datasets.load_images("mnist", "test")[..., 0], images)
    np.testing.assert_array_equal(datasets.load_labels("mnist", "test"), labels)


def test_keras_cache_is_looked_in(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    images, labels = mnist_like()
    write_idx(tmp_path / "datasets" / "fashion-mnist", images, labels)
    assert datasets.load_images("fashion-mnist").shape == (5, 28, 28, 1)


def test_offline_the_error_names_three_ways_out(monkeypatch):
    import keras

    def no_network():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(FileNotFoundError, match=r"--data-dir.*network.*'digits'"):
        datasets.load_images("mnist")


@pytest.mark.skipif(not REAL_DATA, reason="WGAN_KERAS_DATA names no real data sets")
@pytest.mark.parametrize(("name", "mean"), [("mnist", 33.318), ("fashion-mnist", 72.940)])
def test_real_data(name, mean):
    images = datasets.load_images(name, data_dir=REAL_DATA)
    labels = datasets.load_labels(name, data_dir=REAL_DATA)
    assert images.shape == (60000, 28, 28, 1)
    assert datasets.load_images(name, "test", REAL_DATA).shape == (10000, 28, 28, 1)
    assert len(labels) == 60000
    assert np.isclose(images.mean(), mean, atol=1e-2)  # 0.1307 and 0.2860 of 255


# === Damaged and unsuitable files ===


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"\0\0\x0d\x03" + data[4:], "magic number 00000803"),
        (lambda data: b"", "an empty file"),
        (lambda data: data[:-1], "announces"),
        (lambda data: data + b"x", "announces"),
        (lambda data: data[:9], "header is cut short"),
        (lambda data: data[:4] + b"\x80\0\0\0" + data[8:], "announces"),
        (lambda data: gzip.compress(data)[:-20], "cut short or damaged"),
        (lambda data: gzip.compress(data)[:40] + b"\xff" * 40, "cut short or damaged"),
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path, damage, message):
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(damage(idx(mnist_like()[0])))
    with pytest.raises(ValueError, match=rf"train-images-idx3-ubyte.*{message}"):
        datasets.load_images("mnist", data_dir=tmp_path)


def test_counts_must_agree(tmp_path):
    write_idx(tmp_path, *mnist_like(5, labels=4))
    with pytest.raises(ValueError, match=r"4 labels.*5 images"):
        datasets.load_images("mnist", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 8, 8), np.float32), "expected uint8 .* found float32"),
        (np.zeros((3, 8), np.uint8), r"found \(3, 8\)"),
        (np.zeros((0, 8, 8), np.uint8), r"found \(0, 8, 8, 1\)"),
        (np.zeros((3, 8, 8, 4), np.uint8), "1 or 3 channels"),
        (np.array([{}], dtype=object), "without pickled objects"),
    ],
)
def test_unsuitable_arrays(tmp_path, array, message):
    file = tmp_path / "images.npy"
    np.save(file, array, allow_pickle=True)
    with pytest.raises(ValueError, match=message):
        datasets.load_images(file)


def test_a_damaged_archive_is_named(tmp_path):
    file = tmp_path / "images.npz"
    np.savez_compressed(file, mnist_like()[0])
    content = bytearray(file.read_bytes())
    content[80:120] = bytes(40)
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"images.npz cannot be read.*damaged"):
        datasets.load_images(file)
    file.write_bytes(content[:50])
    with pytest.raises(ValueError, match=r"images.npz cannot be read"):
        datasets.load_images(file)


@pytest.mark.parametrize("name", ["nmist", "no/such/folder", "images.txt"])
def test_unknown_names(name):
    with pytest.raises(ValueError, match="No data set"):
        datasets.load_images(name)
    with pytest.raises(ValueError, match="has no labels"):
        datasets.load_labels(name)


def test_unknown_split():
    with pytest.raises(ValueError, match="'train' or 'test', not 'valid'"):
        datasets.load_images("digits", "valid")


# === Arrays and folders ===


def test_arrays_hold_out_every_tenth(tmp_path):
    array = np.arange(20, dtype=np.uint8).repeat(64).reshape(20, 8, 8)
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", array)
    for file in ("a.npy", "a.npz"):
        assert datasets.load_images(tmp_path / file).shape == (18, 8, 8, 1)
        test = datasets.load_images(tmp_path / file, "test")
        assert test[:, 0, 0, 0].tolist() == [9, 19]
    np.savez(tmp_path / "b.npz", one=array, two=array)
    with pytest.raises(ValueError, match=r"'x_train'.*\['one', 'two'\]"):
        datasets.load_images(tmp_path / "b.npz")


@pytest.fixture
def folder(tmp_path):
    """Eleven pictures of one grey each, in many formats, sizes and modes."""
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    kinds = ["png", "jpg", "bmp", "gif", "webp", "tiff"]
    for number in range(11):
        kind = kinds[number % len(kinds)]
        mode, grey = ("L", 20 * number) if number % 2 else ("RGB", (20 * number,) * 3)
        image = Image.new(mode, (20 + number, 30), grey)
        image.save(folder / ("deeper" if number > 8 else "") / f"{number:02}.{kind}")
    (folder / "notes.txt").write_text("not a picture")
    (folder / "thesis.pdf").write_text("nor this, though Pillow can write it")
    return folder


@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 8, 3)])
def test_folders_are_converted(folder, shape):
    train = datasets.load_images(folder, image_shape=shape)
    test = datasets.load_images(folder, "test", image_shape=shape)
    assert train.shape == (10, *shape)
    assert train.dtype == np.uint8
    greys = [20 * number for number in range(11) if number != 9]
    np.testing.assert_allclose(train.mean(axis=(1, 2, 3)), greys, atol=2)
    np.testing.assert_allclose(test.mean(axis=(1, 2, 3)), [180], atol=2)


def test_folders_with_splits_of_their_own(folder):
    (folder / "train").mkdir()
    (folder / "deeper").rename(folder / "test")
    Image.new("L", (9, 9)).save(folder / "train" / "black.png")
    assert len(datasets.load_images(folder, image_shape=(8, 8, 1))) == 1
    assert len(datasets.load_images(folder, "test", image_shape=(8, 8, 1))) == 2


def test_sixteen_bit_pictures_keep_their_greys(tmp_path):
    Image.fromarray(np.full((8, 8), 256 * 77, np.uint16)).save(tmp_path / "deep.png")
    assert datasets.load_images(tmp_path, image_shape=(8, 8, 1)).mean() == 77


def test_large_folders_stream(folder, monkeypatch):
    whole = datasets.load_images(folder, image_shape=(8, 8, 1))
    monkeypatch.setattr(datasets, "STREAM_ABOVE", 100)
    streamed = datasets.load_images(folder, image_shape=(8, 8, 1))
    assert isinstance(streamed, datasets.ImageFolder)
    assert streamed.shape == whole.shape
    np.testing.assert_array_equal(streamed[2], whole[2])
    batches = [
        next(iter(datasets.training_data(images, 3, 2))).numpy()
        for images in (whole, streamed)
    ]
    np.testing.assert_array_equal(*batches)


def test_folder_errors_name_the_file(folder, tmp_path):
    with pytest.raises(ValueError, match=r"image_shape must be .*\(8, 8\)"):
        datasets.load_images(folder, image_shape=(8, 8))
    (folder / "00.png").write_bytes(b"\x89PNG damaged")
    with pytest.raises(ValueError, match=r"00\.png cannot be read"):
        datasets.load_images(folder, image_shape=(8, 8, 1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no picture"):
        datasets.load_images(tmp_path / "empty")


# === Points in the plane ===


@pytest.mark.parametrize(("name", "modes"), [("8-gaussians", 8), ("25-gaussians", 25)])
def test_toy_points_lie_on_their_modes(name, modes):
    centres, spread = datasets.toy_modes(name)
    points = datasets.toy_points(name, 4000, seed=1)
    assert points.shape == (4000, 2)
    assert points.dtype == np.float32
    ways = np.linalg.norm(points[:, None] - centres, axis=-1)
    assert np.isclose(np.sqrt((ways.min(axis=1) ** 2).mean() / 2), spread, rtol=0.05)
    counts = np.bincount(ways.argmin(axis=1), minlength=modes)
    assert len(counts) == modes
    np.testing.assert_allclose(counts, 4000 / modes, rtol=0.4)


def test_the_swiss_roll_winds():
    points = datasets.toy_points("swiss-roll", 4000)
    assert 0.9 < np.abs(points).max() < 1.1
    radius, angle = np.hypot(*points.T), np.arctan2(*points.T[::-1])
    # Along a spiral, the radius is proportional to an angle that goes round 1.5 times.
    turns = np.round((radius / 0.95 * 4.5 * np.pi - angle) / (2 * np.pi)) * 2 * np.pi
    residual = radius - (angle + turns) / (4.5 * np.pi) * 0.95
    assert np.sqrt((residual**2).mean()) < 0.03


def test_unknown_toys():
    with pytest.raises(ValueError, match="No toy distribution 'moons'"):
        datasets.toy_points("moons", 3)


# === Pipelines ===


def numbered(count):
    return np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)


def taken(dataset, count):
    return np.concatenate([batch.numpy().ravel() for batch in dataset.take(count)])


def test_every_epoch_is_a_permutation():
    seen = taken(datasets.training_data(numbered(30), 5, n_critic=2, seed=3), 9)
    epochs = seen.reshape(3, 30)
    for epoch in epochs:
        assert sorted(epoch) == list(range(30))
    assert not (epochs[0] == epochs[1]).all()
    assert not (epochs[0] == np.arange(30)).all()


def test_order_is_a_function_of_seed_and_step():
    def data(seed=1, start=0):
        return datasets.training_data(numbered(23), 4, n_critic=2, seed=seed, start=start)

    whole = taken(data(), 10)
    np.testing.assert_array_equal(taken(data(), 10), whole)
    for start in (1, 2, 5, 9):
        np.testing.assert_array_equal(
            taken(data(start=start), 10 - start), whole[start * 8 :]
        )
    assert (taken(data(seed=2), 10) != whole).any()


def test_fewer_images_than_a_batch():
    seen = taken(datasets.training_data(numbered(3), 4, n_critic=2), 3)
    assert np.bincount(seen).tolist() == [8, 8, 8]


def test_batches_are_uint8_of_static_shape():
    spec = datasets.training_data(numbered(9), 4, 2).element_spec
    assert spec == tf.TensorSpec((8, 1, 1, 1), tf.uint8)


def test_evaluation_data_is_everything_in_order():
    data = datasets.evaluation_data(numbered(7), 3)
    assert data.cardinality() == 3
    assert taken(data, -1).tolist() == list(range(7))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"n_critic": 0},
        {"seed": -1},
        {"start": -1},
        {"images": numbered(0)},
    ],
)
def test_training_data_refuses(options):
    with pytest.raises(ValueError, match="training_data needs"):
        datasets.training_data(
            **{"images": numbered(4), "batch_size": 2, "n_critic": 1, **options}
        )


def test_steps_per_epoch():
    assert datasets.steps_per_epoch(numbered(30), 5, 2) == 3
    assert datasets.steps_per_epoch(numbered(3), 5, 2) == 1


def test_a_fingerprint_tells_images_apart(folder):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4, 1)
    changed = images.copy()
    changed[1, 2, 3, 0] ^= 1
    variants = [images, changed, images[::-1], images.reshape(2, 4, 3, 1)]
    variants.append(images.astype(np.float32))
    assert len({datasets.fingerprint(variant) for variant in variants}) == 5
    assert datasets.fingerprint(images) == datasets.fingerprint(images.copy())

    streamed = datasets.ImageFolder(folder, (8, 8, 1))
    before = datasets.fingerprint(streamed)
    assert before == datasets.fingerprint(datasets.ImageFolder(folder, (8, 8, 1)))
    assert before != datasets.fingerprint(datasets.ImageFolder(folder, (8, 8, 3)))
    with open(streamed.files[0], "ab") as file:
        file.write(b"more")
    assert before != datasets.fingerprint(streamed)
