"""Measures of two sets of pictures, in the features of some classifier or in pixels."""

import numpy as np

ROWS = 1000  # of a matrix of pairs that are held in memory at once


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


def precision_recall(real, generated, neighbours=3):
    """Precision, the share of generated pictures among the real; recall, the reverse.

    "Among": within the distance of some picture to its k-th nearest neighbour of the same
    kind.

    Args:
        real: Features `(N, D)`, N > `neighbours`.
        generated: Features `(M, D)`, M > `neighbours`.
        neighbours: k.

    Returns:
        `(precision, recall)`, each in [0, 1].

    Reference:
        Kynkäänniemi et al. (2019), "Improved Precision and Recall Metric for Assessing
        Generative Models", equations 1 and 2.
    """
    return (
        float((_balls_around(real, generated, neighbours) > 0).mean()),
        float((_balls_around(generated, real, neighbours) > 0).mean()),
    )


def density_coverage(real, generated, neighbours=5):
    """Density: in how many real balls a generated one lies; coverage: how many any does.

    A real picture's ball reaches to its k-th nearest real neighbour. Density is divided
    by k and so about 1 for real pictures, and may exceed it. Unlike recall, coverage is
    not fooled by a few generated outliers, around which the balls are large.

    Args:
        real: Features `(N, D)`, N > `neighbours`.
        generated: Features `(M, D)`.
        neighbours: k.

    Returns:
        `(density, coverage)`, at least 0, and in [0, 1].

    Reference:
        Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative
        Models", equations 4 and 5.
    """
    density = _balls_around(real, generated, neighbours).mean() / neighbours
    nearest = _nearest_distances(real, generated)
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
        training: uint8 `(M, H, W, C)`, an array or an `ImageFolder`.

    Returns:
        `(indices, distances)`: of the neighbours in `training`, `(N,)`; Euclidean, of
        pixels in [0, 1].

    Reference:
        Theis, van den Oord, Bethge (2016), "A note on the evaluation of generative
        models", section 3.3, on what this shows and what not.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    rows, best = flatten_pixels(images), []
    for start in range(0, len(training), 10 * ROWS):  # which may not fit into memory
        some = flatten_pixels(training[start : start + 10 * ROWS])
        indices, distances = pairwise_distances_argmin_min(rows, some)
        best.append((start + indices, distances))
    indices, distances = (np.stack(part) for part in zip(*best, strict=True))
    nearest = distances.argmin(axis=0), np.arange(len(rows))
    return indices[nearest], distances[nearest]


def flatten_pixels(images):
    """Pixels in [0, 1], a row for each picture."""
    images = np.asarray(images)
    scale = 255 if images.dtype == np.uint8 else 1
    return images.reshape(len(images), -1).astype(np.float32) / scale
