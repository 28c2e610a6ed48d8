"""A folder of pictures, decoded when they are needed."""

import functools
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.files import memory_bytes


class ImageFolder:
    """The pictures of a folder and its subfolders, decoded when they are indexed.

    It stands in for an array in `training_data` and `evaluation_data`, so that a folder
    larger than memory streams from disk.

    Args:
        path: A folder with pictures in any format that Pillow reads.
        image_shape: `(height, width, channels)`, 1 or 3 channels. A picture is
            cropped about its centre to this ratio, then resized.

    Raises:
        ValueError: The folder holds no picture, or `image_shape` is not of that form.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path, image_shape):
        if len(image_shape) != 3 or image_shape[2] not in (1, 3) or min(image_shape) < 1:
            raise UserError(
                "image_shape must be (height, width, channels) with 1 or 3 channels, "
                f"not {image_shape}."
            )
        if math.prod(image_shape) > memory_bytes() // 64:
            raise UserError(
                f"image_shape={tuple(image_shape)} makes {math.prod(image_shape)} bytes of "
                "a picture, too many for this machine's memory of "
                f"{memory_bytes()} bytes: choose a smaller one."
            )
        known = _picture_formats()
        known = {ending for endings in known.values() for ending in endings}
        files = (file for file in Path(path).rglob("*") if file.suffix.lower() in known)
        self.files = np.array(sorted(str(file) for file in files if file.is_file()))
        self.image_shape = tuple(image_shape)
        if not len(self.files):
            raise UserError(f"The folder {str(path)!r} holds no picture.")

    @property
    def shape(self):
        return (len(self.files), *self.image_shape)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        """Decodes the picture at an index, or those at an array or a slice of indices."""
        chosen = self.files[index]
        if isinstance(chosen, str):
            return self._decode(chosen)
        with ThreadPoolExecutor() as threads:  # decoding leaves Python's lock to others
            return np.stack(list(threads.map(self._decode, chosen)))

    def select(self, indices):
        """The same folder, restricted to the pictures at `indices`."""
        chosen = object.__new__(ImageFolder)
        chosen.files, chosen.image_shape = self.files[indices], self.image_shape
        return chosen

    def _decode(self, file):
        from PIL import Image
        from PIL import ImageOps

        height, width, channels = self.image_shape
        try:
            with Image.open(file, formats=list(_picture_formats())) as image:
                is_png = image.format == "PNG"
                image = _eight_bits(ImageOps.exif_transpose(image), is_png)
                image = image.convert("L" if channels == 1 else "RGB")
                image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
        except Exception as error:  # of many kinds, by the format
            raise UserError(f"{file} cannot be read as a picture ({error}).") from error
        return np.asarray(image).reshape(self.image_shape)


def _eight_bits(image, is_png):
    """A picture of 8 bits a channel, without transparency.

    What is transparent shows white, as on a page.

    Raises:
        ValueError: The range of its numbers is not known.
    """
    from PIL import Image

    if image.mode == "F" or (image.mode == "I" and not is_png):
        raise ValueError(
            f"its mode {image.mode!r} holds 32-bit numbers of an unknown range; convert it "
            "to 8 or 16 bits a channel"
        )
    if image.mode.startswith("I"):  # 16 bits a pixel
        pixels = np.asarray(image)
        if 255 < pixels.max() < 4096:
            raise ValueError(
                f"its mode {image.mode!r} has 16 bits, of which its pixels use the lowest "
                "12 only and would be almost black; scale them to the whole range"
            )
        return Image.fromarray((pixels >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        page = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(page, image).convert("RGB")
    return image


@functools.cache
def _picture_formats():
    """Names of formats, with the endings of their files."""
    from PIL import Image

    endings = Image.registered_extensions()
    unfit = {
        *("BUFR", "GRIB", "HDF5", "MPEG", "WMF"),  # Pillow knows but cannot decode
        "EPS",  # a program, which Pillow would have run by another program
    }
    return {
        kind: [ending for ending, its_kind in endings.items() if its_kind == kind]
        for kind in Image.OPEN.keys() - unfit
    }
