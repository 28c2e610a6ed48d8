"""The DCGAN networks: one builder each, for 28×28, 32×32, 64×64 and larger pictures.

DCGAN and WGAN share the generator, so that comparing the two compares the methods. The
critic is the discriminator without dropout. Kernels are 4×4 with stride 2, as in the
WGAN authors' own code: a stride that divides the kernel leaves no checkerboard. The critic
goes on until its picture is no larger than 4×4, so that its last layer has seen all of it.

Reference:
    Radford, Metz, Chintala (2016), "Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks", section 3.
"""

from itertools import pairwise

import keras
from keras import layers
from keras import ops

from wgan_keras.errors import UserError
from wgan_keras.nets.introspection import check_channels_last
from wgan_keras.nets.normalization import LayerNormalization


def build_generator(
    image_shape: tuple[int, int, int] = (28, 28, 1), latent_dim: int = 128, width: int = 64
) -> keras.Model:
    """Builds the network that turns latents into images.

    A dense layer makes a small picture of many channels; each transposed convolution
    then doubles its sides and halves its channels.

    Args:
        image_shape: `(height, width, channels)`; sides of 4 to 7 pixels times a power
            of two, such as 28, 32 and 64.
        latent_dim: Length of a latent vector.
        width: Channels before the last layer.

    Returns:
        A `keras.Model` from latents `(N, latent_dim)`, standard normal, to float32
        images `(N, height, width, channels)` in [-1, 1].

    Raises:
        ValueError: The sides of `image_shape` do not fit.
    """
    doublings = _doublings(image_shape)
    height, side_width, channels = image_shape
    small = (height >> doublings, side_width >> doublings, width << (doublings - 1))

    # === Latents to a small picture ===
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(small[0] * small[1] * small[2], use_bias=False, **_normal())(latents)
    x = layers.Reshape(small)(x)

    # === Doublings ===
    for level in reversed(range(doublings - 1)):
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.Conv2DTranspose(
            width << level, 4, strides=2, padding="same", use_bias=False, **_normal()
        )(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **_normal())(x)
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="generator")


def build_critic(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    width: int = 64,
    normalization: str | None = None,
    activation: str = "leaky_relu",
) -> keras.Model:
    """Builds the network that gives images a score: linear at its end.

    Args:
        image_shape: `(height, width, channels)`, as for `build_generator`.
        width: Channels after the first layer. Each further one doubles them, up to as
            many as the generator starts with.
        normalization: `"batch"` or `"layer"`, after every convolution but the first;
            `None` for none. Layer normalisation is over the whole picture, with one gain
            and one bias for each channel, as in the code of the gradient penalty's authors
            (`LayerNormalization`).
        activation: `"leaky_relu"`, or `"maxmin"` for `MaxMin`.

    Returns:
        A `keras.Model` from images `(N, height, width, channels)` in [-1, 1] to
        float32 scores `(N, 1)`, any real number.

    Raises:
        ValueError: The sides of `image_shape` do not fit, `normalization` or `activation`
            is none of those above, or `"maxmin"` meets an odd width.
    """
    return _build_adversary(image_shape, width, 0.0, normalization, activation, "critic")


def build_discriminator(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    width: int = 64,
    dropout: float = 0.3,
    normalization: str | None = None,
) -> keras.Model:
    """Builds the network that tells real images from generated ones.

    Args:
        image_shape: `(height, width, channels)`, as for `build_generator`.
        width: As for `build_critic`.
        dropout: Share of activations dropped after each convolution, in [0, 1).
        normalization: As for `build_critic`.

    Returns:
        A `keras.Model` from images `(N, height, width, channels)` in [-1, 1] to
        float32 logits `(N, 1)`: the probability of being real before its sigmoid,
        which the loss takes in a form that cannot overflow.

    Raises:
        ValueError: The sides of `image_shape` do not fit, or `normalization` is none of
            those above.
    """
    return _build_adversary(
        image_shape, width, dropout, normalization, "leaky_relu", "discriminator"
    )


@keras.saving.register_keras_serializable(package="wgan_keras")
class MaxMin(layers.Layer):
    """Sorts channels in pairs, the larger first, so that gradients keep their length.

    A critic whose every layer has norm 1, as under spectral normalisation, loses some of
    its slope with each LeakyReLU. Sorting only changes places, so nothing is lost.

    Channel i is paired with channel i + C/2, so the number of channels C must be even.

    Reference:
        Anil, Lucas, Grosse (2019), "Sorting Out Lipschitz Function Approximation",
        section 4, where it is GroupSort with groups of two.
    """

    def call(self, inputs):
        first, second = ops.split(inputs, 2, axis=-1)
        excess = ops.relu(first - second)  # its gradient is faster than a maximum's
        return ops.concatenate([second + excess, first - excess], axis=-1)


_NORMALIZATIONS = {
    "batch": lambda: layers.BatchNormalization(momentum=0.9),
    "layer": LayerNormalization,
}
_ACTIVATIONS = {"leaky_relu": lambda: layers.LeakyReLU(0.2), "maxmin": MaxMin}


def _build_adversary(image_shape, width, dropout, normalization, activation, name):
    if normalization not in (None, *_NORMALIZATIONS):
        raise UserError(
            f"normalization must be 'batch', 'layer' or None, not {normalization!r}."
        )
    if activation not in _ACTIVATIONS:
        raise UserError(f"activation must be 'leaky_relu' or 'maxmin', not {activation!r}.")
    if activation == "maxmin" and width % 2:
        raise UserError(f"'maxmin' pairs channels, so width must be even, not {width}.")
    images = x = keras.Input(image_shape, name="images")
    for level, filters in enumerate(_adversary_filters(image_shape, width)):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", **_normal())(x)
        if normalization and level:
            x = _NORMALIZATIONS[normalization]()(x)
        x = _ACTIVATIONS[activation]()(x)
        if dropout:
            x = layers.Dropout(dropout)(x)
    scores = layers.Dense(1, dtype="float32", name="scores", **_normal())(
        layers.Flatten()(x)
    )
    return keras.Model(images, scores, name=name)


def _adversary_filters(image_shape, width):
    """Channels after each convolution of the critic, which ends with at most 4×4 pixels."""
    doublings = _doublings(image_shape)
    filters = [width << level for level in range(doublings)]
    if min(image_shape[:2]) >> doublings > 4:
        filters.append(filters[-1])
    return filters


def _normal():
    """A fresh initializer for each layer: an initializer's second draw is its first."""
    return {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.02)}


def _doublings(image_shape):
    """How often both sides can be halved until the shorter is below 8."""
    check_channels_last()
    height, width, channels = image_shape
    doublings = max(min(height, width).bit_length() - 3, 0)
    if channels < 1 or doublings < 1 or height % 2**doublings or width % 2**doublings:
        raise UserError(
            f"image_shape={tuple(image_shape)} does not fit these networks: expected "
            "(height, width, channels) with sides of 4 to 7 pixels times a power of "
            "two, such as 28, 32 or 64; resize the images or build networks of your own."
        )
    return doublings


def count_numbers(image_shape, latent_dim, width):
    """How large the two networks are, worked out before they are built.

    Args:
        image_shape: `(height, width, channels)`, as for `build_generator`.
        latent_dim: Length of a latent vector.
        width: Of both networks.

    Returns:
        `(weights, activations)`: the weights of the convolutions and dense layers of both,
        and the values that their layers pass on for one image.

    Raises:
        ValueError: The sides of `image_shape` do not fit.
    """
    height, side_width, channels = image_shape

    def count(filters, others):  # `others`: at the other end of the dense layer
        pixels = [-(-height >> n) * -(-side_width >> n) for n in range(len(filters))]
        sizes = [p * f for p, f in zip(pixels, filters, strict=True)]
        convolutions = sum(16 * a * b for a, b in pairwise(filters))
        return convolutions + others * sizes[-1], sum(sizes)

    critic = [channels, *_adversary_filters(image_shape, width)]
    generator = critic[: 1 + _doublings(image_shape)]  # from its end to its beginning
    counts = count(generator, latent_dim), count(critic, 1)
    return tuple(sum(numbers) for numbers in zip(*counts, strict=True))
