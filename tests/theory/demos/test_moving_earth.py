import numpy as np
import pytest

from wgan_keras.theory.demos.moving_earth import HEAP_P
from wgan_keras.theory.demos.moving_earth import HEAP_Q
from wgan_keras.theory.demos.moving_earth import moving_earth


def test_moving_earth():
    numbers = moving_earth().numbers
    p, q = (np.array(heap) / 10 for heap in (HEAP_P, HEAP_Q))
    coupling = np.array(numbers["coupling"])
    np.testing.assert_allclose(coupling.sum(axis=1), p, atol=1e-12)
    np.testing.assert_allclose(coupling.sum(axis=0), q, atol=1e-12)
    # On a line, the distance is the area between the cumulative distributions.
    assert numbers["earth_mover"] == pytest.approx(np.abs(np.cumsum(p - q)).sum())
    assert numbers["poor_plan"] > numbers["earth_mover"]
