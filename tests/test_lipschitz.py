import keras
import numpy as np
import pytest
from conftest import SHAPE
from conftest import tiny_critic
from conftest import tiny_generator
from conftest import tiny_wgan

from wgan_keras import WGAN
from wgan_keras import WeightClip
from wgan_keras import WeightClipping
from wgan_keras.lipschitz import LipschitzStrategy


def test_weight_clip_by_hand():
    clipped = WeightClip(0.5)(np.array([[-2.0, -0.5], [0.25, 3.0]]))
    assert clipped.numpy().tolist() == [[-0.5, -0.5], [0.25, 0.5]]


@pytest.mark.parametrize("value", [0, -0.01, float("nan"), float("inf")])
def test_clip_values_that_are_none(value):
    with pytest.raises(ValueError, match="clip_value must be a number above 0"):
        WeightClipping(value)


def test_serialization():
    for thing in (WeightClip(0.3), WeightClipping(0.3)):
        config = keras.saving.serialize_keras_object(thing)
        assert config["registered_name"].startswith("wgan_keras>")
        assert keras.saving.deserialize_keras_object(config).clip_value == 0.3


def normalised_critic():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(3, 3),
            keras.layers.BatchNormalization(),
            keras.layers.LayerNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def test_after_every_update_all_trainable_variables_are_clipped(images):
    critic = normalised_critic()
    wgan = WGAN(tiny_generator(), critic, n_critic=3, lipschitz=WeightClipping(0.02))
    # A rate at which every update would leave the bounds.
    wgan.compile(None, keras.optimizers.RMSprop(0.5), run_eagerly=True)
    extremes, apply = [], wgan.critic_optimizer.apply

    def recording_apply(*arguments):
        apply(*arguments)
        extremes.append([np.abs(v.numpy()).max() for v in critic.trainable_variables])

    wgan.critic_optimizer.apply = recording_apply
    wgan.fit(images, batch_size=30, epochs=2, verbose=0)
    assert len(extremes) == 2 * 2 * 3
    assert np.shape(extremes)[1] == 8  # kernels, biases, gains and offsets
    assert np.max(extremes) <= np.float32(0.02)
    # The moving statistics are beyond c, so were not clipped.
    variance = critic.layers[1].moving_variance
    assert variance.numpy().min() > 0.02


def test_clipping_reaches_a_critic_after_loading(images, tmp_path):
    wgan = tiny_wgan(lipschitz=WeightClipping(0.03))
    copy = WGAN.from_config(wgan.get_config())
    wgan.save(tmp_path / "wgan.keras")
    loaded = keras.saving.load_model(tmp_path / "wgan.keras")
    for model in (copy, loaded):
        assert [v.constraint.clip_value for v in model.critic.trainable_variables] == (
            [0.03] * len(model.critic.trainable_variables)
        )
    loaded.fit(images, batch_size=20, verbose=0)
    largest = max(np.abs(v.numpy()).max() for v in loaded.critic.trainable_variables)
    assert largest == np.float32(0.03)


def test_no_constraint_takes_an_earlier_one_away():
    critic = tiny_critic()
    WGAN(tiny_generator(), critic)
    assert all(isinstance(v.constraint, WeightClip) for v in critic.trainable_variables)
    wgan = WGAN(tiny_generator(), critic, lipschitz=None)
    assert type(wgan.lipschitz) is LipschitzStrategy
    assert all(v.constraint is None for v in critic.trainable_variables)


def test_a_constraint_of_the_users_is_not_replaced():
    critic = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(1, kernel_constraint=keras.constraints.NonNeg()),
        ]
    )
    with pytest.raises(ValueError, match=r"kernel' has a constraint.*NonNeg"):
        WGAN(tiny_generator(), critic)
    assert isinstance(critic.layers[-1].kernel.constraint, keras.constraints.NonNeg)
    WGAN(tiny_generator(), critic, lipschitz=None)


def test_a_weight_clip_of_the_users_stays():
    critic = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(1, kernel_constraint=WeightClip(0.5)),
        ]
    )
    WGAN(tiny_generator(), critic, lipschitz=None)
    assert critic.layers[-1].kernel.constraint.clip_value == 0.5
    with pytest.raises(ValueError, match="a constraint of its own"):
        WGAN(tiny_generator(), critic)


def test_layers_unfrozen_later_are_clipped():
    critic = tiny_critic()
    critic.layers[-1].trainable = False
    wgan = WGAN(tiny_generator(), critic)
    critic.layers[-1].trainable = True
    wgan.compile()
    assert all(isinstance(v.constraint, WeightClip) for v in critic.trainable_variables)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(),
        keras.optimizers.SGD(momentum=0.9),
        keras.optimizers.RMSprop(momentum=0.5),
    ],
)
def test_momentum_on_a_clipped_critic_warns(optimizer):
    with pytest.warns(UserWarning, match=r"momentum of 0\..*section 4"):
        tiny_wgan(compiled=False).compile(critic_optimizer=optimizer)


def test_no_warning_without_momentum_or_without_clipping():
    tiny_wgan(compiled=False).compile(critic_optimizer=keras.optimizers.Adam(beta_1=0.0))
    tiny_wgan(compiled=False).compile(critic_optimizer="rmsprop")
    free = tiny_wgan(compiled=False, lipschitz=None)
    free.compile(critic_optimizer=keras.optimizers.Adam())
