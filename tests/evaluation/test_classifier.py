import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from wgan_keras import TrainedClassifier
from wgan_keras import load_images
from wgan_keras import load_labels
from wgan_keras.evaluation import classifier as classifiers
from wgan_keras.evaluation.classifier import Classifier


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_shipped_classifiers_are_small_and_are_themselves(dataset):
    classifier = Classifier.shipped(dataset)
    folder = Path(classifiers.__file__).parent / "classifiers"
    content = (folder / f"{dataset}.keras").read_bytes()
    assert len(content) < 1e6
    assert classifier.about["sha256"] == hashlib.sha256(content).hexdigest()
    assert classifier.about["dataset"] == dataset


@pytest.mark.parametrize(
    ("dataset", "accuracy"), [("mnist", 0.99), ("fashion-mnist", 0.91)]
)
def test_shipped_classifiers_are_as_accurate_as_they_say(dataset, accuracy):
    try:
        images = load_images(dataset, "test")
    except FileNotFoundError:
        pytest.skip(f"{dataset} is not at hand")
    classifier = Classifier.shipped(dataset)
    _, classes = classifier(images)
    measured = (classes == load_labels(dataset, "test")).mean()
    assert measured >= accuracy
    assert measured == pytest.approx(classifier.about["test_accuracy"], abs=5e-4)


def test_there_is_no_classifier_for_other_sets():
    with pytest.raises(ValueError, match="no classifier for 'digits': there are"):
        Classifier.shipped("digits")


def test_another_classifier_in_its_place_is_refused(tmp_path):
    folder = Path(classifiers.__file__).parent / "classifiers"
    for end in ("keras", "json"):
        shutil.copy(folder / f"mnist.{end}", tmp_path)
    about = json.loads((tmp_path / "mnist.json").read_text())
    about["sha256"] = "0" * 64
    (tmp_path / "mnist.json").write_text(json.dumps(about))
    with pytest.raises(ValueError, match="scores would not compare"):
        Classifier(tmp_path / "mnist.keras")


def test_the_classifier_takes_bytes_and_floats_alike():
    classifier, images = Classifier.shipped("mnist"), load_images("digits")[:20]
    features, classes = classifier(images)
    assert features.shape == (20, 96)
    assert classes.shape == (20,)
    logits = classifier.network(images.astype(np.float32))[1]
    np.testing.assert_array_equal(classes, np.argmax(logits, axis=1))
    np.testing.assert_array_equal(classifier(images / 255)[0], features)
    with pytest.raises(ValueError, match=r"lie in \[0, 1\], and these range from -1"):
        classifier(images / 127.5 - 1)
    with pytest.raises(ValueError, match=r"lie in \[0, 1\]"):
        classifier(np.full((2, 28, 28, 1), np.nan))
    with pytest.raises(ValueError, match=r"shape \(N, 28, 28, 1\).*not \(2, 32, 32, 1\)"):
        classifier(np.zeros((2, 32, 32, 1)))


# === Trained on the spot ===


def train_on_digits(count=200):
    images, labels = load_images("digits"), load_labels("digits")
    held_out = load_images("digits", "test"), load_labels("digits", "test")
    return TrainedClassifier(images[:count], labels[:count], *held_out)


def test_a_classifier_is_trained_on_the_spot(monkeypatch):
    monkeypatch.setattr(classifiers, "STEPS", 150)
    trained = train_on_digits()
    features, classes = trained(load_images("digits", "test"))
    assert features.shape == (179, 96)
    right = (classes == load_labels("digits", "test")).mean()
    assert trained.about["test_accuracy"] == right
    assert right > 0.7
    assert trained.about["classes"] == 10
    assert trained.about["training"] == {"images": 200, "steps": 150, "seed": 0}


@pytest.mark.slow
def test_the_same_labels_train_the_same_classifier(monkeypatch):
    monkeypatch.setattr(classifiers, "STEPS", 3)
    one, same, other = train_on_digits(), train_on_digits(), train_on_digits(100)
    assert one.about["sha256"] == same.about["sha256"] != other.about["sha256"]
