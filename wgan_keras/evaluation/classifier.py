"""Classifiers in whose features pictures are compared: shipped, or trained on the spot."""

import functools
import os
from pathlib import Path

import keras
import numpy as np
from keras import layers

from wgan_keras.errors import UserError
from wgan_keras.evaluation.extractors import FeatureExtractor
from wgan_keras.evaluation.extractors import weights_checksum
from wgan_keras.files import checksum
from wgan_keras.files import read_json

SCORED = ("mnist", "fashion-mnist")  # data sets that the package has a classifier for
BATCH_SIZE, STEPS = 64, 600  # of the training on the spot


class Classifier(FeatureExtractor):
    """A small trained network, in whose features pictures are compared.

    Args:
        path: A `.keras` file, read in Keras' safe mode, with a layer named `features`,
            from pixels in [0, 255] to logits; beside it a `.json` file with
            `test_accuracy` and `sha256`.

    Raises:
        ValueError: The file is not the one that its description names.
    """

    kind = "classifier"

    def __init__(self, path: str | os.PathLike):
        path = Path(path)
        about = read_json(path.with_suffix(".json"))
        found = checksum(path)
        if found != about.get("sha256"):
            raise UserError(
                f"{path} has the SHA-256 {found}, but {path.with_suffix('.json').name} "
                f"says {about.get('sha256')}: scores would not compare; install the "
                "package anew."
            )
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
        super().__init__(_with_features(network), about)

    @classmethod
    @functools.cache
    def shipped(cls, dataset: str) -> "Classifier":
        """The classifier of `"mnist"` or `"fashion-mnist"`.

        Raises:
            ValueError: The package has none for `dataset`.
        """
        if dataset not in SCORED:
            raise UserError(
                f"The package has no classifier for {dataset!r}: there are classifiers for "
                f"{' and '.join(SCORED)} only."
            )
        return cls(Path(__file__).parent / "classifiers" / f"{dataset}.keras")


class TrainedClassifier(FeatureExtractor):
    """A small classifier that is trained on the spot, from the labels of any images.

    The training is the same every time: 600 steps of 64 images, seed 0. Its accuracy on
    held-out images says how much its features know of the classes.

    Args:
        images: uint8 `(N, H, W, C)`.
        labels: Integers `(N,)` from 0.
        held_out: uint8 `(M, H, W, C)`, for the accuracy.
        held_out_labels: Integers `(M,)` from 0.
    """

    kind = "trained_classifier"

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        held_out: np.ndarray,
        held_out_labels: np.ndarray,
    ):
        keras.utils.set_random_seed(0)
        classes = 1 + int(max(labels.max(), held_out_labels.max()))
        network = build_classifier(images.shape[1:], width=16, classes=classes)
        rate = keras.optimizers.schedules.CosineDecay(2e-3, STEPS)
        network.compile(
            keras.optimizers.AdamW(rate, weight_decay=1e-3),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        rng = np.random.default_rng(0)
        for _ in range(STEPS):
            batch = rng.integers(len(images), size=BATCH_SIZE)
            network.train_on_batch(images[batch], labels[batch])
        super().__init__(_with_features(network), {})
        self.about = {
            "test_accuracy": float((self(held_out)[1] == held_out_labels).mean()),
            "sha256": weights_checksum(network),
            "classes": classes,
            "training": {"images": len(images), "steps": STEPS, "seed": 0},
        }


def build_classifier(image_shape, width, classes=10):
    """Five convolutions, then the mean over all places: the features, 6 × `width`.

    Args:
        image_shape: `(height, width, channels)`.
        width: Channels of the first convolution.
        classes: Number of classes.

    Returns:
        A `keras.Model` from uint8 or float pixels in [0, 255] to float32 logits
        `(N, classes)`, with a layer named `features`.
    """
    images = keras.Input(image_shape, name="images")
    x = layers.Rescaling(1 / 255)(images)
    for channels, strides in ((1, 1), (2, 2), (3, 1), (4, 2), (6, 1)):
        x = layers.Conv2D(
            channels * width, 3, strides=strides, padding="same", use_bias=False
        )(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
    x = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(classes, name="logits")(layers.Dropout(0.3)(x))
    return keras.Model(images, logits, name="classifier")


def _with_features(network):
    features = network.get_layer("features").output
    return keras.Model(network.input, [features, network.output])
