import keras
import numpy as np
import pytest

from wgan_keras import Settings
from wgan_keras.runs.building import build_model
from wgan_keras.runs.recipes import RECIPES


def build(name, method, **changes):
    model = {"model": "dcgan"} if method == "dcgan" else {"lipschitz": method}
    small = {"image_shape": (8, 8, 1), "seed": 3, "steps": 10, "width": 2}
    return build_model(Settings(recipe=name, **model, **small | changes))


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("method", ["clip", "gp", "sn", "dcgan"])
def test_every_recipe_makes_a_model_that_trains(name, method, images):
    model = build(name, method, batch_size=6)
    settings = RECIPES[name][method]
    assert model.seed == 3
    assert model.adversary_steps == settings["n_critic"]
    assert model.average_decay == (settings["average_decay"] or None)
    for optimizer in (model.optimizer, model.adversary_optimizer):
        assert type(optimizer).__name__ == settings["optimizer"]
        assert float(optimizer.learning_rate) == pytest.approx(settings["learning_rate"])
    model.fit(images, batch_size=30, epochs=1, verbose=0)
    assert model.steps_done.numpy() == 2


def test_the_papers_wgan_to_the_letter():
    wgan = build("paper", "clip")
    assert wgan.lipschitz.clip_value == 0.01
    assert wgan.n_critic == 5
    assert wgan.averaged_generator is None
    for optimizer in (wgan.optimizer, wgan.critic_optimizer):
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        assert float(optimizer.learning_rate) == pytest.approx(5e-5)


def test_annealed_rates_reach_zero_with_the_last_update(images):
    wgan = build("recommended", "clip", anneal=True, n_critic=2, steps=2, width=4)
    wgan.fit(images, batch_size=30, epochs=1, verbose=0)
    assert wgan.critic_optimizer.iterations == 4
    for optimizer in (wgan.optimizer, wgan.critic_optimizer):
        assert float(optimizer.learning_rate) == 0


def test_the_papers_critic_is_that_of_the_dcgan():
    critic = build("paper", "clip", image_shape=(28, 28, 1)).critic
    kinds = [type(layer).__name__ for layer in critic.layers]
    assert kinds.count("Conv2D") == 3
    assert kinds.count("BatchNormalization") == 2
    assert kinds.count("LeakyReLU") == 3


def test_strategies_are_those_of_the_recipe():
    clip, gp = (build("recommended", method).lipschitz for method in ("clip", "gp"))
    assert (clip.clip_value, clip.normalization) == (0.05, False)
    assert (gp.weight, gp.every) == (1.0, 4)
    assert build("paper", "clip").lipschitz.normalization
    assert build("paper", "gp").lipschitz.every == 1
    kinds = [type(layer).__name__ for layer in build("recommended", "sn").critic.layers]
    assert "MaxMin" in kinds


def test_precision_is_a_setting():
    model = build("recommended", "gp", mixed_precision=True)
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert build("recommended", "gp").generator.layers[1].compute_dtype == "float32"


def test_the_seed_fixes_the_weights():
    one, same, other = (build("recommended", "gp", seed=seed) for seed in (1, 1, 2))
    pairs = zip(one.get_weights(), same.get_weights(), strict=True)
    for left, right in pairs:
        np.testing.assert_array_equal(left, right)
    kernels = (model.critic.get_weights()[0] for model in (one, other))
    assert np.not_equal(*kernels).any()
