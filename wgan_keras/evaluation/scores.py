"""How good generated pictures are, beside as many real ones.

Each measure is also taken of real images: the floor, which a perfect generator would reach.
"""

import functools
import os
from collections.abc import Callable

import numpy as np

from wgan_keras.data.images import has_labels
from wgan_keras.data.images import load_images
from wgan_keras.data.images import load_labels
from wgan_keras.errors import UserError
from wgan_keras.evaluation.classifier import SCORED
from wgan_keras.evaluation.classifier import Classifier
from wgan_keras.evaluation.classifier import TrainedClassifier
from wgan_keras.evaluation.extractors import FeatureExtractor
from wgan_keras.evaluation.extractors import RandomNetwork
from wgan_keras.evaluation.metrics import class_shares
from wgan_keras.evaluation.metrics import density_coverage
from wgan_keras.evaluation.metrics import flatten_pixels
from wgan_keras.evaluation.metrics import frechet_distance
from wgan_keras.evaluation.metrics import kernel_distance
from wgan_keras.evaluation.metrics import nearest_training_images
from wgan_keras.evaluation.metrics import precision_recall
from wgan_keras.theory.distances import sliced_wasserstein
from wgan_keras.theory.distances import total_variation

MIN_COUNT = 10  # pictures of a set, whose nearest neighbours are looked for
MAX_LABELLED = 20_000  # images for a classifier that is trained on the spot


class Evaluator:
    """Scores pictures against one set of real images.

    Args:
        extractor: A `Classifier`, a `RandomNetwork`, or any function from images to
            `(features, classes)`: `(N, D)`, and `(N,)` or `None`.
        real: uint8 images `(N, H, W, C)`.

    Example:

    >>> from wgan_keras import Evaluator, RandomNetwork, load_images
    >>> images = load_images("digits")
    >>> evaluator = Evaluator(RandomNetwork((28, 28, 1)), images[:500])
    >>> evaluator.score(images[:500])["coverage"]
    1.0
    """

    def __init__(
        self,
        extractor: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]],
        real: np.ndarray,
    ):
        self.extractor, self.real = extractor, real

    @functools.cached_property
    def _extracted(self):
        return self.extractor(self.real)

    @property
    def features(self) -> np.ndarray:
        """Features `(N, D)` of the real images, which are extracted when first needed."""
        return self._extracted[0]

    @property
    def classes(self) -> np.ndarray | None:
        """Classes `(N,)` of the real images, where the extractor predicts any."""
        return self._extracted[1]

    def frechet_distance(self, images: np.ndarray) -> float:
        """The Fréchet distance alone, of images as the extractor takes them."""
        return frechet_distance(self.features, self.extractor(images)[0])

    def score(self, images: np.ndarray) -> dict[str, float]:
        """All measures of a set of images.

        Args:
            images: `(M, H, W, C)`, as the extractor takes them; as many as there are real
                ones, where scores are to be compared.

        Returns:
            Dict of floats:

            - `frechet_distance`, `kernel_distance`: 0 is best;
            - `precision`, `recall`, `coverage`, in [0, 1], and `density`: large is good;
            - `sliced_wasserstein`: of pixels in [0, 1], 0 is best;
            - where the extractor predicts classes, `classes_missed`: classes with less
              than a tenth of their share in the real images, as it sees them;
            - and `class_imbalance`: total variation distance of the classes' shares, in
              [0, 1].
        """
        features, classes = self.extractor(images)
        precision, recall = precision_recall(self.features, features)
        density, coverage = density_coverage(self.features, features)
        scores = {
            "frechet_distance": frechet_distance(self.features, features),
            "kernel_distance": kernel_distance(self.features, features),
            "precision": precision,
            "recall": recall,
            "density": density,
            "coverage": coverage,
            "sliced_wasserstein": sliced_wasserstein(
                flatten_pixels(images), flatten_pixels(self.real)
            ),
        }
        if classes is None:
            return scores
        count = 1 + max(classes.max(), self.classes.max())
        shares = class_shares(classes, count), class_shares(self.classes, count)
        return scores | {
            "classes_missed": float((shares[0] < shares[1] / 10).sum()),
            "class_imbalance": total_variation(*shares),
        }


class RealImages:
    """The real images of a data set, and the features in which pictures are compared.

    For MNIST and Fashion-MNIST, the features come from the package's own classifiers.
    Other images with labels get a classifier that is trained on the spot, and images
    without labels a fixed random network. The training on the spot uses half of the
    training images; the real scores are taken of the other half, which the classifier
    has never seen.

    Args:
        dataset: As in `load_images`.
        image_shape: `(height, width, channels)` of the pictures that are to be compared:
            those of a folder are converted to it.
        data_dir: As in `load_images`.

    Raises:
        ValueError: The images have another shape than the pictures.
    """

    def __init__(
        self,
        dataset: str | os.PathLike,
        image_shape: tuple[int, int, int],
        data_dir: str | os.PathLike | None = None,
    ):
        self.dataset, self.data_dir = str(dataset), data_dir
        self.training, self.test = (
            load_images(self.dataset, split, data_dir, image_shape)
            for split in ("train", "test")
        )
        if self.test.shape[1:] != tuple(image_shape):
            raise UserError(
                f"The pictures have the shape {tuple(image_shape)}, but the real images "
                f"of {self.dataset!r} have {self.test.shape[1:]}: compare pictures with "
                "images of their own shape."
            )
        orders = [np.arange(len(images)) for images in (self.training, self.test)]
        self.is_labelled = self.dataset not in SCORED and has_labels(self.dataset)
        if self.dataset not in SCORED:  # a folder's pictures are sorted by their names
            orders = [np.random.default_rng(0).permutation(order) for order in orders]
        half = len(self.training) // 2 if self.is_labelled else 0
        self.labelled, self.unseen = orders[0][:half][:MAX_LABELLED], orders[0][half:]
        self.test_order = orders[1]

    @functools.cached_property
    def extractor(self) -> FeatureExtractor:
        """The network in whose features pictures are compared."""
        if self.dataset in SCORED:
            return Classifier.shipped(self.dataset)
        if not self.is_labelled:
            return RandomNetwork(self.test.shape[1:])
        held_out = self.test_order[:MAX_LABELLED]
        return TrainedClassifier(
            self.training[self.labelled],
            load_labels(self.dataset, "train", self.data_dir)[self.labelled],
            self.test[held_out],
            load_labels(self.dataset, "test", self.data_dir)[held_out],
        )

    def largest_count(self, sets: int) -> int:
        """The most pictures that each of so many sets can have.

        Raises:
            ValueError: There are too few images for any set.
        """
        most = min(len(self.test), len(self.unseen) // sets)
        if most < MIN_COUNT:
            raise UserError(
                f"{sets} sets need at least {MIN_COUNT} test images and {MIN_COUNT * sets} "
                f"others, and {self.dataset!r} has {len(self.test)} and {len(self.unseen)} "
                "to compare with: add images, or compare fewer sets."
            )
        return most

    def evaluate(self, draw: Callable[[int], np.ndarray], count: int, sets: int) -> dict:
        """Scores a generator beside as many real images: see `evaluate`."""
        most = self.largest_count(sets)
        if not MIN_COUNT <= count <= most:
            raise UserError(
                f"{sets} sets of {count} pictures cannot be compared with {len(self.test)} "
                f"test and {len(self.unseen)} training images: choose a number from "
                f"{MIN_COUNT} to {most}."
            )
        test = self.test[self.test_order[:count]]
        evaluator = Evaluator(self.extractor, test)
        generated = [draw(index) for index in range(sets)]
        rows = {
            "generated": [evaluator.score(images) for images in generated],
            "real": [
                evaluator.score(self.training[self.unseen[index * count :][:count]])
                for index in range(sets)
            ],
        }
        some = {"generated": generated[0][:1000], "real": test[:1000]}
        return {
            "dataset": self.dataset,
            "count": count,
            "sets": sets,
            self.extractor.kind: self.extractor.about,
            "scores": {
                name: {kind: [row[name] for row in rows[kind]] for kind in rows}
                for name in rows["generated"][0]
            },
            "nearest": {
                kind: float(np.median(nearest_training_images(images, self.training)[1]))
                for kind, images in some.items()
            },
        }


def evaluate(draw, dataset, count=10_000, sets=3, data_dir=None, image_shape=(28, 28, 1)):
    """Scores a generator, and as many real images, against a data set's test images.

    Each measure is taken of several disjoint sets, whose standard deviation is its spread.
    (Drawing again from one set, a bootstrap, would repeat pictures, and bias it.)

    Args:
        draw: Function from 0, 1, … to that set of `count` pictures, uint8 or floats in
            [0, 1], disjoint from the others.
        dataset: As in `load_images`.
        count: Pictures in a set, at most as many as there are test images.
        sets: Number of sets, at least 1.
        data_dir: As in `load_images`.
        image_shape: `(height, width, channels)` of the pictures.

    Returns:
        Dict: `dataset`, `count`, `sets`; what is known of the features, as `classifier`,
        `trained_classifier` or `random_network`; `scores`, for each measure of
        `Evaluator.score` a dict of `generated` and `real`, lists of one value for each
        set; `nearest`, the median distance to the nearest training image, of 1,000
        pictures and of 1,000 test images.

    Raises:
        ValueError: There are not so many images, or theirs is another shape.
    """
    return RealImages(dataset, image_shape, data_dir).evaluate(draw, count, sets)
