"""The distances between distributions that the WGAN is argued from, computed exactly.

Kullback-Leibler and Jensen-Shannon divergence and total variation compare probabilities
place by place; the Earth-Mover distance asks how far the mass has to be moved.

Reference:
    Arjovsky, Chintala, Bottou (2017), section 2.
"""

import os
from typing import NamedTuple

import numpy as np

# === Divergences of discrete distributions ===


def kl_divergence(p, q):
    """Kullback-Leibler divergence KL(P‖Q), the mean excess surprise.

    Who expects Q and draws from P is surprised by log 1/q(x) at each draw, and one who
    expects P by log 1/p(x); KL is the mean of the difference under P. It is not
    symmetric.

    Args:
        p: Probabilities or counts, not negative, of any shape; normalised to sum 1.
        q: The same for Q.

    Returns:
        Float ≥ 0 in nats; `inf` where q is 0 and p is not.

    Raises:
        ValueError: Shapes differ, or a value is negative or not finite, or all are 0.

    Example:

    >>> from wgan_keras import kl_divergence
    >>> round(kl_divergence([0.5, 0.5], [0.9, 0.1]), 4)
    0.5108
    >>> round(kl_divergence([0.9, 0.1], [0.5, 0.5]), 4)
    0.3681

    Reference:
        Kullback, Leibler (1951), "On Information and Sufficiency".
    """
    p, q = _two_distributions(p, q)
    seen = p > 0
    if (q[seen] == 0).any():
        return float("inf")
    return max(0.0, float(np.sum(p[seen] * (np.log(p[seen]) - np.log(q[seen])))))


def js_divergence(p, q):
    """Jensen-Shannon divergence, through the mixture M = (P + Q) / 2.

    JS = (KL(P‖M) + KL(Q‖M)) / 2. Since p / m = 2 p / (p + q), it is computed as log 2
    plus a sum that is never positive and that vanishes where P and Q do not meet: at
    disjoint supports the result is log 2 to the last bit.

    Args:
        p: Probabilities or counts, not negative, of any shape; normalised to sum 1.
        q: The same for Q.

    Returns:
        Float in [0, log 2], in nats; symmetric.

    Raises:
        ValueError: As for `kl_divergence`.

    Reference:
        Lin (1991), "Divergence Measures Based on the Shannon Entropy"; Arjovsky,
        Chintala, Bottou (2017), section 2.
    """
    p, q = _two_distributions(p, q)
    shortfall = 0.0
    for one in (p, q):
        seen = one > 0
        shortfall += np.sum(one[seen] * np.log(one[seen] / (p + q)[seen]))
    return max(0.0, float(np.log(2) + shortfall / 2))


def total_variation(p, q):
    """Total variation, the largest difference in the probability of any event.

    Args:
        p: Probabilities or counts, not negative, of any shape; normalised to sum 1.
        q: The same for Q.

    Returns:
        Float in [0, 1]; symmetric.

    Raises:
        ValueError: As for `kl_divergence`.

    Reference:
        Arjovsky, Chintala, Bottou (2017), section 2; half the sum of |p − q|.
    """
    p, q = _two_distributions(p, q)
    return min(1.0, float(np.abs(p - q).sum() / 2))


# === Earth-Mover distance ===


def earth_mover(p, q, cost=None, positions=None):
    """Earth-Mover distance (Wasserstein-1) and the coupling that attains it.

    A coupling γ is a joint distribution whose marginals are P and Q: γ[i, j] is the mass
    that moves from place i to place j. The distance is the least mean cost of any
    coupling, found exactly as a linear programme.

    Args:
        p: `(n,)` probabilities or counts, not negative; normalised to sum 1.
        q: `(m,)`, likewise; m = n unless `cost` or two `positions` are given.
        cost: `(n, m)` cost of moving a unit of mass; by default the Euclidean distance
            of the positions.
        positions: `(n,)` or `(n, d)` places of both, or a tuple of two such arrays, one
            for p and one for q. Defaults to 0, 1, 2, …

    Returns:
        `(distance, coupling)`: a float ≥ 0 in the unit of the cost, and the optimal
        `(n, m)` joint distribution, whose row sums are p and column sums q.

    Raises:
        ValueError: Shapes do not fit, or a value is negative or not finite.

    Example:

    >>> from wgan_keras import earth_mover
    >>> distance, coupling = earth_mover([1, 0, 0], [0, 0.5, 0.5])
    >>> round(distance, 6)
    1.5

    Reference:
        Arjovsky, Chintala, Bottou (2017), equation 1; solved by Bonneel et al. (2011),
        as implemented in POT.
    """
    if np.ndim(p) != 1 or np.ndim(q) != 1:
        raise ValueError(
            f"p and q must be one-dimensional, not {np.shape(p)} and {np.shape(q)}; "
            "flatten them, and give each place its position."
        )
    if cost is not None and positions is not None:
        raise ValueError(
            "Give cost or positions, not both: the one follows from the other."
        )
    if cost is None and positions is None and len(p) != len(q):
        raise ValueError(f"p and q must be of equal length, not {len(p)} and {len(q)}.")
    p, q = _distribution(p, "p"), _distribution(q, "q")
    if cost is None:
        cost = _euclidean_cost(p, q, positions)
    cost = np.asarray(cost, float)
    if cost.shape != (p.size, q.size) or not np.isfinite(cost).all() or (cost < 0).any():
        raise ValueError(
            f"cost must be finite, not negative, of shape {(p.size, q.size)}, a row for "
            f"each of p and a column for each of q; received shape {cost.shape}."
        )
    coupling, log = _optimal_transport().emd(p, q, cost, numItermax=10_000_000, log=True)
    if log["warning"]:
        raise ValueError(f"The transport problem was not solved: {log['warning']}")
    return float((coupling * cost).sum()), coupling


def earth_mover_of_samples(x, y):
    """Earth-Mover distance of two samples, each point weighing the same.

    Args:
        x: `(n,)` numbers or `(n, d)` points; further axes are flattened into d.
        y: `(m,)` or `(m, d)`, likewise.

    Returns:
        `(distance, coupling)`, as from `earth_mover`.

    Raises:
        ValueError: A sample is empty, not finite, or of another dimension.
    """
    x, y = _points(x, "x"), _points(y, "y")
    return earth_mover(np.ones(len(x)), np.ones(len(y)), positions=(x, y))


def sliced_wasserstein(x, y, projections=200, seed=0):
    """Sliced Wasserstein distance: the mean over directions of one-dimensional ones.

    It needs only sorting, so it serves for images and large samples.

    Args:
        x: `(n, …)` points or images, flattened.
        y: `(m, …)`, likewise.
        projections: Number of random directions.
        seed: Fixes the directions.

    Returns:
        Float ≥ 0: the mean Wasserstein-1 distance along a direction.

    Raises:
        ValueError: As for `earth_mover_of_samples`.

    Reference:
        Bonneel et al. (2015), "Sliced and Radon Wasserstein Barycenters of Measures".
    """
    x, y = _points(x, "x"), _points(y, "y")
    if projections < 1:
        raise ValueError(f"projections must be at least 1, not {projections}.")
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"x and y must be of one dimension, not {x.shape[1]} and {y.shape[1]}."
        )
    distance = _optimal_transport().sliced_wasserstein_distance(
        x, y, n_projections=projections, seed=seed, p=1
    )
    return float(distance)


# === The dual: what a critic measures ===


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


def wasserstein_from_critic(critic, real, fake):
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
        fake: As many made ones.

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
        raise ValueError(
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
    import tensorflow as tf

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
    import keras

    if isinstance(model, keras.Sequential):
        layers = model.layers
    elif isinstance(model, keras.Model) and hasattr(model, "_nodes_by_depth"):
        nodes = [nodes for _, nodes in sorted(model._nodes_by_depth.items())]
        layers = [depth[0].operation for depth in nodes]
        chained = all(len(depth) == 1 for depth in nodes)
        if not chained or len({id(layer) for layer in layers}) < len(layers):
            return float("inf")
    else:
        return float("inf")
    norms = [
        _norms_product(layer) if isinstance(layer, keras.Model) else _layer_norm(layer)
        for layer in layers
    ]
    return 0.0 if 0.0 in norms else float(np.prod(norms))


def _layer_norm(layer):
    """An upper bound of a layer's Lipschitz constant (Euclidean norm)."""
    import keras

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


# === Checked input ===


def _distribution(values, name):
    values = np.asarray(values, float)
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(
            f"{name} must hold probabilities or counts, finite and not negative; received "
            f"{np.array2string(values.ravel(), threshold=8)}."
        )
    if not values.any():
        raise ValueError(f"{name} has no mass: all its values are 0.")
    values = values.ravel() / values.max()  # the largest counts add up without overflow
    return values / values.sum()


def _two_distributions(p, q):
    if np.shape(p) != np.shape(q):
        raise ValueError(
            f"p and q must be of one shape, not {np.shape(p)} and {np.shape(q)}."
        )
    return _distribution(p, "p"), _distribution(q, "q")


def _points(values, name):
    values = np.asarray(values, float)
    if values.ndim == 0 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError(
            f"{name} must hold at least one point, with finite coordinates; received shape "
            f"{values.shape}."
        )
    return values.reshape(len(values), -1)


def _euclidean_cost(p, q, positions):
    from scipy.spatial.distance import cdist

    if positions is None:
        positions = np.arange(p.size)
    pair = positions if isinstance(positions, tuple) else (positions, positions)
    places = [_points(one, "positions") for one in pair]
    sizes = tuple(len(one) for one in places)
    if sizes != (p.size, q.size) or places[0].shape[1] != places[1].shape[1]:
        raise ValueError(
            f"p and q have {p.size} and {q.size} values, but there are {sizes[0]} and "
            f"{sizes[1]} positions; give each value one, of one dimension."
        )
    return cdist(*places)


def _optimal_transport():
    """POT, kept from importing the whole of TensorFlow, PyTorch and JAX with it."""
    for backend in ("TENSORFLOW", "PYTORCH", "JAX"):
        os.environ.setdefault(f"POT_BACKEND_DISABLE_{backend}", "1")
    import ot

    return ot
