"""Layer normalisation that can be differentiated twice, for the gradient penalty."""

import keras
from keras import layers
from keras import ops


@keras.saving.register_keras_serializable(package="wgan_keras")
class LayerNormalization(layers.GroupNormalization):
    """Normalises each picture as a whole, with one gain and one bias for each channel.

    It computes what `keras.layers.GroupNormalization(groups=1)` computes, and has the same
    first derivative. The second derivative of Keras' layer is wrong on TensorFlow, as is
    that of `keras.layers.LayerNormalization`: both call `tf.nn.moments`, which treats the
    mean as a constant in the variance. A gradient penalty would descend along it.

    Args:
        epsilon: Small number above 0, added to the variance.
        **options: As for any Keras layer, such as `name` and `dtype`.
    """

    def __init__(self, epsilon=1e-3, **options):
        super().__init__(**options | {"groups": 1, "epsilon": epsilon})

    def call(self, inputs):
        x = ops.cast(inputs, keras.backend.result_type(self.compute_dtype, "float32"))
        axes = tuple(range(1, len(x.shape)))
        centred = x - ops.mean(x, axes, keepdims=True)
        variance = ops.mean(ops.square(centred), axes, keepdims=True)
        x = ops.cast(centred * ops.rsqrt(variance + self.epsilon), self.compute_dtype)
        return x * ops.cast(self.gamma, x.dtype) + ops.cast(self.beta, x.dtype)


def has_second_derivative(layer):
    """Whether the layer's second derivative is right on TensorFlow.

    Args:
        layer: A Keras layer. Of group and layer normalisations, only the one above is.
    """
    from_keras = (layers.GroupNormalization, layers.LayerNormalization)
    return isinstance(layer, LayerNormalization) or not isinstance(layer, from_keras)
