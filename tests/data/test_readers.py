import gzip

import numpy as np
import pytest
from helpers import idx
from helpers import mnist_like

from wgan_keras import load_images


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
        load_images("mnist", data_dir=tmp_path)


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
        load_images(file)


def test_a_damaged_archive_is_named(tmp_path):
    file = tmp_path / "images.npz"
    np.savez_compressed(file, mnist_like()[0])
    content = bytearray(file.read_bytes())
    content[80:120] = bytes(40)
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"images.npz cannot be read.*damaged"):
        load_images(file)
    file.write_bytes(content[:50])
    with pytest.raises(ValueError, match=r"images.npz cannot be read"):
        load_images(file)
