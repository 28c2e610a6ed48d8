import dataclasses

import pytest

from wgan_keras import Settings
from wgan_keras.runs.recipes import RECIPES

METHODS = ("clip", "gp", "sn", "dcgan")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_every_setting_of_every_method(name):
    known = {field.name for field in dataclasses.fields(Settings)}
    assert tuple(RECIPES[name]) == METHODS
    for method in METHODS:
        settings = RECIPES[name][method]
        assert settings.keys() <= known
        own = {
            "clip": {"clip_value", "clip_normalization"},
            "gp": {"penalty_weight", "penalty_every"},
            "dcgan": {"dropout"},
        }.get(method, set())
        betas = set() if settings["optimizer"] == "RMSprop" else {"betas"}
        everywhere = {
            *("batch_size", "n_critic", "optimizer", "learning_rate", "normalization"),
            *("latent_dim", "width", "average_decay", "anneal", "mixed_precision"),
            "activation",
        }
        assert settings.keys() == everywhere | own | betas


def test_papers_have_no_average_and_their_own_rates():
    rates = {"clip": 5e-5, "gp": 1e-4, "sn": 2e-4, "dcgan": 2e-4}
    for method, rate in rates.items():
        assert RECIPES["paper"][method]["learning_rate"] == rate
        assert RECIPES["paper"][method]["average_decay"] == 0
