import numpy as np
import pytest


def test_parallel_lines(lines):
    numbers = lines.numbers
    assert numbers["kl_at_2"] == np.inf
    assert numbers["js_at_2"] == np.log(2)
    assert numbers["js_slope_at_2"] == 0
    assert numbers["em_at_2"] == pytest.approx(2)
    assert numbers["em_slope_at_2"] == pytest.approx(1)
    assert numbers["kl_at_0"] == numbers["js_at_0"] == numbers["em_at_0"] == 0
    np.testing.assert_allclose(numbers["curves"]["EM"], [1, 0, 0.5], atol=1e-12)
    assert numbers["slopes"]["EM"][0] == pytest.approx(-1)
