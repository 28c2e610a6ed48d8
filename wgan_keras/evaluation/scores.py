"""How good generated pictures are, beside as many real ones.

Each measure is also taken of real images: the floor, which a perfect generator would reach.
"""

import numpy as np

from wgan_keras.data.images import load_images
from wgan_keras.errors import UserError
from wgan_keras.evaluation.classifier import Classifier
from wgan_keras.evaluation.metrics import class_shares
from wgan_keras.evaluation.metrics import density_coverage
from wgan_keras.evaluation.metrics import flatten_pixels
from wgan_keras.evaluation.metrics import frechet_distance
from wgan_keras.evaluation.metrics import kernel_distance
from wgan_keras.evaluation.metrics import nearest_training_images
from wgan_keras.evaluation.metrics import precision_recall
from wgan_keras.theory.distances import sliced_wasserstein
from wgan_keras.theory.distances import total_variation


class Evaluator:
    """Scores pictures against one set of real images.

    Args:
        classifier: A `Classifier`.
        real: uint8 images `(N, H, W, C)`.
    """

    def __init__(self, classifier: Classifier, real: np.ndarray):
        self.classifier, self.real = classifier, real
        self.features, self.classes = classifier(real)

    def frechet_distance(self, images: np.ndarray) -> float:
        """The Fréchet distance alone, of images as `Classifier` takes them."""
        return frechet_distance(self.features, self.classifier(images)[0])

    def score(self, images: np.ndarray) -> dict[str, float]:
        """All measures of a set of images.

        Args:
            images: `(M, H, W, C)`, as `Classifier` takes them; as many as there are real
                ones, where scores are to be compared.

        Returns:
            Dict of floats:

            - `frechet_distance`, `kernel_distance`: 0 is best;
            - `precision`, `recall`, `coverage`, in [0, 1], and `density`: large is good;
            - `sliced_wasserstein`: of pixels in [0, 1], 0 is best;
            - `classes_missed`: classes with less than a tenth of their share in the
              real images, as the classifier sees them;
            - `class_imbalance`: total variation distance of the classes' shares, in
              [0, 1].
        """
        features, classes = self.classifier(images)
        precision, recall = precision_recall(self.features, features)
        density, coverage = density_coverage(self.features, features)
        shares = class_shares(classes), class_shares(self.classes)
        return {
            "frechet_distance": frechet_distance(self.features, features),
            "kernel_distance": kernel_distance(self.features, features),
            "precision": precision,
            "recall": recall,
            "density": density,
            "coverage": coverage,
            "sliced_wasserstein": sliced_wasserstein(
                flatten_pixels(images), flatten_pixels(self.real)
            ),
            "classes_missed": float((shares[0] < shares[1] / 10).sum()),
            "class_imbalance": total_variation(*shares),
        }


def evaluate(draw, dataset, count=10_000, sets=3, data_dir=None):
    """Scores a generator, and as many real images, against a data set's test images.

    Each measure is taken of several disjoint sets, whose standard deviation is its spread.
    (Drawing again from one set, a bootstrap, would repeat pictures, and bias it.)

    Args:
        draw: Function from 0, 1, … to that set of `count` pictures, as `Classifier` takes
            them, disjoint from the others.
        dataset: `"mnist"` or `"fashion-mnist"`.
        count: Pictures in a set, at most as many as there are test images.
        sets: Number of sets, at least 1.
        data_dir: As in `load_images`.

    Returns:
        Dict: `dataset`, `count`, `sets`; `classifier`, what its description says;
        `scores`, for each measure of `Evaluator.score` a dict of `generated` and `real`,
        lists of one value for each set; `nearest`, the median distance to the nearest
        training image, of 1,000 pictures and of 1,000 test images.

    Raises:
        ValueError: There are not so many images, or no classifier for the data set.
    """
    classifier = Classifier.shipped(dataset)
    training = load_images(dataset, "train", data_dir)
    test = load_images(dataset, "test", data_dir)
    most = min(len(test), len(training) // sets)
    if not 10 <= count <= most:
        raise UserError(
            f"{sets} sets of {count} pictures cannot be compared with {len(test)} test and "
            f"{len(training)} training images: choose a number from 10 to {most}."
        )
    evaluator = Evaluator(classifier, test[:count])
    generated = [draw(index) for index in range(sets)]
    real = [training[index * count :][:count] for index in range(sets)]
    rows = {
        "generated": [evaluator.score(images) for images in generated],
        "real": [evaluator.score(images) for images in real],
    }
    some = {"generated": generated[0][:1000], "real": test[:1000]}
    return {
        "dataset": dataset,
        "count": count,
        "sets": sets,
        "classifier": classifier.about,
        "scores": {
            name: {kind: [row[name] for row in rows[kind]] for kind in rows}
            for name in rows["generated"][0]
        },
        "nearest": {
            kind: float(np.median(nearest_training_images(images, training)[1]))
            for kind, images in some.items()
        },
    }
