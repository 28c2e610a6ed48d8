import numpy as np
import pytest

from wgan_keras import load_images
from wgan_keras.evaluation import metrics as evaluation


def gaussian(count, mean, deviations, seed):
    return np.random.default_rng(seed).normal(mean, deviations, (count, len(mean)))


def with_moments(mean, covariance, seed, count=500):
    """Points whose sample mean and covariance are exactly these."""
    points = np.random.default_rng(seed).normal(size=(count, len(mean)))
    points -= points.mean(axis=0)
    points = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points.T))).T
    return points @ np.linalg.cholesky(covariance).T + mean


# === Fréchet distance ===


def test_frechet_distance_of_gaussians_in_closed_form():
    # Diagonal covariances: the squared distance of means and of standard deviations.
    x = with_moments([0, 1], np.diag([1.0, 4.0]), seed=0)
    y = with_moments([3, 5], np.diag([9.0, 16.0]), seed=1)
    expected = 3**2 + 4**2 + (1 - 3) ** 2 + (2 - 4) ** 2
    assert evaluation.frechet_distance(x, y) == pytest.approx(expected)


def test_frechet_distance_of_correlated_gaussians_against_scipy():
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 5, 5))
    one, other = a @ a.T + np.eye(5), b @ b.T + np.eye(5)
    x, y = with_moments(np.zeros(5), one, 3), with_moments(np.ones(5), other, 4)
    expected = 5 + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert evaluation.frechet_distance(x, y) == pytest.approx(expected)
    assert evaluation.frechet_distance(y, x) == pytest.approx(expected)


def test_frechet_distance_of_a_set_to_itself_and_without_spread():
    x = gaussian(50, [1, 2, 3], [1, 1, 0], seed=0)  # one direction is constant
    assert evaluation.frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    same = np.tile([[1.0, 2.0]], (9, 1))
    assert evaluation.frechet_distance(same, same + np.array([3, 4])) == pytest.approx(25)


# === Kernel distance ===


def test_kernel_distance_worked_out_by_hand():
    # D = 1, kernel (xy + 1)³. Within x = {0, 1}: 1. Within y = {1, 2}: 27. Between: 1, 1,
    # 8, 27, mean 37 / 4.
    x, y = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    assert evaluation.kernel_distance(x, y) == pytest.approx(1 + 27 - 2 * 37 / 4)


def test_kernel_distance_is_unbiased(monkeypatch):
    monkeypatch.setattr(evaluation, "ROWS", 7)  # and is put together from blocks
    sets = np.random.default_rng(0).normal(size=(400, 20, 3))
    values = [evaluation.kernel_distance(*pair) for pair in sets.reshape(200, 2, 20, 3)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert min(values) < 0
    assert evaluation.kernel_distance(sets[0], sets[1] + 1) > max(values)


# === Precision, recall, density, coverage ===


def test_neighbourhoods_worked_out_by_hand():
    real = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0], [-60.0]])
    made = np.array([[0.5], [1.5], [1.6], [100.0]])
    # With k = 1 the real balls have the radius 1, but the last, which ends at 0: 0.5, 1.5
    # and 1.6 lie in two each.
    density, coverage = evaluation.density_coverage(real, made, neighbours=1)
    assert density == pytest.approx(6 / 4)
    assert coverage == pytest.approx(3 / 7)
    # Made balls: 0.5 ± 1, 1.5 ± 0.1, 1.6 ± 0.1, 100 ± 98.4: the outlier's holds 2 to 12.
    precision, recall = evaluation.precision_recall(real, made, neighbours=1)
    assert precision == pytest.approx(3 / 4)
    assert recall == pytest.approx(6 / 7)


def test_real_against_real():
    real, same = gaussian(1000, [0] * 4, [1] * 4, 0), gaussian(1000, [0] * 4, [1] * 4, 1)
    precision, recall = evaluation.precision_recall(real, same)
    density, coverage = evaluation.density_coverage(real, same)
    assert min(precision, recall) > 0.9
    assert density == pytest.approx(1, abs=0.1)
    # Its expectation is 1 − ((N − 1) … (N − k)) / ((2N − 1) … (2N − k)), about 1 − 2⁻⁵.
    assert coverage == pytest.approx(1 - 2**-5, abs=0.02)


def test_a_collapsed_generator_has_precision_but_no_recall():
    real = gaussian(1000, [0] * 4, [1] * 4, 0)
    made = gaussian(1000, [0] * 4, [0.01] * 4, 1)
    precision, recall = evaluation.precision_recall(real, made)
    density, coverage = evaluation.density_coverage(real, made)
    assert precision > 0.95
    assert recall < 0.02
    assert density > 1
    assert coverage < 0.1


# === Copies ===


def test_a_generator_that_copies_is_found_out():
    training = load_images("digits")
    copies, made = training[[7, 70, 700]], load_images("digits", "test")[:50]
    indices, distances = evaluation.nearest_training_images(copies / 255, training)
    assert indices.tolist() == [7, 70, 700]
    np.testing.assert_allclose(distances, 0, atol=1e-3)
    indices, distances = evaluation.nearest_training_images(made, training)
    assert distances.min() > 0.5
    pixels = training.reshape(len(training), -1) / 255
    by_hand = np.linalg.norm(pixels - made[3].ravel() / 255, axis=1)
    assert indices[3] == by_hand.argmin()
    assert distances[3] == pytest.approx(by_hand.min(), rel=1e-4)
