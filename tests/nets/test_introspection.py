import keras
import numpy as np
import pytest
from helpers import SHAPE
from helpers import tiny_critic
from helpers import tiny_generator

from wgan_keras import WGAN
from wgan_keras.nets.introspection import call_network
from wgan_keras.nets.introspection import flatten_layers
from wgan_keras.nets.introspection import output_layer


@pytest.mark.parametrize(
    "ending",
    [
        [keras.layers.Dense(1, activation="sigmoid")],
        [keras.layers.Dense(1, activation="softmax")],
        [keras.layers.Dense(1), keras.layers.Activation("sigmoid")],
        [keras.layers.Dense(1), keras.layers.Softmax()],
        [keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])],
    ],
)
def test_a_critic_with_a_probability_is_refused(ending):
    critic = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), *ending])
    with pytest.raises(ValueError, match="a score, any real number, and not a prob"):
        WGAN(tiny_generator(), critic)


@pytest.mark.parametrize(
    "ending",
    [
        [keras.layers.Dense(2, activation="softmax")],
        [keras.layers.Dense(2), keras.layers.Softmax()],
        [keras.layers.Dense(2)],
    ],
)
def test_a_critic_of_several_numbers_is_refused(ending):
    critic = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), *ending])
    with pytest.raises(ValueError, match=r"must give each image one number, \(N, 1\)"):
        WGAN(tiny_generator(), critic)


def test_a_sigmoid_that_is_an_operation_is_refused_and_an_inner_one_is_not():
    images = keras.Input(SHAPE)
    flat = keras.layers.Flatten()(images)
    gate = keras.layers.Dense(64, activation="sigmoid")(flat)
    scores = keras.layers.Dense(1)(flat * gate)
    WGAN(tiny_generator(), keras.Model(images, scores))
    with pytest.raises(ValueError, match="ends in a sigmoid"):
        WGAN(tiny_generator(), keras.Model(images, keras.ops.sigmoid(scores)))
    WGAN(tiny_generator(), keras.Model(images, 2 * scores))


def test_the_layer_that_the_output_comes_from():
    inputs = keras.Input((3,))
    last = keras.layers.Dense(1)
    within = keras.Sequential([keras.layers.Dense(3), last])
    outputs = within(keras.layers.Dense(3)(inputs))
    assert output_layer(keras.Model(inputs, outputs)) is last
    assert output_layer(keras.Sequential([keras.Input((3,)), within])) is last
    network = keras.Model(inputs, keras.layers.LeakyReLU(name="end")(outputs))
    assert output_layer(network).name == "end"


def test_layers_within_layers_are_found():
    within = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(1)])
    network = keras.Sequential([keras.Input((3,)), within])
    layers = flatten_layers(network)
    assert {id(network), id(within), *map(id, within.layers)} <= set(map(id, layers))


class WithoutTraining(keras.Model):
    def call(self, images):
        return images


class WithTraining(keras.Model):
    def call(self, images, training=None):
        return images + 1.0 if training else images


def test_a_network_is_told_whether_it_trains_if_it_wants_to_know():
    zero = np.zeros((1, 2), "float32")
    for training in (True, False):
        np.testing.assert_array_equal(
            call_network(WithTraining(), zero, training), zero + training
        )
        np.testing.assert_array_equal(call_network(WithoutTraining(), zero, training), zero)


def test_networks_that_do_not_fit():
    unbuilt = keras.Sequential([keras.layers.Dense(64)])
    with pytest.raises(ValueError, match=r"start it with keras\.Input"):
        WGAN(unbuilt, tiny_critic())
    critic = keras.Sequential([keras.Input((9, 9, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"critic does not take .* \(8, 8, 1\)"):
        WGAN(tiny_generator(), critic)
