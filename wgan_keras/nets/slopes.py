"""How steep a critic is: its gradient over pixels, and the points between real and fake."""

import keras
import tensorflow as tf

from wgan_keras.nets.latents import first_row
from wgan_keras.nets.latents import mixing_shares


def mixtures(real, fake, seed):
    """Points between real and fake images `(N, …)`, each pair mixed in its own measure.

    Args:
        real: float32 images.
        fake: As many generated ones.
        seed: int64 pair that fixes the measures, uniform in [0, 1). They depend on it and
            on an image's row in the global batch alone.

    Reference:
        Gulrajani et al. (2017), Algorithm 1, lines 4 to 6.
    """
    count = tf.shape(real)[0]
    share = mixing_shares(*tf.unstack(seed), first_row(count), count)
    share = tf.reshape(tf.cast(share, real.dtype), (-1,) + (1,) * (len(real.shape) - 1))
    return share * real + (1 - share) * fake


def gradient_norms(score, images):
    """Norms `(N,)` of a critic's gradient over all pixels, float32, safe at 0.

    Args:
        score: Function from images to scores.
        images: float32 tensor `(N, …)`.
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = score(images)
    gradients = tf.cast(tape.gradient(scores, images), keras.config.floatx())
    squares = tf.reduce_sum(gradients**2, axis=list(range(1, len(images.shape))))
    # The root's own slope at 0 is infinite, and would make the penalty's gradient NaN.
    return tf.where(squares > 0, tf.sqrt(tf.where(squares > 0, squares, 1.0)), 0.0)
