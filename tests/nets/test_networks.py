import keras
import numpy as np
import pytest

from wgan_keras import build_critic
from wgan_keras import build_discriminator
from wgan_keras import build_generator

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
    critic = build_critic((64, 64, 3), width=8)
    shapes = [layer.output.shape[1:] for layer in critic.layers if "conv" in layer.name]
    assert shapes == [(32, 32, 8), (16, 16, 16), (8, 8, 32), (4, 4, 64)]


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
