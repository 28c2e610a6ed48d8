import numpy as np
import tensorflow as tf
from scipy import stats

from wgan_keras.nets import slopes

SEED = tf.constant([3, 4], tf.int64)


def test_mixtures_have_a_measure_for_each_pair():
    real, fake = tf.ones((500, 2, 2, 3)), tf.zeros((500, 2, 2, 3))
    share = slopes.mixtures(real, fake, SEED).numpy()
    assert (share == share[:, :1, :1, :1]).all()
    assert len(np.unique(share[:, 0, 0, 0])) > 490
    assert stats.kstest(share[:, 0, 0, 0], "uniform").pvalue > 0.01
    other = slopes.mixtures(real, fake, SEED + 1).numpy()
    assert (other != share).any()


def test_gradient_norms_by_hand_and_where_there_is_no_slope():
    def score(images):
        return tf.reduce_sum(tf.nn.relu(images) ** 2, axis=(1, 2, 3))

    images = tf.reshape(tf.constant([[3.0, 4.0], [-1.0, -2.0]]), (2, 1, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(images)
        norms = slopes.gradient_norms(score, images)
    np.testing.assert_allclose(norms, [10.0, 0.0])
    assert np.isfinite(tape.gradient(norms, images)).all()
