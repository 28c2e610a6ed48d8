import numpy as np
import pytest

from wgan_keras import load_images
from wgan_keras.evaluation import classifier as classifiers
from wgan_keras.evaluation.classifier import Classifier
from wgan_keras.evaluation.extractors import RandomNetwork
from wgan_keras.evaluation.scores import Evaluator
from wgan_keras.evaluation.scores import RealImages
from wgan_keras.evaluation.scores import evaluate


@pytest.fixture(scope="module")
def evaluator():
    return Evaluator(Classifier.shipped("mnist"), load_images("digits")[:600])


def test_scores_of_the_real_images_themselves(evaluator):
    scores = evaluator.score(evaluator.real)
    assert scores["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert scores["sliced_wasserstein"] == 0
    assert scores["precision"] == scores["recall"] == scores["coverage"] == 1
    assert scores["classes_missed"] == scores["class_imbalance"] == 0


def test_real_images_are_extracted_once_and_only_when_needed():
    images, calls = load_images("digits")[:20], []

    def extractor(given):
        calls.append(len(given))
        return np.asarray(given, "float64").reshape(len(given), -1)[:, 300:304], None

    evaluator = Evaluator(extractor, images)
    assert calls == []
    evaluator.frechet_distance(images[:10])
    evaluator.frechet_distance(images[:10])
    assert sorted(calls) == [10, 10, 20] and evaluator.classes is None


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


def test_features_without_classes_are_scored_without_them():
    def means(images):
        return images.mean(axis=(1, 2)), None

    images = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), np.uint8)
    scores = Evaluator(means, images).score(images[::-1])
    assert scores["frechet_distance"] == pytest.approx(0, abs=1e-9)
    assert scores["coverage"] == 1
    assert not {"classes_missed", "class_imbalance"} & scores.keys()


# === Any images ===


@pytest.fixture
def array_file(tmp_path):
    """Small pictures of two kinds, sorted: first all dark ones, then all bright ones."""
    images = np.random.default_rng(0).integers(0, 100, (400, 8, 8, 3), np.uint8)
    images[200:] += 150
    np.save(tmp_path / "real.npy", images)
    return tmp_path / "real.npy"


def test_images_without_labels_are_compared_in_a_random_network(array_file):
    real = RealImages(array_file, (8, 8, 3))
    assert real.largest_count(3) == 40  # every tenth is a test image
    pictures = np.random.default_rng(1).integers(0, 256, (3, 40, 8, 8, 3), np.uint8)
    result = real.evaluate(lambda index: pictures[index], 40, 3)
    assert result["random_network"] == RandomNetwork((8, 8, 3)).about
    assert "classifier" not in result
    distances = result["scores"]["frechet_distance"]
    assert min(distances["generated"]) > 2 * max(distances["real"])
    assert result == evaluate(
        lambda index: pictures[index], array_file, 40, 3, image_shape=(8, 8, 3)
    )


def test_sorted_images_are_shuffled_into_sets_alike(array_file):
    real = RealImages(array_file, (8, 8, 3))
    result = real.evaluate(lambda index: real.test[:20], 20, 3)
    # Sets of one kind only, against both, would be far from them.
    half_dark = result["scores"]["frechet_distance"]
    assert max(half_dark["real"]) < min(half_dark["generated"]) / 3
    assert len(set(real.unseen)) == len(real.training) == 360


def test_images_with_labels_are_compared_in_a_classifier_of_their_own(monkeypatch):
    monkeypatch.setattr(classifiers, "STEPS", 150)
    real = RealImages("digits", (28, 28, 1))
    assert len(real.labelled) == len(real.unseen) == 809
    assert not set(real.labelled) & set(real.unseen)
    zeros = real.test[:1].repeat(100, axis=0)
    result = real.evaluate(lambda index: zeros, 100, 2)
    assert result["trained_classifier"] == real.extractor.about
    assert result["trained_classifier"]["training"]["images"] == 809
    assert result["trained_classifier"]["test_accuracy"] > 0.7
    assert result["scores"]["classes_missed"]["generated"] == [9, 9]
    assert result["scores"]["classes_missed"]["real"] == [0, 0]


def test_what_cannot_be_compared(array_file, tmp_path):
    with pytest.raises(ValueError, match=r"\(8, 8, 1\), but the real.*\(8, 8, 3\)"):
        RealImages(array_file, (8, 8, 1))
    real = RealImages(array_file, (8, 8, 3))
    with pytest.raises(ValueError, match="choose a number from 10 to 36"):
        real.evaluate(lambda index: real.test, 40, 10)
    with pytest.raises(ValueError, match=r"400 others, and .* has 40 and 360"):
        real.largest_count(40)
