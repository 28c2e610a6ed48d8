"""What the search recommends, in the package's own terms: recipes, networks, strategies.

The networks generalise to any sides that `build_generator` and `build_critic` take. The
recipes of the gradient penalty and of the DCGAN ran for 120 seconds as they stand, those of
clipping and of spectral normalisation for 60, all on 28×28 (docs/search.md).
"""

import keras
import tensorflow as tf
from keras import layers
from keras import ops

COMMON = {
    "batch_size": 32,
    "n_critic": 1,
    "average_decay": 0.999,  # warmed up: min(decay, (1 + step) / (10 + step))
    "latent_dim": 16,
    "width": 32,
}
RECIPES = {
    "gp": COMMON
    | {
        "optimizer": "Adam",
        "learning_rate": 2e-3,
        "betas": (0.0, 0.99),
        "normalization": "layer",
        "extra_convolution": True,
        "penalty": {"weight": 1.0, "share": 0.25},
    },
    "clip": COMMON
    | {
        "optimizer": "RMSprop",
        "learning_rate": 2e-3,
        "normalization": "batch",
        "extra_convolution": False,  # a trial with one did not finish in time
        "clip": {"clip_value": 0.05, "normalization": False},
    },
    "sn": COMMON
    | {
        "optimizer": "Adam",
        "learning_rate": 2e-3,
        "betas": (0.0, 0.9),
        "normalization": None,
        "activation": "maxmin",
        "extra_convolution": False,  # not tried with one
    },
    "dcgan": COMMON
    | {
        "optimizer": "Adam",
        "learning_rate": 2e-3,
        "betas": (0.0, 0.99),
        "normalization": "batch",
        "extra_convolution": True,
    },
}


# === Networks: what changes in build_critic; build_generator stays as it is ===


class MaxMin(layers.Layer):
    """Sorts channels in pairs, so that gradients keep their length.

    Reference:
        Anil, Lucas, Grosse (2019), "Sorting Out Lipschitz Function Approximation",
        section 4, where it is GroupSort with groups of two.
    """

    def call(self, x):
        first, second = ops.split(x, 2, axis=-1)
        return ops.concatenate(
            [ops.maximum(first, second), ops.minimum(first, second)], axis=-1
        )


NORMALIZATIONS = {
    "batch": lambda: layers.BatchNormalization(momentum=0.9),
    # Layer normalisation over a whole picture, with one gain and bias for each channel.
    "layer": lambda: layers.GroupNormalization(groups=1),
}
ACTIVATIONS = {"leaky_relu": lambda: layers.LeakyReLU(0.2), "maxmin": MaxMin}


def build_critic(
    image_shape=(28, 28, 1),
    width=32,
    normalization=None,
    activation="leaky_relu",
    extra_convolution=True,
    doublings=2,
):
    """Halves a picture `doublings` times, and once more where there is an extra one."""
    channels = [width << level for level in range(doublings)]
    if extra_convolution:  # sees the whole picture: 7×7 to 4×4
        channels.append(channels[-1])
    images = x = keras.Input(image_shape, name="images")
    for level, count in enumerate(channels):
        normal = keras.initializers.RandomNormal(stddev=0.02)
        x = layers.Conv2D(count, 4, strides=2, padding="same", kernel_initializer=normal)(x)
        if normalization and level:
            x = NORMALIZATIONS[normalization]()(x)
        x = ACTIVATIONS[activation]()(x)
    normal = keras.initializers.RandomNormal(stddev=0.02)
    scores = layers.Dense(1, dtype="float32", name="scores", kernel_initializer=normal)(
        layers.Flatten()(x)
    )
    return keras.Model(images, scores, name="critic")


# === Averages: statistics that are taken when the averaged generator is used ===


def refresh_statistics(generator, draw_latents, batches=20, batch_size=256):
    """Sets the normalisation statistics to plain means over some batches.

    Args:
        generator: The averaged generator.
        draw_latents: Function from a number of rows to that many latents.
        batches: How many batches the means are taken over.
        batch_size: Latents in each of them.

    Reference:
        Brock, Donahue, Simonyan (2019), "Large Scale GAN Training for High Fidelity
        Natural Image Synthesis", whose "standing statistics" these are.
    """
    norms = [x for x in generator.layers if isinstance(x, layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    for done in range(batches):
        for norm in norms:
            norm.momentum = done / (done + 1)
        generator(draw_latents(batch_size), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


# === Strategies: GradientPenalty(share=…), WeightClipping(normalization=…) ===


def some_pairs(real, fake, share):
    """The first `share` of the pairs: the penalty is then taken at these alone."""
    count = tf.maximum(tf.cast(share * tf.cast(tf.shape(real)[0], tf.float32), tf.int32), 1)
    return real[:count], fake[:count]


def clipped_variables(critic, normalization):
    """The variables to clip; those of normalisation layers only with `normalization`."""
    kinds = (
        layers.BatchNormalization,
        layers.LayerNormalization,
        layers.GroupNormalization,
    )
    exempt = {
        id(variable)
        for layer in critic._flatten_layers()
        if not normalization and isinstance(layer, kinds)
        for variable in layer.trainable_variables
    }
    return [v for v in critic.trainable_variables if id(v) not in exempt]
