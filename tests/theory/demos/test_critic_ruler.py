import pytest

from wgan_keras.theory.demos.critic_ruler import critic_ruler


def test_the_critic_as_a_ruler():
    numbers = critic_ruler(shifts=(0.5, 2.0), steps=150).numbers
    assert list(numbers) == ["8-gaussians", "25-gaussians", "swiss-roll"]
    for near, far in numbers.values():
        for row in (near, far):
            assert 0 < row["low"] <= row["exact"]  # the guaranteed side
            assert row["low"] <= row["high"]
            assert row["lipschitz_low"] <= row["lipschitz_high"]
        assert near["exact"] == pytest.approx(0.5, abs=0.15)
        assert far["high"] > near["high"]
