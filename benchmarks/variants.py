"""Networks that the search tries, each part of them an option.

Both networks pass 7×7 and 14×14 on their way between a vector and 28×28.
"""

import keras
import tensorflow as tf
from keras import layers
from keras import ops

from wgan_keras import LayerNormalization


def build_generator(
    latent_dim=128,
    channels=(64, 32),
    std=0.02,
    normalization="batch",
    upsampling="transposed",
    hidden=0,
    blocks=0,
    zero_blocks=True,
    momentum=0.9,
    output_bias=0.0,
    kernel=4,
):
    """Latents to 28×28×1 in [-1, 1].

    Args:
        latent_dim: Length of the latents.
        channels: At 7×7 and at 14×14.
        std: Of the initial kernels, or `"he"`, or `"orthogonal"`.
        normalization: `"batch"`, `"layer"`, `"pixel"` or `None`.
        upsampling: `"transposed"`, `"nearest"` or `"subpixel"`.
        hidden: Units of a dense layer before the first picture.
        blocks: Residual blocks of one 3×3 convolution at 7×7.
        zero_blocks: Whether a block's convolution starts at zero.
        momentum: Of the batch normalisation.
        output_bias: Where the last layer's bias starts.
        kernel: Side of the kernels of the doublings (transposed).
    """
    initial = lambda: {"kernel_initializer": initializer(std)}  # noqa: E731

    def activate(x):
        return layers.ReLU()(normalize(x, normalization, momentum))

    def double(x, count, **options):
        if upsampling == "transposed":
            return layers.Conv2DTranspose(
                count, kernel, strides=2, padding="same", **initial(), **options
            )(x)
        if upsampling == "subpixel":
            x = layers.Conv2D(4 * count, 3, padding="same", **initial(), **options)(x)
            return DepthToSpace()(x)
        x = layers.UpSampling2D()(x)
        return layers.Conv2D(count, 3, padding="same", **initial(), **options)(x)

    latents = x = keras.Input((latent_dim,), name="latents")
    if hidden:
        x = layers.Dense(hidden, use_bias=False, **initial())(x)
        x = activate(x)
    x = layers.Dense(49 * channels[0], use_bias=False, **initial())(x)
    x = layers.Reshape((7, 7, channels[0]))(x)
    for _ in range(blocks):
        kernel_initializer = "zeros" if zero_blocks else initializer(std)
        y = layers.Conv2D(
            channels[0],
            3,
            padding="same",
            use_bias=False,
            kernel_initializer=kernel_initializer,
        )(activate(x))
        x = layers.Add()([x, y])
    x = double(activate(x), channels[1], use_bias=False)
    x = activate(x)
    bias = {"bias_initializer": keras.initializers.Constant(output_bias)}
    x = double(x, 1, **bias)
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="generator")


def build_critic(
    channels=(32, 64),
    std=0.02,
    normalization=None,
    activation="leaky_relu",
    dropout=0.0,
    blocks=0,
    zero_blocks=True,
    minibatch=False,
    kernel=4,
    norm_all=False,
    gain=True,
):
    """28×28×1 in [-1, 1] to a score.

    Args:
        channels: At 14×14 and at 7×7.
        std: Of the initial kernels, or `"he"`, or `"orthogonal"`.
        normalization: `"batch"`, `"layer"`, `"pixel"` or `None`, after the second
            convolution.
        activation: `"leaky_relu"`, `"maxmin"`, `"silu"`, `"relu"`.
        dropout: After each convolution.
        blocks: Residual blocks of one 3×3 convolution at 7×7.
        zero_blocks: Whether a block's convolution starts at zero.
        minibatch: Whether the deviation within the batch is one more channel at 7×7.
        kernel: Side of the convolutions' kernels.
        norm_all: Whether the first convolution is normalised, too.
        gain: Whether the normalisation has a gain and a bias.
    """
    initial = lambda: {"kernel_initializer": initializer(std)}  # noqa: E731

    def activate(x):
        x = ACTIVATIONS[activation]()(x)
        return layers.Dropout(dropout)(x) if dropout else x

    images = x = keras.Input((28, 28, 1), name="images")
    for index, count in enumerate(channels):
        x = layers.Conv2D(count, kernel, strides=2, padding="same", **initial())(x)
        if index or norm_all:
            x = normalize(x, normalization, gain=gain)
        x = activate(x)
    for _ in range(blocks):
        kernel_initializer = "zeros" if zero_blocks else initializer(std)
        y = layers.Conv2D(
            channels[1], 3, padding="same", kernel_initializer=kernel_initializer
        )(x)
        x = layers.Add()([x, activate(normalize(y, normalization))])
    if minibatch:
        x = BatchDeviation()(x)
    scores = layers.Dense(1, name="scores", **initial())(layers.Flatten()(x))
    return keras.Model(images, scores, name="critic")


def initializer(std):
    if std == "he":
        return keras.initializers.HeNormal()
    if std == "orthogonal":
        return keras.initializers.Orthogonal()
    return keras.initializers.RandomNormal(stddev=std)


def normalize(x, kind, momentum=0.9, gain=True):
    options = {"center": gain, "scale": gain}
    if kind == "batch":
        return layers.BatchNormalization(momentum=momentum, **options)(x)
    if kind == "layer":
        axes = tuple(range(1, len(x.shape)))
        return layers.LayerNormalization(axis=axes, **options)(x)
    if kind == "instance":
        return layers.GroupNormalization(groups=-1, **options)(x)
    if kind == "channel":  # layer normalisation with one gain and bias for each channel
        return LayerNormalization(**options)(x)
    if kind == "pixel":
        return layers.UnitNormalization(axis=-1)(x) * x.shape[-1] ** 0.5
    return x


class DepthToSpace(layers.Layer):
    def call(self, x):
        return tf.nn.depth_to_space(x, 2)


class MaxMin(layers.Layer):
    """Sorts channels in pairs: the activation of Anil, Lucas, Grosse (2019)."""

    def call(self, x):
        a, b = ops.split(x, 2, axis=-1)
        return ops.concatenate([ops.maximum(a, b), ops.minimum(a, b)], axis=-1)


class BatchDeviation(layers.Layer):
    """Adds the mean deviation within the batch as one channel (Karras et al., 2018)."""

    def call(self, x):
        deviation = ops.mean(ops.sqrt(ops.var(x, axis=0) + 1e-8))
        return ops.concatenate([x, ops.ones_like(x[..., :1]) * deviation], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)


ACTIVATIONS = {
    "leaky_relu": lambda: layers.LeakyReLU(0.2),
    "leaky_relu_0.1": lambda: layers.LeakyReLU(0.1),
    "relu": layers.ReLU,
    "silu": lambda: layers.Activation("silu"),
    "maxmin": MaxMin,
}
