import keras
import numpy as np
import pytest

from wgan_keras import earth_mover_of_samples
from wgan_keras.theory import duality
from wgan_keras.theory.duality import wasserstein_from_critic


def linear_critic(weights):
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.set_weights([np.array(weights, "float32")[:, None], np.zeros(1)])
    return critic


def test_an_optimal_critic_measures_the_distance():
    fake = np.random.default_rng(0).normal(size=(50, 2)).astype("float32")
    real = fake + np.float32([3.0, 4.0])
    exact, _ = earth_mover_of_samples(real, fake)
    assert exact == pytest.approx(5, rel=1e-6)
    for scale in (0.1, 7.0):
        found = wasserstein_from_critic(linear_critic([3 * scale, 4 * scale]), real, fake)
        assert found.estimate == pytest.approx(25 * scale, rel=1e-5)
        assert found.lipschitz_low == pytest.approx(5 * scale, rel=1e-5)
        assert found.lipschitz_high == pytest.approx(5 * scale, rel=1e-5)
        assert found.low == pytest.approx(exact, rel=1e-5)
        assert found.high == pytest.approx(exact, rel=1e-5)
    wrong = wasserstein_from_critic(linear_critic([4.0, -3.0]), real, fake)
    assert wrong.high == pytest.approx(0, abs=1e-5)
    turned = wasserstein_from_critic(linear_critic([-3.0, -4.0]), real, fake)
    assert turned.low == pytest.approx(-exact, rel=1e-5)
    dead = wasserstein_from_critic(linear_critic([0.0, 0.0]), real, fake)
    assert dead == (0, 0, 0, 0, 0)


def test_a_bracket_between_whose_ends_k_lies_strictly():
    """f(x, y) = relu(x) + relu(y): norm 1 · √2, slope 1 along either axis."""
    critic = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, "relu"), keras.layers.Dense(1)]
    )
    critic.set_weights([np.eye(2), np.zeros(2), np.ones((2, 1)), np.zeros(1)])
    real, fake = np.array([[3.0, -1.0]]), np.array([[1.0, -1.0]])
    found = wasserstein_from_critic(critic, real, fake)
    assert found.estimate == pytest.approx(2)
    assert found.lipschitz_low == pytest.approx(1)
    assert found.lipschitz_high == pytest.approx(np.sqrt(2))
    assert found.low == pytest.approx(2 / np.sqrt(2))
    assert found.high == pytest.approx(2)


def test_models_that_are_no_chain_have_no_bound():
    points = keras.Input((2,))
    layer = keras.layers.Dense(2, use_bias=False)
    last = keras.layers.Dense(1)
    for output in (last(layer(layer(points))), last(100 * layer(points))):
        critic = keras.Model(points, output)
        found = wasserstein_from_critic(critic, np.ones((3, 2)), np.zeros((3, 2)))
        assert found.lipschitz_high == np.inf
    chain = keras.Model(points, keras.layers.Dense(1)(layer(points)))
    found = wasserstein_from_critic(chain, np.ones((3, 2)), np.zeros((3, 2)))
    assert found.lipschitz_high < np.inf


@pytest.mark.parametrize("strides", [1, 2, (1, 3)])
def test_the_bound_is_above_the_slope_of_a_convolutional_critic(strides):
    critic = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            keras.layers.Conv2D(4, 4, strides=strides, padding="same"),
            keras.layers.LeakyReLU(0.2),
            keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)]),
        ]
    )
    # The norm of the convolution itself, from the whole matrix that it is.
    layer = critic.layers[0]
    unit_images = np.eye(162, dtype="float32").reshape(162, 9, 9, 2)
    matrix = layer(unit_images).numpy().reshape(162, -1) - layer.bias.numpy().mean()
    exact = np.linalg.norm(matrix, 2)
    bound = duality._layer_norm(layer)
    assert exact <= bound * (1 + 1e-6)
    assert bound < 3 * exact

    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 20, 9, 9, 2))
    found = wasserstein_from_critic(critic, real, fake)
    assert 0 < found.lipschitz_low <= found.lipschitz_high < np.inf


def test_layers_without_a_known_bound():
    critic = keras.Sequential(
        [keras.Input((2,)), keras.layers.LayerNormalization(), keras.layers.Dense(1)]
    )
    found = wasserstein_from_critic(critic, np.ones((3, 2)), np.zeros((3, 2)))
    assert found.lipschitz_high == np.inf
    assert 0 in (found.low, found.high)


def test_the_dual_needs_as_many_of_both():
    with pytest.raises(ValueError, match=r"of one shape .* not \(3, 2\) and \(4, 2\)"):
        wasserstein_from_critic(linear_critic([1, 1]), np.ones((3, 2)), np.ones((4, 2)))
