"""The Kantorovich-Rubinstein dual: what a critic measures, and within which bounds."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from wgan_keras.errors import UserError
from wgan_keras.nets.introspection import chained_layers


class DualEstimate(NamedTuple):
    """A critic's estimate, and the bracket that its Lipschitz constant makes of it.

    Attributes:
        estimate: mean f(real) − mean f(fake), in units of the critic's scores.
        lipschitz_low: Steepest slope met at the points: K is at least that.
        lipschitz_high: Product of the layers' norms: K is at most that.
        low: The smaller of the estimate divided by the two.
        high: The larger. For a positive estimate, `low` is `estimate / lipschitz_high`,
            which is certainly not above the Earth-Mover distance, and what the critic
            shows of the distance, estimate / K, is not above `high`.
    """

    estimate: float
    lipschitz_low: float
    lipschitz_high: float
    low: float
    high: float


def wasserstein_from_critic(
    critic: keras.Model, real: ArrayLike, fake: ArrayLike
) -> DualEstimate:
    """The Kantorovich-Rubinstein dual: the Earth-Mover distance as a critic sees it.

    A critic divided by its Lipschitz constant K is 1-Lipschitz, so that its estimate
    divided by K is a lower bound of the distance, tight where the critic is optimal. K
    is not known, but lies between the steepest slope found (gradients at the points and
    between them, difference quotients of pairs) and the product of the layers' norms.

    The critic is taken as it stands: one that `SpectralNormalization` trains is measured
    with its raw kernels, which is another function, of the same sign but another scale.

    Args:
        critic: Built `keras.Model` from `(N, …)` to scores `(N, 1)`.
        real: float32 points or images `(N, …)`, scaled as the critic expects.
        fake: As many generated ones.

    Returns:
        A `DualEstimate`. Where the critic is not a chain of layers with known norms,
        `lipschitz_high` is `inf` and one end of the bracket is 0.

    Raises:
        ValueError: `real` and `fake` are not of one shape, or there are none.

    Reference:
        Arjovsky, Chintala, Bottou (2017), equation 2.
    """
    real, fake = (np.asarray(points, np.float32) for points in (real, fake))
    if real.shape != fake.shape or not len(real):
        raise UserError(
            "real and fake must be of one shape and not empty, not "
            f"{real.shape} and {fake.shape}."
        )
    share = np.random.default_rng(0).uniform(size=(len(real),) + (1,) * (real.ndim - 1))
    between = (share * real + (1 - share) * fake).astype(np.float32)
    (real_scores, real_slope), (fake_scores, fake_slope), (_, slope) = (
        _scores_and_steepest(critic, points) for points in (real, fake, between)
    )
    gaps = np.linalg.norm((real - fake).reshape(len(real), -1), axis=1)
    apart = gaps > 1e-3 * gaps.max()  # closer, a quotient would be rounding error
    quotients = np.abs(real_scores - fake_scores)[apart] / gaps[apart]
    low = float(max(real_slope, fake_slope, slope, quotients.max(initial=0)))
    high = max(low, _norms_product(critic))
    estimate = float(real_scores.mean() - fake_scores.mean())
    ends = [estimate / bound if bound else 0.0 for bound in (low, high)]
    return DualEstimate(estimate, low, high, min(ends), max(ends))


def _scores_and_steepest(critic, points, batch_size=256):
    """Scores `(N,)`, and the largest gradient norm over the points."""
    scores, steepest = [], 0.0
    for start in range(0, len(points), batch_size):
        batch = tf.constant(points[start : start + batch_size])
        with tf.GradientTape() as tape:
            tape.watch(batch)
            outputs = critic(batch, training=False)
        gradients = tape.gradient(outputs, batch).numpy().reshape(len(batch), -1)
        steepest = max(steepest, np.linalg.norm(gradients, axis=1).max())
        scores.append(outputs.numpy().astype(float).reshape(len(batch), -1)[:, 0])
    return np.concatenate(scores), steepest


def _norms_product(model):
    """Product of the layers' norms, `inf` where the model is not a chain of layers."""
    layers = chained_layers(model)
    if layers is None:
        return float("inf")
    norms = [
        _norms_product(layer) if isinstance(layer, keras.Model) else _layer_norm(layer)
        for layer in layers
    ]
    return 0.0 if 0.0 in norms else float(np.prod(norms))


def _layer_norm(layer):
    """An upper bound of a layer's Lipschitz constant (Euclidean norm)."""
    kind = type(layer)
    harmless = (
        keras.layers.InputLayer,
        keras.layers.Flatten,
        keras.layers.Reshape,
        keras.layers.Dropout,
        keras.layers.ReLU,
        keras.layers.LeakyReLU,
    )
    if kind in harmless:
        return max(1.0, getattr(layer, "negative_slope", 0.0))
    if kind is keras.layers.Dense:
        norm = np.linalg.norm(layer.kernel.numpy(), 2)
    elif kind is keras.layers.Conv2D and layer.dilation_rate == (1, 1):
        norm = _convolution_norm(layer.kernel.numpy(), layer.strides)
    elif kind is keras.layers.Activation:
        norm = 1.0
    else:
        return float("inf")
    slopes = {"linear": 1, "relu": 1, "leaky_relu": 1, "tanh": 1, "elu": 1, "softplus": 1}
    name = getattr(layer.activation, "__name__", "")
    return float(norm) * slopes.get(name, float("inf"))


def _convolution_norm(kernel, strides):
    """A convolution is a sum over its kernel's offsets, each a matrix at shifted pixels.

    Offsets that differ modulo the stride read different pixels, so their norms add as
    squares; the others add.
    """
    norms = np.linalg.norm(kernel, 2, axis=(2, 3))
    rows, columns = strides
    apart = [
        norms[row::rows, column::columns].sum()
        for row in range(rows)
        for column in range(columns)
    ]
    return np.sqrt(np.sum(np.square(apart)))
