import numpy as np
import pytest

from wgan_keras.theory.demos.card_pools import POOL_P
from wgan_keras.theory.demos.card_pools import POOL_Q
from wgan_keras.theory.demos.card_pools import card_pools


def test_card_pools():
    numbers = card_pools().numbers
    p, q = np.array(POOL_P), np.array(POOL_Q)
    assert numbers["kl_p_q"] == pytest.approx((p * np.log(p / q)).sum())
    assert numbers["kl_q_p"] == pytest.approx((q * np.log(q / p)).sum())
    assert numbers["kl_p_q"] > 1.1 * numbers["kl_q_p"]
    np.testing.assert_allclose(numbers["mixture"], (p + q) / 2)
    assert numbers["js"] == pytest.approx((numbers["kl_p_m"] + numbers["kl_q_m"]) / 2)
    for way in ("p_q", "q_p"):
        gap = numbers[f"surprise_{way}_10000_pulls"] - numbers[f"kl_{way}"]
        assert abs(gap) < 4 * numbers[f"standard_error_{way}"]


@pytest.mark.parametrize(
    ("p", "q", "pulls"),
    [
        ((1, 1, 1, 0), POOL_Q, 100),
        ((1, 1, 1), (1, 1, 1), 100),
        (POOL_P, POOL_Q, 99),
    ],
)
def test_card_pools_that_are_none(p, q, pulls):
    with pytest.raises(ValueError, match="four rates above 0"):
        card_pools(p, q, pulls)
