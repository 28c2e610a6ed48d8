import keras
import numpy as np
import pytest
import tensorflow as tf

from wgan_keras import build_critic
from wgan_keras import build_discriminator
from wgan_keras import build_generator
from wgan_keras.nets.networks import MaxMin
from wgan_keras.nets.networks import count_numbers

SHAPES = [(28, 28, 1), (32, 32, 3), (64, 64, 3), (32, 48, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_ranges(shape):
    generator = build_generator(shape, latent_dim=5, width=2)
    images = generator(np.random.default_rng(0).normal(0, 99, (3, 5)))
    assert images.shape == (3, *shape)
    assert np.abs(images).max() <= 1
    for build in (build_critic, build_discriminator):
        network = build(shape, width=2)
        assert network(images).shape == (3, 1)
        assert network.layers[-1].activation is keras.activations.linear


def test_channels_halve_while_sides_double():
    generator = build_generator((64, 64, 3), width=8)
    shapes = [
        layer.output.shape[1:] for layer in generator.layers if "transpose" in layer.name
    ]
    assert shapes == [(8, 8, 32), (16, 16, 16), (32, 32, 8), (64, 64, 3)]
    assert convolved(build_critic((64, 64, 3), width=8)) == [
        (32, 32, 8),
        (16, 16, 16),
        (8, 8, 32),
        (4, 4, 64),
    ]


def convolved(network):
    return [layer.output.shape[1:] for layer in network.layers if "conv" in layer.name]


def test_the_critics_last_convolution_has_at_most_4x4_pixels():
    shapes = convolved(build_critic((28, 28, 1), width=8))
    assert shapes == [(14, 14, 8), (7, 7, 16), (4, 4, 16)]
    assert convolved(build_critic((56, 28, 1), width=8))[-1] == (7, 4, 16)
    assert convolved(build_critic((8, 8, 1), width=8)) == [(4, 4, 8)]


@pytest.mark.parametrize("shape", [*SHAPES, (56, 28, 2), (20, 24, 1)])
def test_numbers_are_counted_before_anything_is_built(shape):
    networks = build_generator(shape, 5, 6), build_critic(shape, 6)
    weights = sum(
        int(np.prod(w.shape))
        for network in networks
        for w in network.trainable_weights
        if w.name == "kernel"
    )
    passed_on = sum(
        int(np.prod(layer.output.shape[1:]))
        for layer in networks[1].layers
        if "conv" in layer.name or "images" in layer.name
    )
    counted = count_numbers(shape, 5, 6)
    assert counted[0] == weights
    assert passed_on < counted[1] < 2.01 * passed_on


def test_maxmin_by_hand():
    values = np.array([[1.0, -2.0, 5.0, 0.5], [3.0, 3.0, -1.0, 7.0]])
    sorted_ = [[5.0, 0.5, 1.0, -2.0], [3.0, 7.0, -1.0, 3.0]]
    assert MaxMin()(values).numpy().tolist() == sorted_


def test_maxmin_keeps_the_length_of_a_gradient():
    inputs = tf.random.stateless_normal((5, 3, 3, 8), (0, 0))
    direction = tf.random.stateless_normal((5, 3, 3, 8), (1, 0))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(MaxMin()(inputs) * direction)
    before, after = tf.norm(direction), tf.norm(tape.gradient(total, inputs))
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_activations_of_the_critic():
    kinds = [type(layer).__name__ for layer in build_critic(activation="maxmin").layers]
    assert kinds.count("MaxMin") == kinds.count("Conv2D") == 3
    assert "LeakyReLU" not in kinds
    with pytest.raises(ValueError, match="'leaky_relu' or 'maxmin', not 'relu'"):
        build_critic(activation="relu")
    with pytest.raises(ValueError, match="width must be even, not 5"):
        build_critic(width=5, activation="maxmin")


def test_layer_normalisation_is_over_the_picture_with_one_gain_a_channel():
    layer = build_critic(width=4, normalization="layer").layers[4]
    images = np.random.default_rng(0).normal(3, 5, (2, 7, 7, 8)).astype(np.float32)
    assert [w.shape for w in layer.weights] == [(8,), (8,)]
    normalised = layer(images).numpy()
    mean, deviation = (f(images, axis=(1, 2, 3), keepdims=True) for f in (np.mean, np.std))
    np.testing.assert_allclose(normalised, (images - mean) / deviation, atol=1e-3)


def test_the_critic_is_the_discriminator_without_dropout():
    def kinds(network):
        return [type(layer).__name__ for layer in network.layers]

    with_dropout = kinds(build_discriminator(width=2))
    assert "Dropout" in with_dropout
    assert kinds(build_critic(width=2)) == [k for k in with_dropout if k != "Dropout"]
    assert kinds(build_discriminator(width=2, dropout=0)) == kinds(build_critic(width=2))


def test_mixed_precision_keeps_the_ends_in_float32():
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        generator, critic = build_generator(width=2), build_critic(width=2)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    latents = np.zeros((1, 128), np.float32)
    assert generator.layers[1].compute_dtype == "bfloat16"
    assert generator(latents).dtype == "float32"
    assert critic(generator(latents)).dtype == "float32"


@pytest.mark.parametrize("shape", [(30, 30, 1), (28, 30, 1), (4, 4, 1), (28, 28, 0)])
def test_shapes_that_do_not_fit(shape):
    for build in (build_generator, build_critic):
        with pytest.raises(ValueError, match="does not fit these networks"):
            build(shape)


def test_the_seed_fixes_the_weights():
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return build_generator(width=2).get_weights()

    for one, same in zip(weights(1), weights(1), strict=True):
        np.testing.assert_array_equal(one, same)
    assert (weights(1)[0] != weights(2)[0]).any()


def test_normalisation_comes_after_every_convolution_but_the_first():
    for name, kind in (("batch", "BatchNormalization"), ("layer", "LayerNormalization")):
        network = build_critic((32, 32, 1), width=2, normalization=name)
        kinds = [type(layer).__name__ for layer in network.layers]
        assert kinds.count(kind) == kinds.count("Conv2D") - 1 == 2
        assert kinds[kinds.index(kind) - 1] == "Conv2D"
        assert kinds[2] == "LeakyReLU"
    with pytest.raises(ValueError, match="'batch', 'layer' or None, not 'group'"):
        build_discriminator(normalization="group")
