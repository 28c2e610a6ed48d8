"""Arrays from files that are checked before they are believed: IDX, .npy and .npz."""

import contextlib
import gzip
import math
import os
import struct
import zipfile
import zlib

import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.files import check_size


def read_idx(path, rank):
    """Reads an IDX file of bytes, gzipped or not, checking all that can be checked.

    Args:
        path: The file; gzip is recognised by its content.
        rank: Expected number of dimensions: 3 for images, 1 for labels.

    Returns:
        uint8 array of `rank` dimensions.

    Raises:
        ValueError: Wrong magic number, rank or size, or a damaged gzip stream. The
            size in the header is compared with the data before it is believed.

    Reference:
        The format is described with the MNIST files (LeCun, Cortes, Burges).
    """
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else open(path, "rb") as file:
            shape = _announced_shape(path, file.read(4 + 4 * rank), rank)
            size = math.prod(shape)
            check_size(path, size)
            content = file.read(size + 1)  # to the end, where gzip has its own checksum
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(
            f"{path}: the gzip data is cut short or damaged ({error}); fetch it anew."
        ) from error
    if len(content) != size:
        raise UserError(
            f"{path}: the header announces an array of shape {shape}, {size} bytes, but "
            f"{len(content) if len(content) < size else 'more'} follow; fetch it anew."
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _announced_shape(path, header, rank):
    magic = bytes([0, 0, 8, rank])
    if header[:4] != magic:
        raise UserError(
            f"{path}: expected the magic number {magic.hex()} of {rank}-dimensional "
            f"bytes at its start, found {header[:4].hex() or 'an empty file'}."
        )
    if len(header) < 4 + 4 * rank:
        raise UserError(f"{path}: the header is cut short; fetch it anew.")
    return struct.unpack(f">{rank}I", header[4:])


def array_names(path):
    """Names of the arrays in a .npz file; `[""]` for a .npy file."""
    with _readable_as_numpy(path), open(path, "rb") as file:
        if file.read(2) != b"PK":
            return [""]
        return [name.removesuffix(".npy") for name in zipfile.ZipFile(file).namelist()]


def read_array(path, name=""):
    """Reads an array of numbers from a .npy or .npz file, checking what it announces.

    Args:
        path: The file.
        name: The array's name in a .npz file; `""` for a .npy file.

    Returns:
        Array of booleans, integers or floats.

    Raises:
        ValueError: There is no such array, it is not of numbers, or the file is damaged.
            The size in the header is compared with the data before it is believed.
    """
    with _readable_as_numpy(path), open(path, "rb") as file:
        if not name:
            return _read_npy(path, file, os.path.getsize(path))
        archive = zipfile.ZipFile(file)
        known = archive.namelist()
        if f"{name}.npy" not in known:
            raise UserError(f"there is no array {name!r} among {sorted(known)}")
        with archive.open(f"{name}.npy") as member:
            return _read_npy(path, member, archive.getinfo(f"{name}.npy").file_size)


@contextlib.contextmanager
def _readable_as_numpy(path):
    try:
        yield
    except Exception as error:  # of many kinds, from the archive's to the header's
        raise UserError(
            f"{path} cannot be read as a NumPy file without pickled objects; it may be "
            f"damaged ({error})."
        ) from error


def _read_npy(path, file, size):
    check_size(path, size)
    headers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(file)
    if version not in headers:
        raise UserError(f"it is of version {version}, and not an array of numbers")
    shape, _, dtype = headers[version](file)
    if dtype.kind not in "biuf":
        raise UserError(f"it holds {dtype}, and not numbers")
    announced, follow = math.prod(shape) * dtype.itemsize, size - file.tell()
    if announced != follow or min(shape, default=0) < 0:
        raise UserError(
            f"the header announces an array of shape {shape}, {announced} bytes, but "
            f"{follow} follow"
        )
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def check_images(images, path):
    if images.dtype != np.uint8:
        raise UserError(
            f"{path}: expected uint8 pixels in 0-255, found {images.dtype}; "
            "scale and convert the array first."
        )
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or 0 in images.shape or images.shape[3] not in (1, 3):
        raise UserError(
            f"{path}: expected images of shape (N, H, W) or (N, H, W, C), with 1 or 3 "
            f"channels, found {images.shape}."
        )
    return images
