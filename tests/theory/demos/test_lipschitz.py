import pytest

from wgan_keras.theory.demos.lipschitz import lipschitz


def test_what_a_clip_value_allows():
    numbers = lipschitz(clip_values=(0.05, 0.2), steps=200).numbers
    for found in numbers.values():
        assert 0 < found["k_seen"] <= found["k_bound"] <= found["k_allowed"]
        assert 0 < found["share_at_bound"] <= 1
    assert numbers[0.05]["k_allowed"] == pytest.approx(0.05**3 * 8 * 64 * 8)
    assert numbers[0.05]["k_seen"] < numbers[0.2]["k_seen"]
