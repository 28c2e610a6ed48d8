import keras
import pytest

from wgan_keras.fitting.optimizers import prepare_optimizer
from wgan_keras.fitting.optimizers import refuse_clipped_gradients


def network(policy):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.dtype_policy = keras.DTypePolicy(policy)
    return model


def test_a_name_becomes_an_optimizer():
    optimizer = prepare_optimizer("rmsprop", network("float32"), auto_scale_loss=True)
    assert type(optimizer) is keras.optimizers.RMSprop


def test_the_loss_is_scaled_in_float16_alone_once_and_unless_it_is_switched_off():
    in_float16, adam = network("mixed_float16"), keras.optimizers.Adam()
    scaled = prepare_optimizer(adam, in_float16, auto_scale_loss=True)
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
    assert scaled.inner_optimizer is adam
    assert prepare_optimizer(scaled, in_float16, auto_scale_loss=True) is scaled
    assert prepare_optimizer(adam, in_float16, auto_scale_loss=False) is adam
    assert prepare_optimizer(adam, network("float32"), auto_scale_loss=True) is adam


@pytest.mark.parametrize("name", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipped_gradients_are_refused_within_a_scaled_loss_as_well(name):
    optimizer = keras.optimizers.Adam(**{name: 1.0})
    for refused in (optimizer, keras.optimizers.LossScaleOptimizer(optimizer)):
        with pytest.raises(ValueError, match=name):
            refuse_clipped_gradients(refused)
    refuse_clipped_gradients(keras.optimizers.Adam())
