"""Small critics and discriminators, trained to their optimum on fixed points."""

import keras
import tensorflow as tf

from wgan_keras.nets.lipschitz import WeightClip
from wgan_keras.nets.losses import critic_loss


def multilayer_perceptron(inputs, outputs=1, width=64, depth=2, constraint=None):
    """A small network of leaky ReLU layers on points `(N, inputs)`.

    Args:
        inputs: Coordinates of a point.
        outputs: Values that the network returns for each point.
        width: Units in a hidden layer.
        depth: Hidden layers.
        constraint: `keras.constraints.Constraint` of all kernels and biases.
    """
    bounds = {"kernel_constraint": constraint, "bias_constraint": constraint}
    hidden = [
        keras.layers.Dense(width, activation="leaky_relu", **bounds) for _ in range(depth)
    ]
    last = keras.layers.Dense(outputs, **bounds)
    return keras.Sequential([keras.Input((inputs,)), *hidden, last])


def train_adversary(network, loss, real, fake, optimizer, steps):
    """Trains a critic or a discriminator alone, on fixed points, all in every step.

    Args:
        network: Built `keras.Model`; constraints on its variables are honoured.
        loss: Function of the outputs for real and for fake points.
        real: float32 points `(N, d)`.
        fake: float32 points `(M, d)`.
        optimizer: Keras optimizer.
        steps: Number of updates.
    """
    real, fake = (tf.constant(points, tf.float32) for points in (real, fake))
    optimizer.build(network.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = loss(network(real, training=True), network(fake, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)

    update = step.get_concrete_function()  # or TensorFlow warns where many are trained
    for _ in range(steps):
        update()


def outputs_and_slopes(network, points):
    """A network's outputs `(N,)` at points `(N, d)`, and their gradients `(N, d)`."""
    points = tf.constant(points, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs = network(points, training=False)
    return outputs.numpy()[:, 0].astype(float), tape.gradient(outputs, points).numpy()


def clipped_critic(inputs, clip_value, real, fake, steps, **size):
    """A critic whose layers `WeightClip` constrains, trained by RMSprop on fixed points."""
    critic = multilayer_perceptron(inputs, constraint=WeightClip(clip_value), **size)
    rate = min(clip_value / 20, 1e-2)  # so that the way from −c to c takes forty steps
    train_adversary(critic, critic_loss, real, fake, keras.optimizers.RMSprop(rate), steps)
    return critic
