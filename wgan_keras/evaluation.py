"""How good made pictures are: distances, coverage and copying, beside those of real ones.

Pictures are compared in the features of a small classifier that comes with the package,
one for each data set. Each measure is also taken of as many real images, its floor:
what a perfect generator would score.
"""

import functools
from pathlib import Path

import keras
import numpy as np

from wgan_keras.datasets import load_images
from wgan_keras.distances import sliced_wasserstein
from wgan_keras.distances import total_variation
from wgan_keras.files import checksum
from wgan_keras.files import read_json

SCORED = ("mnist", "fashion-mnist")  # data sets that there is a classifier for
ROWS = 1000  # of a matrix of pairs that are held in memory at once

# === Measures on features ===


def frechet_distance(x, y):
    """Fréchet distance of two samples, each taken for a Gaussian.

    ‖μ_x − μ_y‖² + tr(Σ_x + Σ_y − 2 (Σ_x Σ_y)^½): the squared Earth-Mover distance of the
    second order between the two Gaussians. It is biased upwards in small samples, so only
    samples of one size compare.

    Args:
        x: Features `(N, D)`.
        y: Features `(M, D)`.

    Returns:
        Float ≥ 0.

    Reference:
        Heusel et al. (2017), "GANs Trained by a Two Time-Scale Update Rule Converge to a
        Local Nash Equilibrium", equation 6.
    """
    (mean_x, covariance_x), (mean_y, covariance_y) = _moments(x), _moments(y)
    values, vectors = np.linalg.eigh(covariance_x)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    # (Σ_x Σ_y)^½ has the eigenvalues of (Σ_x^½ Σ_y Σ_x^½)^½, which is symmetric.
    product = np.linalg.eigvalsh(root @ covariance_y @ root)
    overlap = np.sqrt(np.maximum(product, 0)).sum()
    spread = np.trace(covariance_x) + np.trace(covariance_y) - 2 * overlap
    return max(float(((mean_x - mean_y) ** 2).sum() + spread), 0.0)


def _moments(x):
    x = np.asarray(x, np.float64)
    return x.mean(axis=0), np.cov(x, rowvar=False).reshape(x.shape[1], x.shape[1])


def kernel_distance(x, y):
    """Squared maximum mean discrepancy under the kernel (x·y / D + 1)³, unbiased.

    Unbiased means that it is 0 on average where both samples come from one distribution,
    and so a little below 0 at times.

    Args:
        x: Features `(N, D)`, N ≥ 2.
        y: Features `(M, D)`, M ≥ 2.

    Returns:
        Float.

    Reference:
        Bińkowski et al. (2018), "Demystifying MMD GANs", section 4 and equation 4.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)

    def total(a, b):
        return sum(
            ((a[i : i + ROWS] @ b.T / a.shape[1] + 1) ** 3).sum()
            for i in range(0, len(a), ROWS)
        )

    def diagonal(a):
        return (((a**2).sum(axis=1) / a.shape[1] + 1) ** 3).sum()

    within = ((total(a, a) - diagonal(a)) / (len(a) * (len(a) - 1)) for a in (x, y))
    return float(sum(within) - 2 * total(x, y) / (len(x) * len(y)))


def precision_recall(real, made, neighbours=3):
    """Precision, the share of made pictures among the real; recall, the other way round.

    "Among": within the distance of some picture to its k-th nearest neighbour of the same
    kind.

    Args:
        real: Features `(N, D)`, N > `neighbours`.
        made: Features `(M, D)`, M > `neighbours`.
        neighbours: k.

    Returns:
        `(precision, recall)`, each in [0, 1].

    Reference:
        Kynkäänniemi et al. (2019), "Improved Precision and Recall Metric for Assessing
        Generative Models", equations 1 and 2.
    """
    return (
        float((_balls_around(real, made, neighbours) > 0).mean()),
        float((_balls_around(made, real, neighbours) > 0).mean()),
    )


def density_coverage(real, made, neighbours=5):
    """Density: in how many real balls a made picture lies; coverage: of how many any does.

    A real picture's ball reaches to its k-th nearest real neighbour. Density is divided
    by k and so about 1 for real pictures, and may exceed it. Unlike recall, coverage is
    not fooled by a few made outliers, around which the balls are large.

    Args:
        real: Features `(N, D)`, N > `neighbours`.
        made: Features `(M, D)`.
        neighbours: k.

    Returns:
        `(density, coverage)`, at least 0, and in [0, 1].

    Reference:
        Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative
        Models", equations 4 and 5.
    """
    density = _balls_around(real, made, neighbours).mean() / neighbours
    nearest = _nearest_distances(real, made)
    return float(density), float((nearest <= _radii(real, neighbours)).mean())


def _radii(points, neighbours):
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(points)
    return search.kneighbors()[0][:, -1]  # without arguments: a point is not its own


def _nearest_distances(points, others):
    """For each of `points`, the distance to the nearest of `others`."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(others)
    return search.kneighbors(points)[0][:, 0]


def _balls_around(centres, points, neighbours):
    """For each of `points`, in how many of the centres' balls it lies."""
    from sklearn.metrics import pairwise_distances_chunked

    radii = _radii(centres, neighbours)
    return np.concatenate(
        list(
            pairwise_distances_chunked(
                points, centres, reduce_func=lambda d, _: (d <= radii).sum(axis=1)
            )
        )
    )


# === The classifiers that come with the package ===


class Classifier:
    """A small trained network, in whose features pictures are compared.

    Args:
        path: A `.keras` file, read in Keras' safe mode, with a layer named `features`,
            from pixels in [0, 255] to logits; beside it a `.json` file with
            `test_accuracy` and `sha256`.

    Raises:
        ValueError: The file is not the one that its description names.
    """

    def __init__(self, path):
        path = Path(path)
        self.about = read_json(path.with_suffix(".json"))
        found = checksum(path)
        if found != self.about.get("sha256"):
            raise ValueError(
                f"{path} has the SHA-256 {found}, but {path.with_suffix('.json').name} "
                f"says {self.about.get('sha256')}: scores would not compare; install the "
                "package anew."
            )
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
        features = network.get_layer("features").output
        self.network = keras.Model(network.input, [features, network.output])

    @classmethod
    @functools.cache
    def shipped(cls, dataset):
        """The classifier of `"mnist"` or `"fashion-mnist"`.

        Raises:
            ValueError: The package has none for `dataset`.
        """
        if dataset not in SCORED:
            raise ValueError(
                f"Pictures of {dataset!r} cannot be scored: there are classifiers for "
                f"{' and '.join(SCORED)} only."
            )
        return cls(Path(__file__).parent / "classifiers" / f"{dataset}.keras")

    def __call__(self, images):
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
            raise ValueError(
                f"Expected images of shape (N, {', '.join(map(str, expected))}), as the "
                f"classifier was trained on, not {images.shape}."
            )
        if images.dtype != np.uint8:
            if not (images.min() >= 0 and images.max() <= 1):  # NaN fails both
                raise ValueError(
                    "Images given as floats must lie in [0, 1], and these range from "
                    f"{images.min()} to {images.max()}; scale them, or pass uint8."
                )
            images = np.rint(255 * images).astype(np.uint8)
        features, logits = self.network.predict(images, batch_size=500, verbose=0)
        return features, logits.argmax(axis=1)


# === Scores ===


class Evaluator:
    """Scores pictures against one set of real images.

    Args:
        classifier: A `Classifier`.
        real: uint8 images `(N, H, W, C)`.
    """

    def __init__(self, classifier, real):
        self.classifier, self.real = classifier, real
        self.features, self.classes = classifier(real)

    def frechet_distance(self, images):
        """The Fréchet distance alone, of images as `Classifier` takes them."""
        return frechet_distance(self.features, self.classifier(images)[0])

    def score(self, images):
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
            "sliced_wasserstein": sliced_wasserstein(_flat(images), _flat(self.real)),
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
        `scores`, for each measure of `Evaluator.score` a dict of `made` and `real`, lists
        of one value for each set; `nearest`, the median distance to the nearest training
        image, of 1,000 pictures and of 1,000 test images.

    Raises:
        ValueError: There are not so many images, or no classifier for the data set.
    """
    classifier = Classifier.shipped(dataset)
    training = load_images(dataset, "train", data_dir)
    test = load_images(dataset, "test", data_dir)
    most = min(len(test), len(training) // sets)
    if not 10 <= count <= most:
        raise ValueError(
            f"{sets} sets of {count} pictures cannot be compared with {len(test)} test and "
            f"{len(training)} training images: choose a number from 10 to {most}."
        )
    evaluator = Evaluator(classifier, test[:count])
    made = [draw(index) for index in range(sets)]
    real = [training[index * count :][:count] for index in range(sets)]
    rows = {
        "made": [evaluator.score(images) for images in made],
        "real": [evaluator.score(images) for images in real],
    }
    some = {"made": made[0][:1000], "real": test[:1000]}
    return {
        "dataset": dataset,
        "count": count,
        "sets": sets,
        "classifier": classifier.about,
        "scores": {
            name: {kind: [row[name] for row in rows[kind]] for kind in rows}
            for name in rows["made"][0]
        },
        "nearest": {
            kind: float(np.median(nearest_training_images(images, training)[1]))
            for kind, images in some.items()
        },
    }


def class_shares(classes, count=10):
    """Shares `(count,)` of the classes 0 to `count` − 1 among predicted ones `(N,)`."""
    return np.bincount(classes, minlength=count) / len(classes)


def nearest_training_images(images, training):
    """For each picture, its nearest neighbour in the training set, pixel by pixel.

    A generator that copies has distances near 0; one that makes its own has distances
    like those of held-out real images. Pixel distance overlooks copies that were moved
    by a pixel: look at the pictures, too.

    Args:
        images: `(N, H, W, C)`, uint8, or floats in [0, 1].
        training: uint8 `(M, H, W, C)`.

    Returns:
        `(indices, distances)`: of the neighbours in `training`, `(N,)`; Euclidean, of
        pixels in [0, 1].

    Reference:
        Theis, van den Oord, Bethge (2016), "A note on the evaluation of generative
        models", section 3.3, on what this shows and what not.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(_flat(training))
    distances, indices = search.kneighbors(_flat(images))
    return indices[:, 0], distances[:, 0]


def _flat(images):
    """Pixels in [0, 1], a row for each picture."""
    images = np.asarray(images)
    scale = 255 if images.dtype == np.uint8 else 1
    return images.reshape(len(images), -1).astype(np.float32) / scale
