import numpy as np
import pytest

from wgan_keras import load_images
from wgan_keras.evaluation.classifier import Classifier
from wgan_keras.evaluation.scores import Evaluator


@pytest.fixture(scope="module")
def evaluator():
    return Evaluator(Classifier.shipped("mnist"), load_images("digits")[:600])


def test_scores_of_the_real_images_themselves(evaluator):
    scores = evaluator.score(evaluator.real)
    assert scores["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert scores["sliced_wasserstein"] == 0
    assert scores["precision"] == scores["recall"] == scores["coverage"] == 1
    assert scores["classes_missed"] == scores["class_imbalance"] == 0


def test_scores_of_a_collapsed_generator(evaluator):
    collapsed = np.tile(evaluator.real[:3], (200, 1, 1, 1))
    good, bad = evaluator.score(load_images("digits")[600:1200]), evaluator.score(collapsed)
    for name in ("frechet_distance", "kernel_distance", "sliced_wasserstein"):
        assert bad[name] > 3 * good[name]
    assert bad["precision"] == 1
    assert bad["recall"] < 0.1 < 0.5 < good["recall"]
    assert bad["frechet_distance"] == evaluator.frechet_distance(collapsed)


def test_classes_missed_and_their_imbalance_by_hand():
    def classifier(images):  # whose classes are the first pixel
        pixels = images.reshape(len(images), -1)
        return pixels[:, :3].astype(np.float32), pixels[:, 0].astype(np.int64)

    def pictures(classes):
        images = np.random.default_rng(0).integers(0, 256, (100, 2, 2, 1), np.uint8)
        images[:, 0, 0, 0] = classes
        return images

    real = pictures(np.repeat(np.arange(10), 10))
    made = pictures([*np.repeat(np.arange(5), 19), 5, 5, 6, 6, 6])
    scores = Evaluator(classifier, real).score(made)
    # Shares: five of 0.19, 0.02 and 0.03, which are more than a tenth of 0.1, three of 0.
    assert scores["classes_missed"] == 3
    assert scores["class_imbalance"] == pytest.approx(5 * 0.09)


def test_noise_scores_worst(evaluator):
    noise = np.random.default_rng(0).integers(0, 256, evaluator.real.shape, np.uint8)
    scores = evaluator.score(noise)
    assert scores["precision"] == scores["density"] == scores["coverage"] == 0
