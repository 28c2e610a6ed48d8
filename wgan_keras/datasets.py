"""Data sets: a name or a path goes in, uint8 images and a `tf.data` pipeline come out.

Images stay uint8 in memory, whole data sets at a byte a pixel; the models scale each
batch to [-1, 1] inside their compiled step.
"""

import contextlib
import functools
import gzip
import hashlib
import math
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from wgan_keras.files import check_size

NAMES = ("digits", "mnist", "fashion-mnist")
SPLITS = {"train": "train", "test": "t10k"}  # split: how the IDX files spell it
STREAM_ABOVE = 2**29  # bytes of decoded images beyond which a folder is not read whole


# === Images and labels ===


def load_images(name, split="train", data_dir=None, image_shape=(32, 32, 3)):
    """Loads the images of a data set.

    `mnist` and `fashion-mnist` are looked for in `data_dir` (or the folder that the
    environment variable `WGAN_KERAS_DATA` names), then in Keras' cache, and are
    downloaded by Keras at last. A folder may hold the original IDX files, gzipped or
    not, or `NAME.npz`, directly or in a subfolder of the set's name. `digits` are the
    1,797 real digits that come with scikit-learn, enlarged to 28×28: no network.

    Data without a test split of its own (`digits`, most folders and arrays) keeps
    every tenth image for `split="test"`.

    Args:
        name: `"digits"`, `"mnist"`, `"fashion-mnist"`, or a path: a folder of images
            (with subfolders `train` and `test`, or without), a `.npy` array, or a
            `.npz` archive with `x_train` and `x_test`, or with one array.
        split: `"train"` or `"test"`.
        data_dir: Folder of the MNIST-like files. Defaults to `$WGAN_KERAS_DATA`.
        image_shape: `(height, width, channels)` that a folder's pictures are
            cropped, resized and converted to; 1 channel is grey, 3 are RGB.

    Returns:
        uint8 images of shape `(N, H, W, C)`: an array, or, for a folder that would
        take more than half a gigabyte, an `ImageFolder` that decodes on access.

    Raises:
        ValueError: Unknown name or split, or a damaged or unsuitable file.
        FileNotFoundError: The data set is not there and could not be downloaded.

    Example:

    >>> from wgan_keras import load_images
    >>> images = load_images("digits")
    >>> images.shape, images.dtype.name
    ((1618, 28, 28, 1), 'uint8')
    """
    if split not in SPLITS:
        raise ValueError(f"split must be 'train' or 'test', not {split!r}.")
    if name == "digits":
        return _hold_out(_digits()[0], split)
    if name in NAMES:
        return _load_mnist_like(name, split, data_dir)[0]
    path = Path(name)
    if path.is_dir():
        return _load_folder(path, split, image_shape)
    if path.suffix in (".npy", ".npz") and path.is_file():
        return _load_array_file(path, split)
    raise ValueError(
        f"No data set {str(name)!r}: expected one of {', '.join(NAMES)}, a folder of "
        "images, or a .npy or .npz file; check the spelling and the path."
    )


def load_labels(name, split="train", data_dir=None):
    """Loads the class labels of `digits`, `mnist` or `fashion-mnist`.

    Args:
        name: `"digits"`, `"mnist"` or `"fashion-mnist"`.
        split: `"train"` or `"test"`.
        data_dir: As in `load_images`.

    Returns:
        uint8 labels in 0–9 of shape `(N,)`, in the order of `load_images`.

    Raises:
        ValueError: The data set has no labels, or its label file is damaged.
        FileNotFoundError: The data set, or its label file, is not there.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be 'train' or 'test', not {split!r}.")
    if name == "digits":
        return _hold_out(_digits()[1], split)
    if name not in NAMES:
        raise ValueError(f"{str(name)!r} has no labels: only {', '.join(NAMES)} have.")
    labels = _load_mnist_like(name, split, data_dir)[1]
    if labels is None:
        raise FileNotFoundError(
            f"The label file of {name} ({split}) is missing beside its images; "
            "put it there."
        )
    return labels


def _hold_out(items, split):
    """Every tenth item is the test split, the others the training split."""
    test = np.arange(len(items)) % 10 == 9
    if split == "test" and not test.any():
        raise ValueError(
            f"No held-out images: every tenth is held out, and there are {len(items)}."
        )
    return items[test if split == "test" else ~test]


def _digits():
    from PIL import Image
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    small = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    large = [
        np.asarray(Image.fromarray(image).resize((28, 28), Image.Resampling.BICUBIC))
        for image in small
    ]
    return np.stack(large)[..., np.newaxis], labels.astype(np.uint8)


# === MNIST and its likes ===


def _load_mnist_like(name, split, data_dir):
    """Returns images and labels; labels are `None` where only images are there."""
    data_dir = data_dir or os.environ.get("WGAN_KERAS_DATA")
    if data_dir and not Path(data_dir).is_dir():
        raise FileNotFoundError(f"The data folder {str(data_dir)!r} does not exist.")
    cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets"
    caches = [cache / name, cache] if name != "mnist" else [cache]
    folders = [Path(data_dir) / name, Path(data_dir)] if data_dir else []
    try:
        for folder in [*folders, *caches]:
            found = _read_mnist_like(folder, name, split)
            if found:
                return found
    except ValueError as error:
        if folder not in caches:
            raise
        raise ValueError(
            f"{error} It is in Keras' cache, perhaps of a download that was cut off: "
            "remove it, and it is downloaded anew."
        ) from error
    return _download(name, split)


def _read_mnist_like(folder, name, split):
    images_file = _existing(folder / f"{SPLITS[split]}-images-idx3-ubyte")
    if images_file:
        images = read_idx(images_file, rank=3)[..., np.newaxis]
        labels_file = _existing(folder / f"{SPLITS[split]}-labels-idx1-ubyte")
        if not labels_file:
            return images, None
        labels = read_idx(labels_file, rank=1)
        if len(images) != len(labels):
            raise ValueError(
                f"{labels_file} holds {len(labels)} labels, but {images_file.name} "
                f"holds {len(images)} images; fetch both files anew."
            )
        return images, labels
    archive = folder / f"{name}.npz"
    if archive.is_file():
        images = _checked_images(read_array(archive, f"x_{split}"), archive)
        labels = read_array(archive, f"y_{split}")
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise ValueError(
                f"{archive}: expected {len(images)} labels, a whole number for each image, "
                f"found an array of {labels.dtype} of shape {labels.shape}."
            )
        return images, labels.astype(np.uint8)
    return None


def _existing(path):
    candidates = (path, path.with_name(path.name + ".gz"))
    return next((file for file in candidates if file.is_file()), None)


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
        raise ValueError(
            f"{path}: the gzip data is cut short or damaged ({error}); fetch it anew."
        ) from error
    if len(content) != size:
        raise ValueError(
            f"{path}: the header announces an array of shape {shape}, {size} bytes, but "
            f"{len(content) if len(content) < size else 'more'} follow; fetch it anew."
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _announced_shape(path, header, rank):
    magic = bytes([0, 0, 8, rank])
    if header[:4] != magic:
        raise ValueError(
            f"{path}: expected the magic number {magic.hex()} of {rank}-dimensional "
            f"bytes at its start, found {header[:4].hex() or 'an empty file'}."
        )
    if len(header) < 4 + 4 * rank:
        raise ValueError(f"{path}: the header is cut short; fetch it anew.")
    return struct.unpack(f">{rank}I", header[4:])


def _download(name, split):
    import keras

    module = {
        "mnist": keras.datasets.mnist,
        "fashion-mnist": keras.datasets.fashion_mnist,
    }
    try:
        train, test = module[name].load_data()
    except Exception as error:
        raise FileNotFoundError(
            f"{name} was not found, nor could it be downloaded ({error}). Put its files in "
            "a folder and name it (data_dir, --data-dir or WGAN_KERAS_DATA), or connect to "
            "the network once, or use the data set 'digits', which needs neither."
        ) from error
    images, labels = train if split == "train" else test
    return _checked_images(images, f"Keras' {name}"), labels


# === Arrays and folders ===


def _load_array_file(path, split):
    names = array_names(path)
    if f"x_{split}" in names:
        return _checked_images(read_array(path, f"x_{split}"), path)
    if len(names) != 1:
        raise ValueError(
            f"{path}: expected an array 'x_{split}', or one array alone, found "
            f"{sorted(names)}."
        )
    return _hold_out(_checked_images(read_array(path, names[0]), path), split)


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
            raise ValueError(f"there is no array {name!r} among {sorted(known)}")
        with archive.open(f"{name}.npy") as member:
            return _read_npy(path, member, archive.getinfo(f"{name}.npy").file_size)


@contextlib.contextmanager
def _readable_as_numpy(path):
    try:
        yield
    except Exception as error:  # of many kinds, from the archive's to the header's
        raise ValueError(
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
        raise ValueError(f"it is of version {version}, and not an array of numbers")
    shape, _, dtype = headers[version](file)
    if dtype.kind not in "biuf":
        raise ValueError(f"it holds {dtype}, and not numbers")
    announced, follow = math.prod(shape) * dtype.itemsize, size - file.tell()
    if announced != follow or min(shape, default=0) < 0:
        raise ValueError(
            f"the header announces an array of shape {shape}, {announced} bytes, but "
            f"{follow} follow"
        )
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _checked_images(images, path):
    if images.dtype != np.uint8:
        raise ValueError(
            f"{path}: expected uint8 pixels in 0-255, found {images.dtype}; "
            "scale and convert the array first."
        )
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or 0 in images.shape or images.shape[3] not in (1, 3):
        raise ValueError(
            f"{path}: expected images of shape (N, H, W) or (N, H, W, C), with 1 or 3 "
            f"channels, found {images.shape}."
        )
    return images


def _load_folder(path, split, image_shape):
    own_splits = (path / "train").is_dir() and (path / "test").is_dir()
    folder = ImageFolder(path / split if own_splits else path, image_shape)
    if not own_splits:
        folder = folder.select(_hold_out(np.arange(len(folder)), split))
    return folder if math.prod(folder.shape) > STREAM_ABOVE else folder[:]


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
            raise ValueError(
                "image_shape must be (height, width, channels) with 1 or 3 channels, "
                f"not {image_shape}."
            )
        known = _picture_formats()
        known = {ending for endings in known.values() for ending in endings}
        files = (file for file in Path(path).rglob("*") if file.suffix.lower() in known)
        self.files = np.array(sorted(str(file) for file in files if file.is_file()))
        self.image_shape = tuple(image_shape)
        if not len(self.files):
            raise ValueError(f"The folder {str(path)!r} holds no picture.")

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
        return np.stack([self._decode(file) for file in chosen])

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
                image = ImageOps.exif_transpose(image)
                if image.mode.startswith("I"):  # 16 bits a pixel
                    image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
                image = image.convert("L" if channels == 1 else "RGB")
                image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
        except Exception as error:  # of many kinds, by the format
            raise ValueError(f"{file} cannot be read as a picture ({error}).") from error
        return np.asarray(image).reshape(self.image_shape)


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


# === Points in the plane ===

TOYS = ("8-gaussians", "25-gaussians", "swiss-roll")


def toy_points(name, count, seed=0):
    """Draws points from one of three known distributions in the plane.

    Args:
        name: `"8-gaussians"` in a ring, `"25-gaussians"` in a grid, or `"swiss-roll"`.
        count: Number of points.
        seed: Fixes the points.

    Returns:
        float32 array `(count, 2)`, about within [-1, 1].

    Raises:
        ValueError: Unknown name.

    Reference:
        Gulrajani et al. (2017), figure 1, after Metz et al. (2016).
    """
    rng = np.random.default_rng(seed)
    modes, spread = toy_modes(name)
    if len(modes):
        points = modes[rng.integers(len(modes), size=count)]
    else:
        turns, spread = rng.uniform(1.5, 4.5, count) * np.pi, 0.02
        points = np.c_[np.cos(turns), np.sin(turns)] * turns[:, None] / (4.5 * np.pi) * 0.95
    return (points + rng.normal(0, spread, (count, 2))).astype(np.float32)


def toy_modes(name):
    """Centres `(modes, 2)` of a toy distribution and their standard deviation.

    The Swiss roll has none: its array is empty.
    """
    if name == "8-gaussians":
        angles = np.arange(8) * np.pi / 4
        return 0.8 * np.c_[np.cos(angles), np.sin(angles)], 0.02
    if name == "25-gaussians":
        places = np.linspace(-0.8, 0.8, 5)
        return np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2), 0.02
    if name == "swiss-roll":
        return np.empty((0, 2)), 0.0
    raise ValueError(f"No toy distribution {name!r}: expected one of {', '.join(TOYS)}.")


# === Pipelines ===


def training_data(images, batch_size, n_critic=1, seed=0, start=0, part=(0, 1)):
    """An endless stream of shuffled batches whose order depends on (seed, step) alone.

    Each epoch is a fresh permutation of all images, and epochs follow each other
    without a gap, so that no image is ever left out. Since batch `step` can be worked
    out without those before it, a stopped training continues exactly where it was.

    Tell `fit` how many steps make an epoch: `steps_per_epoch=steps_per_epoch(...)`.

    Args:
        images: Images `(N, H, W, C)`, uint8 or floats in [-1, 1]: an array or an
            `ImageFolder`.
        batch_size: Images for each critic step.
        n_critic: Critic steps for each generator step; a batch holds
            `n_critic * batch_size` images, which `WGAN.train_step` deals out.
        seed: Non-negative integer that fixes the order.
        start: Generator step at which the stream begins.
        part: `(i, n)`: of every batch, the i-th of n equal parts only, as the i-th of n
            workers needs it.

    Returns:
        A `tf.data.Dataset` of tensors `(n_critic * batch_size // n, H, W, C)`, of the
        images' dtype. Its attribute `arguments` holds these arguments but `part` by name,
        so that the stream can be made again from another step, or of another part.

    Raises:
        ValueError: `batch_size`, `n_critic` or `seed` is out of range, there are no
            images, or a batch has no n equal parts.
    """
    import tensorflow as tf

    if min(batch_size, n_critic, len(images)) < 1 or min(seed, start) < 0:
        raise ValueError(
            "training_data needs at least 1 image, batch_size and n_critic of at least "
            f"1, seed and start of at least 0; received {len(images)} images, "
            f"batch_size={batch_size}, n_critic={n_critic}, seed={seed}, start={start}."
        )
    size, count = n_critic * batch_size, len(images)
    index, parts = part
    if size % parts:
        raise ValueError(
            f"A batch of n_critic * batch_size = {size} images does not divide into "
            f"{parts} equal parts: choose a batch_size that does."
        )
    own = size // parts

    @functools.lru_cache(maxsize=2)
    def permutation(epoch):
        return np.random.default_rng([seed, epoch]).permutation(count)

    def batch(step):
        first = step * size + index * own
        epochs, places = np.divmod(np.arange(first, first + own), count)
        return images[
            np.concatenate([permutation(e)[places[epochs == e]] for e in np.unique(epochs)])
        ]

    def load(step):
        pixels = tf.numpy_function(batch, [step], images.dtype, stateful=False)
        return tf.ensure_shape(pixels, (own, *images.shape[1:]))

    steps = tf.data.Dataset.counter(start)
    stream = _without_autotuning(steps.map(load).prefetch(2))
    stream.arguments = {
        "images": images,
        "batch_size": batch_size,
        "n_critic": n_critic,
        "seed": seed,
        "start": start,
    }
    return stream


def evaluation_data(images, batch_size):
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


def steps_per_epoch(images, batch_size, n_critic=1):
    """Generator steps in which `training_data` sees about every image once (≥ 1)."""
    return max(1, len(images) // (n_critic * batch_size))


def _without_autotuning(dataset):
    """With autotuning, dropping an iterator waits for a thread that sleeps for seconds."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
