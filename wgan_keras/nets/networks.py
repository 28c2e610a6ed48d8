"""The DCGAN networks: one builder each, for 28×28, 32×32, 64×64 and larger pictures.

DCGAN and WGAN share the generator, so that comparing the two compares the methods. The
critic is the discriminator without dropout. Kernels are 4×4 with stride 2, as in the
WGAN authors' own code: a stride that divides the kernel leaves no checkerboard.

Reference:
    Radford, Metz, Chintala (2016), "Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks", section 3.
"""

from itertools import pairwise

import keras
from keras import layers

from wgan_keras.errors import UserError
from wgan_keras.nets.introspection import check_channels_last


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
) -> keras.Model:
    """Builds the network that gives images a score: linear at its end.

    Args:
        image_shape: `(height, width, channels)`, as for `build_generator`.
        width: Channels after the first layer; each further one doubles them.
        normalization: `"batch"` or `"layer"`, after every convolution but the first;
            `None` for none.

    Returns:
        A `keras.Model` from images `(N, height, width, channels)` in [-1, 1] to
        float32 scores `(N, 1)`, any real number.

    Raises:
        ValueError: The sides of `image_shape` do not fit.
    """
    return _build_adversary(image_shape, width, 0.0, normalization, "critic")


def build_discriminator(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    width: int = 64,
    dropout: float = 0.3,
    normalization: str | None = None,
) -> keras.Model:
    """Builds the network that tells real images from generated ones.

    Args:
        image_shape: `(height, width, channels)`, as for `build_generator`.
        width: Channels after the first layer; each further one doubles them.
        dropout: Share of activations dropped after each convolution, in [0, 1).
        normalization: As for `build_critic`.

    Returns:
        A `keras.Model` from images `(N, height, width, channels)` in [-1, 1] to
        float32 logits `(N, 1)`: the probability of being real before its sigmoid,
        which the loss takes in a form that cannot overflow.

    Raises:
        ValueError: The sides of `image_shape` do not fit.
    """
    return _build_adversary(image_shape, width, dropout, normalization, "discriminator")


_NORMALIZATIONS = {
    "batch": lambda: layers.BatchNormalization(momentum=0.9),
    "layer": lambda: layers.LayerNormalization(axis=(1, 2, 3)),
}


def _build_adversary(image_shape, width, dropout, normalization, name):
    if normalization not in (None, *_NORMALIZATIONS):
        raise UserError(
            f"normalization must be 'batch', 'layer' or None, not {normalization!r}."
        )
    images = x = keras.Input(image_shape, name="images")
    for level in range(_doublings(image_shape)):
        x = layers.Conv2D(width << level, 4, strides=2, padding="same", **_normal())(x)
        if normalization and level:
            x = _NORMALIZATIONS[normalization]()(x)
        x = layers.LeakyReLU(0.2)(x)
        if dropout:
            x = layers.Dropout(dropout)(x)
    scores = layers.Dense(1, dtype="float32", name="scores", **_normal())(
        layers.Flatten()(x)
    )
    return keras.Model(images, scores, name=name)


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
    doublings = _doublings(image_shape)
    height, side_width, channels = image_shape
    pixels = [(height >> level) * (side_width >> level) for level in range(doublings + 1)]
    # Channels at each level, from the whole picture to the smallest one.
    filters = [channels, *(width << level for level in range(doublings))]
    convolutions = sum(16 * a * b for a, b in pairwise(filters))
    smallest = pixels[-1] * filters[-1]
    weights = 2 * convolutions + latent_dim * smallest + smallest
    return weights, 2 * sum(p * f for p, f in zip(pixels, filters, strict=True))
