import dataclasses

import pytest
import yaml

from wgan_keras import Classifier
from wgan_keras import Settings
from wgan_keras import UserError
from wgan_keras.sampling.card import model_card

ABOUT = {
    "package": "wgan_keras 1.2.3",
    "format": "onnx",
    "latent_dim": 16,
    "image_shape": [28, 28, 1],
    "model": "WGAN",
    "steps": 12000,
    "seed": 5,
}
SCORES = {  # as `evaluate` returns them
    "dataset": "mnist",
    "count": 10_000,
    "sets": 2,
    "classifier": {"sha256": "f00d", "test_accuracy": 0.9949},
    "scores": {"frechet_distance": {"generated": [1.5, 2.5], "real": [0.03, 0.05]}},
    "nearest": {"generated": 5.3, "real": 4.4},
}


def head_of(card):
    """What the Hub reads: the metadata before the text."""
    empty, head, _ = card.split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(head)


def test_a_card_has_the_hubs_metadata():
    assert head_of(model_card(ABOUT)) == {
        "license": "unknown",
        "library_name": "onnx",
        "pipeline_tag": "unconditional-image-generation",
        "tags": ["gan", "wgan"],
    }
    card = model_card(ABOUT | {"dataset": "fashion-mnist", "license": "cc-by-4.0"})
    assert head_of(card)["license"] == "cc-by-4.0"
    assert head_of(card)["datasets"] == ["zalando-datasets/fashion_mnist"]
    assert "license `cc-by-4.0`" in card
    assert head_of(model_card(ABOUT | {"model": "DCGAN"}))["tags"] == ["gan", "dcgan"]


def test_a_card_says_what_is_known():
    settings = dataclasses.asdict(Settings(lipschitz="gp", dataset="mnist", seed=5))
    settings["data_dir"] = "/home/me/secret"
    card = model_card(ABOUT | {"dataset": "mnist", "images": 60_000, "settings": settings})
    assert "# WGAN with gradient penalty, trained on mnist\n" in card
    assert "Gulrajani et al. (2017)" in card
    assert "Christopher J. C. Burges; 60,000 images were used" in card
    assert "turns 16 standard normal random numbers" in card
    assert "with wgan_keras 1.2.3 for\n12,000 generator steps" in card
    assert f"| `batch_size` | {settings['batch_size']} |" in card
    assert "| `seed` | 5 |" in card
    assert "| `betas` | 0.0, 0.99 |" in card
    assert "secret" not in card
    assert "clip_value" not in card  # which the gradient penalty has not
    assert "{" not in card.split("```python")[0]


def test_what_is_not_known_is_said_to_be_so():
    card = model_card(ABOUT)
    assert "# WGAN\n" in card
    assert "The data set has not been named." in card
    assert "The settings of the training are not known; its seed was 5." in card
    assert "It has not been scored" in card
    assert "No license has been chosen" in card


def test_a_path_is_named_by_its_last_part():
    card = model_card(ABOUT | {"dataset": "/home/me/cats"})
    assert "images of the author's own, `cats`" in card.replace("Images", "images")
    assert "/home" not in card


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({"lipschitz": "clip"}, "WGAN with weight clipping"),
        ({"lipschitz": "sn"}, "WGAN with spectral normalization"),
        ({"model": "dcgan"}, "DCGAN"),
    ],
)
def test_methods_are_called_by_their_names(settings, title):
    settings = dataclasses.asdict(Settings(**settings))
    assert f"# {title}\n" in model_card(ABOUT | {"settings": settings})


def test_scores_stand_beside_those_of_real_images():
    card = model_card(ABOUT | {"scores": SCORES})
    assert "Measured on 2 sets of 10,000 pictures" in card
    assert "(SHA-256 `f00d`, test accuracy 99.49%)" in card
    assert "| frechet distance | 2 ± 0.71 | 0.04 ± 0.014 |" in card
    one = SCORES | {
        "sets": 1,
        "scores": {"recall": {"generated": [0.5], "real": [0.875]}},
    }
    one["random_network"] = {"sha256": "cafe"}
    del one["classifier"]
    card = model_card(ABOUT | {"scores": one})
    assert "Measured on 10,000 pictures" in card
    assert "a fixed network with random weights (SHA-256 `cafe`)" in card
    assert "| recall | 0.5 | 0.875 |" in card


def test_the_last_score_of_the_curve_stands_where_there_is_no_other():
    score = {
        "frechet_distance": 3.21,
        "step": 4000,
        "pictures": 1000,
        "held_out": 2000,
        "classifier": Classifier.shipped("mnist").about,
    }
    sha256 = score["classifier"]["sha256"]
    card = model_card(ABOUT | {"curve_score": score})
    assert "After step 4,000, the Fréchet distance between 1,000 generated" in card
    assert f"was 3.21 in the features of a small classifier (SHA-256 `{sha256}`" in card
    assert "3.21" not in model_card(ABOUT | {"curve_score": score, "scores": SCORES})


@pytest.mark.parametrize(
    "odd",
    [
        {"scores": "good"},
        {"scores": {}},
        {"scores": SCORES | {"scores": {"recall": {"made": [1.0]}}}},
        {"scores": SCORES | {"classifier": {}}},
        {"format": "png"},
        {"image_shape": 28},
        {"image_shape": [28, 28]},
        {"settings": "recommended"},
        {"steps": "many"},
        {"dataset": ["mnist"]},
    ],
)
def test_what_no_card_can_be_written_of_is_refused(odd):
    with pytest.raises(UserError, match="A model card cannot be written of this sampler"):
        model_card(ABOUT | odd)


@pytest.mark.parametrize("name", ["MIT license", "mit\nother: field", ""])
def test_a_license_is_an_identifier(name):
    with pytest.raises(UserError, match=r"an identifier such as mit or cc-by-4\.0"):
        model_card(ABOUT | {"license": name})
