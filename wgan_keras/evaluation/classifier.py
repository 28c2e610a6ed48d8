"""The classifiers that come with the package, in whose features pictures are compared."""

import functools
import os
from pathlib import Path

import keras
import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.files import checksum
from wgan_keras.files import read_json

SCORED = ("mnist", "fashion-mnist")  # data sets that there is a classifier for


class Classifier:
    """A small trained network, in whose features pictures are compared.

    Args:
        path: A `.keras` file, read in Keras' safe mode, with a layer named `features`,
            from pixels in [0, 255] to logits; beside it a `.json` file with
            `test_accuracy` and `sha256`.

    Raises:
        ValueError: The file is not the one that its description names.
    """

    def __init__(self, path: str | os.PathLike):
        path = Path(path)
        self.about = read_json(path.with_suffix(".json"))
        found = checksum(path)
        if found != self.about.get("sha256"):
            raise UserError(
                f"{path} has the SHA-256 {found}, but {path.with_suffix('.json').name} "
                f"says {self.about.get('sha256')}: scores would not compare; install the "
                "package anew."
            )
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
        features = network.get_layer("features").output
        self.network = keras.Model(network.input, [features, network.output])

    @classmethod
    @functools.cache
    def shipped(cls, dataset: str) -> "Classifier":
        """The classifier of `"mnist"` or `"fashion-mnist"`.

        Raises:
            ValueError: The package has none for `dataset`.
        """
        if dataset not in SCORED:
            raise UserError(
                f"Pictures of {dataset!r} cannot be scored: there are classifiers for "
                f"{' and '.join(SCORED)} only."
            )
        return cls(Path(__file__).parent / "classifiers" / f"{dataset}.keras")

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features and predicted classes.

        Args:
            images: `(N, H, W, C)`, uint8, or floats in [0, 1], which are rounded to 256
                levels, as real images are.

        Returns:
            `(features, classes)`: float32 `(N, D)`, int64 `(N,)`.

        Raises:
            ValueError: The images' shape or range is wrong.
        """
        images = np.asarray(images)
        expected = self.network.input_shape[1:]
        if images.shape[1:] != expected or not len(images):
            raise UserError(
                f"Expected images of shape (N, {', '.join(map(str, expected))}), as the "
                f"classifier was trained on, not {images.shape}."
            )
        if images.dtype != np.uint8:
            if not (images.min() >= 0 and images.max() <= 1):  # NaN fails both
                raise UserError(
                    "Images given as floats must lie in [0, 1], and these range from "
                    f"{images.min()} to {images.max()}; scale them, or pass uint8."
                )
            images = np.rint(255 * images).astype(np.uint8)
        features, logits = self.network.predict(images, batch_size=500, verbose=0)
        return features, logits.argmax(axis=1)
