"""The Wasserstein losses and those of the original GAN, as plain functions.

All take the outputs of a critic or discriminator, of any shape and float dtype, and
return a scalar of Keras' `floatx`, float32 unless it is set, to be minimised.
"""

import keras
import tensorflow as tf

# === WGAN: scores, no sigmoid, no logarithm ===


def critic_loss(real_scores, fake_scores):
    """The critic's loss, mean f(fake) − mean f(real).

    Algorithm 1 ascends the gradient of mean f(real) − mean f(fake); an optimizer
    descends, hence the sign. The negative loss is at most K times the Earth-Mover
    distance, K being the critic's Lipschitz constant, and reaches that if the best
    function is among those that the critic can be.

    Reference:
        Arjovsky, Chintala, Bottou (2017), Algorithm 1, line 5, and equation 2.
    """
    return _mean(fake_scores) - _mean(real_scores)


def wasserstein_generator_loss(fake_scores):
    """The generator's loss, −mean f(fake).

    Reference:
        Arjovsky, Chintala, Bottou (2017), Algorithm 1, line 10.
    """
    return -_mean(fake_scores)


# === The original GAN: logits of a probability ===


def discriminator_loss(real_logits, fake_logits):
    """The discriminator's loss, −mean log D(real) − mean log(1 − D(fake)).

    D is the sigmoid of a logit; both terms are softplus functions of the logit, which
    neither overflow nor take the logarithm of 0.

    Reference:
        Goodfellow et al. (2014), "Generative Adversarial Nets", Algorithm 1.
    """
    return _mean(tf.nn.softplus(-real_logits)) + _mean(tf.nn.softplus(fake_logits))


def non_saturating_generator_loss(fake_logits):
    """The generator's loss as it is used in practice, −mean log D(fake).

    Reference:
        Goodfellow et al. (2014), section 3, last paragraph.
    """
    return _mean(tf.nn.softplus(-fake_logits))


def _mean(values):
    return tf.reduce_mean(tf.cast(values, keras.config.floatx()))
