"""The distances between distributions that the WGAN is argued from, computed exactly.

Kullback-Leibler and Jensen-Shannon divergence and total variation compare probabilities
place by place; the Earth-Mover distance asks how far the mass has to be moved.

Reference:
    Arjovsky, Chintala, Bottou (2017), section 2.
"""

import os

import numpy as np
from numpy.typing import ArrayLike

from wgan_keras.errors import UserError

# === Divergences of discrete distributions ===


def kl_divergence(p: ArrayLike, q: ArrayLike) -> float:
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


def js_divergence(p: ArrayLike, q: ArrayLike) -> float:
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


def total_variation(p: ArrayLike, q: ArrayLike) -> float:
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


def earth_mover(
    p: ArrayLike,
    q: ArrayLike,
    cost: ArrayLike | None = None,
    positions: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
) -> tuple[float, np.ndarray]:
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
        raise UserError(
            f"p and q must be one-dimensional, not {np.shape(p)} and {np.shape(q)}; "
            "flatten them, and give each place its position."
        )
    if cost is not None and positions is not None:
        raise UserError("Give cost or positions, not both: the one follows from the other.")
    if cost is None and positions is None and len(p) != len(q):
        raise UserError(f"p and q must be of equal length, not {len(p)} and {len(q)}.")
    p, q = _distribution(p, "p"), _distribution(q, "q")
    if cost is None:
        cost = _euclidean_cost(p, q, positions)
    cost = np.asarray(cost, float)
    if cost.shape != (p.size, q.size) or not np.isfinite(cost).all() or (cost < 0).any():
        raise UserError(
            f"cost must be finite, not negative, of shape {(p.size, q.size)}, a row for "
            f"each of p and a column for each of q; received shape {cost.shape}."
        )
    coupling, log = _optimal_transport().emd(p, q, cost, numItermax=10_000_000, log=True)
    if log["warning"]:
        raise UserError(f"The transport problem was not solved: {log['warning']}")
    return float((coupling * cost).sum()), coupling


def earth_mover_on_line(p: ArrayLike, q: ArrayLike) -> float:
    """Earth-Mover distance of two distributions on the places 0, 1, 2, …, without a plan.

    On a line the cheapest plan carries over each gap between two places just what lies too
    much on one side of it, so that the distance is a sum of differences between the two
    cumulative distributions: a million places take milliseconds.

    Args:
        p: `(n,)` probabilities or counts, not negative; normalised to sum 1.
        q: The same for Q.

    Returns:
        Float ≥ 0, in places; that of `earth_mover`.

    Raises:
        ValueError: As for `kl_divergence`.

    Example:

    >>> from wgan_keras import earth_mover_on_line
    >>> earth_mover_on_line([1, 0, 0], [0, 0.5, 0.5])
    1.5

    Reference:
        Vallender (1974), "Calculation of the Wasserstein Distance Between Probability
        Distributions on the Line".
    """
    p, q = _two_distributions(p, q)
    return float(np.abs(np.cumsum(p - q)[:-1]).sum())


def earth_mover_of_samples(x: ArrayLike, y: ArrayLike) -> tuple[float, np.ndarray]:
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


def sliced_wasserstein(
    x: ArrayLike, y: ArrayLike, projections: int = 200, seed: int = 0
) -> float:
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
        raise UserError(f"projections must be at least 1, not {projections}.")
    if x.shape[1] != y.shape[1]:
        raise UserError(
            f"x and y must be of one dimension, not {x.shape[1]} and {y.shape[1]}."
        )
    distance = _optimal_transport().sliced_wasserstein_distance(
        x, y, n_projections=projections, seed=seed, p=1
    )
    return float(distance)


# === Checked input ===


def _distribution(values, name):
    values = np.asarray(values, float)
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any():
        raise UserError(
            f"{name} must hold probabilities or counts, finite and not negative; received "
            f"{np.array2string(values.ravel(), threshold=8)}."
        )
    if not values.any():
        raise UserError(f"{name} has no mass: all its values are 0.")
    values = values.ravel() / values.max()  # the largest counts add up without overflow
    return values / values.sum()


def _two_distributions(p, q):
    if np.shape(p) != np.shape(q):
        raise UserError(
            f"p and q must be of one shape, not {np.shape(p)} and {np.shape(q)}."
        )
    return _distribution(p, "p"), _distribution(q, "q")


def _points(values, name):
    values = np.asarray(values, float)
    if values.ndim == 0 or values.size == 0 or not np.isfinite(values).all():
        raise UserError(
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
        raise UserError(
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
