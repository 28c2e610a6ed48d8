import numpy as np
import pytest
import tensorflow as tf

from wgan_keras.nets import losses

REAL, FAKE = np.array([[1.0], [4.0], [-2.0]]), np.array([[0.5], [-1.5], [2.5]])


def test_wasserstein_losses_by_hand():
    assert losses.critic_loss(REAL, FAKE).numpy() == pytest.approx(0.5 - 1.0)
    assert losses.wasserstein_generator_loss(FAKE).numpy() == pytest.approx(-0.5)


def test_gan_losses_are_the_textbook_formulas():
    real, fake = (1 / (1 + np.exp(-logits)) for logits in (REAL, FAKE))
    expected = -np.log(real).mean() - np.log(1 - fake).mean()
    assert losses.discriminator_loss(REAL, FAKE).numpy() == pytest.approx(expected)
    expected = -np.log(fake).mean()
    assert losses.non_saturating_generator_loss(FAKE).numpy() == pytest.approx(expected)


def test_gan_losses_do_not_overflow():
    huge = np.array([[1e4], [-1e4]])
    assert losses.discriminator_loss(huge, huge).numpy() == pytest.approx(1e4)


def test_half_precision_scores_are_averaged_in_float32():
    scores = tf.ones((4096, 1), tf.bfloat16) * 1.0078125  # the next number above 1
    loss = losses.critic_loss(tf.zeros_like(scores), scores)
    assert loss.dtype == tf.float32
    assert loss.numpy() == pytest.approx(1.0078125)
