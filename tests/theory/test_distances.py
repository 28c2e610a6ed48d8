import numpy as np
import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import cityblock
from scipy.spatial.distance import jensenshannon

from wgan_keras.theory.distances import earth_mover
from wgan_keras.theory.distances import earth_mover_of_samples
from wgan_keras.theory.distances import js_divergence
from wgan_keras.theory.distances import kl_divergence
from wgan_keras.theory.distances import sliced_wasserstein
from wgan_keras.theory.distances import total_variation

LOG_2 = np.log(2)
settings.register_profile("package", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("package")

masses = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
coordinates = st.floats(-100, 100).map(lambda x: round(x, 3))


@st.composite
def distributions(draw, count=2):
    """Distributions on the same few places, zeros among them."""
    size = draw(st.integers(1, 8))
    drawn = [draw(arrays(float, size, elements=masses)) for _ in range(count)]
    assume(all(one.any() for one in drawn))
    return drawn


def samples(dimension, least=1):
    shape = st.tuples(st.integers(least, 7), st.just(dimension))
    return arrays(float, shape, elements=coordinates)


# === Against SciPy ===


@given(distributions())
def test_kl_is_scipys_entropy(pair):
    expected = stats.entropy(*pair)
    assert kl_divergence(*pair) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(distributions())
def test_js_is_scipys_distance_squared(pair):
    # SciPy's square root turns a rounding error of 1e-16 into one of 1e-8.
    assert np.sqrt(js_divergence(*pair)) == pytest.approx(jensenshannon(*pair), abs=5e-8)


@given(distributions())
def test_earth_mover_on_a_line_is_scipys(pair):
    places = np.arange(len(pair[0]))
    expected = stats.wasserstein_distance(places, places, *pair)
    assert earth_mover(*pair)[0] == pytest.approx(expected, rel=1e-7, abs=1e-9)


@given(samples(1), samples(1))
def test_earth_mover_of_samples_on_a_line_is_scipys(x, y):
    expected = stats.wasserstein_distance(x[:, 0], y[:, 0])
    assert earth_mover_of_samples(x[:, 0], y)[0] == pytest.approx(expected, abs=1e-7)


@settings(max_examples=25)
@given(samples(2), samples(2))
def test_earth_mover_in_the_plane_is_scipys(x, y):
    expected = stats.wasserstein_distance_nd(x, y)
    assert earth_mover_of_samples(x, y)[0] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(max_examples=10)
@given(samples(1, least=2), samples(1, least=2))
def test_sliced_distance_on_a_line_is_the_distance(x, y):
    expected = stats.wasserstein_distance(x[:, 0], y[:, 0])
    assert sliced_wasserstein(x, y, 3) == pytest.approx(expected, rel=1e-5, abs=1e-5)


# === Known facts ===


@given(distributions(3))
def test_facts_of_the_divergences(three):
    p, q, _ = three
    kl, js, tv = kl_divergence(p, q), js_divergence(p, q), total_variation(p, q)
    assert kl >= 0
    assert 0 <= js <= LOG_2
    assert js == js_divergence(q, p)
    assert 0 <= tv <= 1
    shares = [one / one.sum() for one in (p, q)]
    assert tv == pytest.approx(cityblock(*shares) / 2, abs=1e-12)
    assert tv == total_variation(q, p)
    assert tv <= np.sqrt(kl / 2) + 1e-9  # Pinsker
    assert kl_divergence(p, 3 * p) == pytest.approx(0, abs=1e-12)
    assert js_divergence(p, 3 * p) == pytest.approx(0, abs=1e-12)


@given(distributions(3))
def test_earth_mover_is_a_metric_with_a_coupling(three):
    p, q, r = three
    distance, coupling = earth_mover(p, q)
    np.testing.assert_allclose(coupling.sum(axis=1), p / p.sum(), atol=1e-9)
    np.testing.assert_allclose(coupling.sum(axis=0), q / q.sum(), atol=1e-9)
    assert (coupling >= 0).all()
    assert distance >= 0
    assert earth_mover(p, p)[0] == pytest.approx(0, abs=1e-9)
    assert earth_mover(q, p)[0] == pytest.approx(distance, abs=1e-9)
    assert distance <= earth_mover(p, r)[0] + earth_mover(r, q)[0] + 1e-9


@given(arrays(float, st.integers(1, 6), elements=st.floats(1e-6, 1e6)), st.integers(1, 5))
def test_js_of_disjoint_supports_is_log_2_to_the_bit(masses, others):
    p = np.concatenate([masses, np.zeros(others)])
    q = np.concatenate([np.zeros(len(masses)), np.arange(1, others + 1)])
    assert js_divergence(p, q) == LOG_2
    assert kl_divergence(p, q) == np.inf
    assert total_variation(p, q) == pytest.approx(1)


def test_kl_is_not_symmetric_by_hand():
    p, q = [0.5, 0.5], [0.75, 0.25]
    assert kl_divergence(p, q) == pytest.approx(np.log(2) - np.log(3) / 2)
    assert kl_divergence(q, p) == pytest.approx(0.75 * np.log(3) - np.log(2))


def test_earth_mover_by_hand():
    distance, coupling = earth_mover([3, 1, 0], [0, 2, 2], positions=[0, 1, 5])
    assert distance == pytest.approx((1 * 2 + 5 * 1 + 4 * 1) / 4)
    assert coupling.sum() == pytest.approx(1)
    costly = np.array([[0, 9], [1, 0]])
    assert earth_mover([1, 1], [1, 1], cost=costly)[0] == pytest.approx(0)
    assert earth_mover([1, 0], [0, 1], cost=costly)[0] == pytest.approx(9)
    unequal = earth_mover([1], [1, 1], positions=([[0, 0]], [[3, 4], [0, 1]]))
    assert unequal[0] == pytest.approx(3)
    assert unequal[1].shape == (1, 2)


def test_sliced_distance_of_a_shift():
    """Shifted by a vector v in d dimensions, it is |v| E|cos|, the mean over directions."""
    x = np.random.default_rng(0).normal(size=(100, 4, 1, 2))
    shifted = x + np.full((4, 1, 2), 0.5)
    length = np.sqrt(8) * 0.5
    from scipy.special import gamma

    mean_cosine = gamma(4) / (np.sqrt(np.pi) * gamma(4.5))
    found = sliced_wasserstein(x, shifted, projections=4000)
    assert found == pytest.approx(length * mean_cosine, rel=0.03)


# === Bad input ===


@pytest.mark.parametrize(
    "function", [kl_divergence, js_divergence, total_variation, earth_mover]
)
@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ([1, -1], [1, 1], "p must hold probabilities .* not negative"),
        ([1, 1], [1, np.nan], "q must hold .* finite"),
        ([1, np.inf], [1, 1], "p must hold .* finite"),
        ([0, 0], [1, 1], "p has no mass"),
        ([], [], "p must hold"),
        ([1, 1], [1, 1, 1], "of one shape|of equal length"),
    ],
)
def test_bad_distributions(function, p, q, message):
    with pytest.raises(ValueError, match=message):
        function(p, q)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cost": np.ones((2, 3))}, r"shape \(2, 2\)"),
        ({"cost": np.full((2, 2), np.nan)}, "finite"),
        ({"cost": -np.ones((2, 2))}, "not negative"),
        ({"cost": np.ones((2, 2)), "positions": [0, 1]}, "not both"),
        ({"positions": [1, 2, 3]}, "3 and 3 positions"),
        ({"positions": ([[0], [1]], [[0, 1], [1, 1]])}, "of one dimension"),
    ],
)
def test_bad_costs_and_positions(options, message):
    with pytest.raises(ValueError, match=message):
        earth_mover([1, 1], [1, 1], **options)


def test_bad_samples():
    with pytest.raises(ValueError, match="x must hold at least one point"):
        earth_mover_of_samples([], [1])
    with pytest.raises(ValueError, match="of one dimension"):
        earth_mover_of_samples([[1, 2]], [[1]])
    with pytest.raises(ValueError, match="of one dimension, not 2 and 1"):
        sliced_wasserstein([[1, 2]], [[1]])
    with pytest.raises(ValueError, match="projections must be at least 1"):
        sliced_wasserstein([1], [1], projections=0)
    with pytest.raises(ValueError, match="one-dimensional"):
        earth_mover(np.ones((2, 2)), np.ones((2, 2)))
