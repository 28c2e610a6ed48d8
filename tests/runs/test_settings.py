import dataclasses
import json

import pytest

from wgan_keras import Settings
from wgan_keras import UserError
from wgan_keras.runs import settings as module
from wgan_keras.runs.recipes import RECIPES


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", module.MODELS)
def test_what_is_left_out_comes_from_the_recipe(recipe, name):
    model, lipschitz = module.MODELS[name]
    settings = Settings(model=model, lipschitz=lipschitz, recipe=recipe)
    assert settings.name == name
    assert settings.method == lipschitz or (name, settings.method) == ("dcgan", "dcgan")
    for key, value in RECIPES[recipe][settings.method].items():
        assert getattr(settings, key) == value
    assert (settings.steps, settings.epochs) == (4000, None)


def test_what_is_given_stays():
    settings = Settings(n_critic=3, average_decay=0.0, mixed_precision=True, epochs=2)
    assert settings.lipschitz == "clip"
    assert settings.n_critic == 3
    assert settings.average_decay == 0
    assert settings.mixed_precision is True
    assert (settings.steps, settings.epochs) == (None, 2)


def test_settings_are_frozen_and_changed_in_copies():
    settings = Settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.steps = 3
    changed = dataclasses.replace(settings, steps=3)
    assert (settings.steps, changed.steps) == (4000, 3)


@pytest.mark.parametrize("name", module.MODELS)
def test_settings_come_back_from_json(name):
    model, lipschitz = module.MODELS[name]
    settings = Settings(model=model, lipschitz=lipschitz, image_shape=(8, 8, 1), seed=3)
    assert Settings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "gan"}, "model must be 'wgan' or 'dcgan', not 'gan'"),
        ({"recipe": "mine"}, "recipe must be one of paper, recommended, not 'mine'"),
        ({"lipschitz": "clipping"}, "lipschitz must be clip, gp or sn, not 'clipping'"),
        ({"model": "dcgan", "lipschitz": "gp"}, "are for a WGAN"),
        ({"model": "dcgan", "clip_value": 0.1}, "are for a WGAN"),
        ({"lipschitz": "gp", "clip_value": 0.1}, "goes with weight clipping only"),
        ({"steps": 3, "epochs": 3}, "Give steps or epochs, not both"),
        ({"n_critic": 0}, "n_critic must be a whole number from 1, not 0"),
        ({"batch_size": -1}, "batch_size must be a whole number from 1, not -1"),
        ({"width": 1.5}, "width must be a whole number from 1, not 1.5"),
        ({"latent_dim": 0}, "latent_dim must be a whole number from 1, not 0"),
        ({"steps": 0}, "steps must be a whole number from 1, not 0"),
        ({"epochs": 0}, "epochs must be a whole number from 1, not 0"),
        ({"learning_rate": 0.0}, "learning_rate must lie between 0 and 1, not 0"),
        ({"learning_rate": float("nan")}, "learning_rate must lie between 0 and 1"),
        ({"average_decay": 1.0}, "average_decay must lie between 0 and 1, or be 0"),
        ({"average_decay": float("nan")}, "average_decay must lie between 0 and 1"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": 2**32}, "seed must be a whole number"),
    ],
)
def test_settings_that_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        Settings(**options)


def test_options_of_the_command_line_say_what_they_are():
    names = {field.name for field in module.fields()}
    assert {"model", "lipschitz", "dataset", "steps", "clip_value", "seed"} <= names
    assert all(field.metadata["help"] for field in module.fields())
