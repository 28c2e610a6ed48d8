import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_gradient_is_the_slope

from wgan_keras.nets.lipschitz import GradientPenalty
from wgan_keras.nets.networks import build_critic
from wgan_keras.nets.normalization import LayerNormalization
from wgan_keras.nets.slopes import gradient_norms

IMAGES = np.random.default_rng(0).normal(size=(4, 8, 8, 1))


def small_critic(normalization):
    keras.utils.set_random_seed(0)
    scale = keras.initializers.RandomNormal(stddev=0.3)
    layers = [
        keras.layers.Conv2D(4, 4, strides=2, kernel_initializer=scale, dtype="float64"),
        normalization,
        keras.layers.LeakyReLU(0.2, dtype="float64"),
        keras.layers.Flatten(dtype="float64"),
        keras.layers.Dense(1, dtype="float64"),
    ]
    return keras.Sequential([keras.Input((8, 8, 1), dtype="float64"), *layers])


def penalty(critic):
    keras.config.set_floatx("float64")  # in which `gradient_norms` answers
    try:
        norms = gradient_norms(critic, tf.constant(IMAGES))
    finally:
        keras.config.set_floatx("float32")
    return tf.reduce_mean((norms - 1) ** 2)


def assert_the_penalty_has_its_gradient(critic):
    for layer in (critic.layers[0], critic.layers[-1]):
        assert_gradient_is_the_slope(
            lambda: penalty(critic), layer.kernel.value, step=1e-5, rel=1e-5, abs=1e-9
        )


def test_the_gradient_of_a_penalty_is_that_of_finite_differences():
    critic = small_critic(LayerNormalization(dtype="float64"))
    assert_the_penalty_has_its_gradient(critic)


def test_that_of_the_layer_in_keras_is_not():
    critic = small_critic(keras.layers.GroupNormalization(1, dtype="float64"))
    with pytest.raises(AssertionError):  # once it is, ours has done its duty
        assert_the_penalty_has_its_gradient(critic)


def test_otherwise_it_is_group_normalisation_with_one_group():
    x = tf.constant(IMAGES, tf.float32)
    results = []
    for layer in (LayerNormalization(), keras.layers.GroupNormalization(1)):
        layer.build(x.shape)
        layer.gamma.assign([1.5])
        layer.beta.assign([0.25])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(y**3)
        results.append((y, tape.gradient(loss, x)))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_its_moments_are_taken_in_float32(dtype):
    layer = LayerNormalization(dtype=dtype)
    y = layer(tf.fill((1, 64, 64, 1), 600.0) + tf.reshape(tf.range(64.0), (1, 64, 1, 1)))
    assert y.dtype == keras.DTypePolicy(dtype).compute_dtype
    assert np.isfinite(np.float32(y)).all() and float(tf.math.reduce_std(y)) > 0.9


def test_the_critic_has_it_and_can_be_read_back(tmp_path):
    critic = build_critic((28, 28, 1), width=2, normalization="layer")
    critic.save(tmp_path / "critic.keras")
    loaded = keras.saving.load_model(tmp_path / "critic.keras")
    kinds = [type(layer) for layer in loaded.layers]
    assert kinds.count(LayerNormalization) == 2
    x = np.ones((2, 28, 28, 1), "float32")
    np.testing.assert_array_equal(critic(x), loaded(x))


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (keras.layers.GroupNormalization(1), "GroupNormalization"),
        (keras.layers.LayerNormalization(axis=(1, 2, 3)), "LayerNormalization"),
        (LayerNormalization(), None),
    ],
)
def test_a_penalty_warns_of_what_cannot_be_differentiated_twice(layer, named):
    critic = keras.Sequential([keras.Input((8, 8, 1)), layer, keras.layers.Flatten()])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GradientPenalty().build(critic)
    assert len(caught) == (named is not None)
    for warning in caught:
        assert named in str(warning.message)
        assert "use wgan_keras.LayerNormalization" in str(warning.message)
