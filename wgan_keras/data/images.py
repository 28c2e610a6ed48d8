"""Images and labels: the name of a data set or a path goes in, uint8 arrays come out.

Images stay uint8 in memory, a byte a pixel; the models scale each batch to [-1, 1] inside
their compiled step.
"""

import math
import os
from pathlib import Path

import numpy as np

from wgan_keras.data.folder import ImageFolder
from wgan_keras.data.readers import array_names
from wgan_keras.data.readers import check_images
from wgan_keras.data.readers import read_array
from wgan_keras.data.readers import read_idx
from wgan_keras.errors import UserError

NAMES = ("digits", "mnist", "fashion-mnist")
SPLITS = {"train": "train", "test": "t10k"}  # split: how the IDX files spell it
STREAM_ABOVE = 2**29  # bytes of decoded images beyond which a folder is not read whole


# === Images and labels ===


def load_images(
    name: str | os.PathLike,
    split: str = "train",
    data_dir: str | os.PathLike | None = None,
    image_shape: tuple[int, int, int] = (32, 32, 3),
) -> np.ndarray | ImageFolder:
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
        raise UserError(f"split must be 'train' or 'test', not {split!r}.")
    if name == "digits":
        return _hold_out(_digits()[0], split)
    if name in NAMES:
        return _load_mnist_like(name, split, data_dir)[0]
    path = Path(name)
    if path.is_dir():
        return _load_folder(path, split, image_shape)
    if path.suffix in (".npy", ".npz") and path.is_file():
        return _load_array_file(path, split)
    raise UserError(
        f"No data set {str(name)!r}: expected one of {', '.join(NAMES)}, a folder of "
        "images, or a .npy or .npz file; check the spelling and the path."
    )


def has_labels(name: str | os.PathLike) -> bool:
    """Whether `load_labels` knows the classes of a data set's images.

    Args:
        name: As in `load_images`.
    """
    return name in NAMES or (Path(name).is_dir() and bool(_class_names(Path(name))))


def load_labels(
    name: str | os.PathLike,
    split: str = "train",
    data_dir: str | os.PathLike | None = None,
) -> np.ndarray:
    """Loads the class labels of a data set.

    A folder's classes are its subfolders, or those of its `train` and `test`, counted
    from 0 in the order of their names. There must be at least two, and no picture
    beside them.

    Args:
        name: `"digits"`, `"mnist"`, `"fashion-mnist"`, or a folder of folders of images.
        split: `"train"` or `"test"`.
        data_dir: As in `load_images`.

    Returns:
        Labels of shape `(N,)`, in the order of `load_images`: uint8 in 0–9, or, of a
        folder, int64.

    Raises:
        ValueError: The data set has no labels, or its label file is damaged.
        FileNotFoundError: The data set, or its label file, is not there.
    """
    if split not in SPLITS:
        raise UserError(f"split must be 'train' or 'test', not {split!r}.")
    if name == "digits":
        return _hold_out(_digits()[1], split)
    if not has_labels(name):
        raise UserError(
            f"{str(name)!r} has no labels: only {', '.join(NAMES)} have, and folders with "
            "a subfolder of pictures for each of at least two classes."
        )
    if name not in NAMES:
        return np.searchsorted(_class_names(Path(name)), _subfolders(Path(name), split))
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
        raise UserError(
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
        raise UserError(
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
            raise UserError(
                f"{labels_file} holds {len(labels)} labels, but {images_file.name} "
                f"holds {len(images)} images; fetch both files anew."
            )
        return images, labels
    archive = folder / f"{name}.npz"
    if archive.is_file():
        images = check_images(read_array(archive, f"x_{split}"), archive)
        labels = read_array(archive, f"y_{split}")
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise UserError(
                f"{archive}: expected {len(images)} labels, a whole number for each image, "
                f"found an array of {labels.dtype} of shape {labels.shape}."
            )
        return images, labels.astype(np.uint8)
    return None


def _existing(path):
    candidates = (path, path.with_name(path.name + ".gz"))
    return next((file for file in candidates if file.is_file()), None)


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
    return check_images(images, f"Keras' {name}"), labels


# === Arrays and folders ===


def _load_array_file(path, split):
    names = array_names(path)
    if f"x_{split}" in names:
        return check_images(read_array(path, f"x_{split}"), path)
    if len(names) != 1:
        raise UserError(
            f"{path}: expected an array 'x_{split}', or one array alone, found "
            f"{sorted(names)}."
        )
    return _hold_out(check_images(read_array(path, names[0]), path), split)


def _load_folder(path, split, image_shape):
    folder = _open_folder(path, split, image_shape)[1]
    return folder if math.prod(folder.shape) > STREAM_ABOVE else folder[:]


def _open_folder(path, split, image_shape):
    """The folder below which a split's pictures lie, and these as an `ImageFolder`."""
    if (path / "train").is_dir() and (path / "test").is_dir():
        return path / split, ImageFolder(path / split, image_shape)
    folder = ImageFolder(path, image_shape)
    return path, folder.select(_hold_out(np.arange(len(folder)), split))


def _subfolders(path, split):
    """For each picture of a split, the name of its subfolder; `""` where it has none."""
    root, folder = _open_folder(path, split, (1, 1, 1))  # no picture is decoded
    parts = [Path(file).relative_to(root).parts for file in folder.files]
    return [first if below else "" for first, *below in parts]


def _class_names(path):
    """Sorted names of a folder's classes; none where its pictures have no labels."""
    names = sorted({name for split in SPLITS for name in _subfolders(path, split)})
    return names if "" not in names and len(names) > 1 else []
