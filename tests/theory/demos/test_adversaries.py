import keras
import numpy as np
import pytest

from wgan_keras import WeightClip
from wgan_keras.nets.losses import critic_loss
from wgan_keras.nets.losses import discriminator_loss
from wgan_keras.theory.demos import adversaries

REAL = np.array([[1.0, 0.0], [1.5, 0.5]], "float32")
FAKE = np.array([[-1.0, 0.0], [-1.5, -0.5]], "float32")


def test_a_perceptron_has_the_layers_asked_for():
    network = adversaries.multilayer_perceptron(3, 2, width=5, depth=4)
    shapes = [layer.kernel.shape for layer in network.layers]
    assert shapes == [(3, 5), (5, 5), (5, 5), (5, 5), (5, 2)]
    activations = [layer.activation for layer in network.layers]
    assert activations == [*[keras.activations.leaky_relu] * 4, keras.activations.linear]
    assert all(v.constraint is None for v in network.trainable_variables)
    bound = WeightClip(0.3)
    clipped = adversaries.multilayer_perceptron(3, constraint=bound)
    assert all(v.constraint is bound for v in clipped.trainable_variables)


def test_training_is_gradient_descent_on_all_points():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    kernel, bias = network.get_weights()
    sgd = keras.optimizers.SGD(0.1)
    adversaries.train_adversary(network, critic_loss, REAL, FAKE, sgd, steps=3)
    slope = (REAL.mean(axis=0) - FAKE.mean(axis=0))[:, None]
    np.testing.assert_allclose(network.get_weights()[0], kernel + 0.3 * slope, atol=1e-6)
    np.testing.assert_allclose(network.get_weights()[1], bias, atol=1e-6)


def test_a_discriminator_learns_to_tell_points_apart():
    network = adversaries.multilayer_perceptron(2, width=8)
    adam = keras.optimizers.Adam(0.05)
    adversaries.train_adversary(network, discriminator_loss, REAL, FAKE, adam, steps=50)
    assert np.min(network(REAL)) > 2
    assert np.max(network(FAKE)) < -2


def test_outputs_and_slopes_by_hand():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.set_weights([np.array([[3.0], [-4.0]]), np.array([0.5])])
    outputs, slopes = adversaries.outputs_and_slopes(network, REAL)
    np.testing.assert_allclose(outputs, [3.5, 3.0])
    np.testing.assert_allclose(slopes, [[3, -4], [3, -4]])


@pytest.mark.parametrize("clip_value", [0.05, 0.2])
def test_a_clipped_critic_ends_at_its_bounds(clip_value):
    critic = adversaries.clipped_critic(2, clip_value, REAL, FAKE, steps=80, width=8)
    largest = max(np.abs(v.numpy()).max() for v in critic.trainable_variables)
    assert largest == np.float32(clip_value)
    assert np.mean(critic(REAL)) > np.mean(critic(FAKE))
