import keras
import pytest

from wgan_keras import recipes


@pytest.fixture(autouse=True)
def float32_afterwards():
    yield
    keras.mixed_precision.set_global_policy("float32")


def build(name, method, **changes):
    settings = recipes.RECIPES[name][method] | {
        "method": method,
        "image_shape": (8, 8, 1),
        "seed": 3,
        "steps": 10,
        "width": 2,
    }
    return recipes.build(settings | changes)


@pytest.mark.parametrize("name", recipes.RECIPES)
@pytest.mark.parametrize("method", ["clip", "gp", "sn", "dcgan"])
def test_every_recipe_makes_a_model_that_trains(name, method, images):
    model = build(name, method, batch_size=6)
    settings = recipes.RECIPES[name][method]
    assert model.seed == 3
    assert model.adversary_steps == settings["n_critic"]
    assert model.average_decay == settings["average_decay"]
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
    assert kinds.count("Conv2D") == 2
    assert kinds.count("BatchNormalization") == 1
