import imageio.v3 as imageio
import numpy as np
import pytest

from wgan_keras import stories
from wgan_keras.datasets import toy_modes


def test_card_pools():
    numbers = stories.card_pools().numbers
    p, q = np.array(stories.POOL_P), np.array(stories.POOL_Q)
    assert numbers["kl_p_q"] == pytest.approx((p * np.log(p / q)).sum())
    assert numbers["kl_q_p"] == pytest.approx((q * np.log(q / p)).sum())
    assert numbers["kl_p_q"] > 1.1 * numbers["kl_q_p"]
    np.testing.assert_allclose(numbers["mixture"], (p + q) / 2)
    assert numbers["js"] == pytest.approx((numbers["kl_p_m"] + numbers["kl_q_m"]) / 2)
    for way in ("p_q", "q_p"):
        gap = numbers[f"surprise_{way}_10000_pulls"] - numbers[f"kl_{way}"]
        assert abs(gap) < 4 * numbers[f"standard_error_{way}"]


def test_moving_earth():
    numbers = stories.moving_earth().numbers
    p, q = (np.array(heap) / 10 for heap in (stories.HEAP_P, stories.HEAP_Q))
    coupling = np.array(numbers["coupling"])
    np.testing.assert_allclose(coupling.sum(axis=1), p, atol=1e-12)
    np.testing.assert_allclose(coupling.sum(axis=0), q, atol=1e-12)
    # On a line, the distance is the area between the cumulative distributions.
    assert numbers["earth_mover"] == pytest.approx(np.abs(np.cumsum(p - q)).sum())
    assert numbers["poor_plan"] > numbers["earth_mover"]


@pytest.fixture(scope="module")
def lines():
    return stories.parallel_lines(thetas=[-1.0, 0.0, 0.5], points=5)


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


def test_stories_are_saved(lines, tmp_path):
    lines.save(tmp_path / "lines.png")
    lines.save(tmp_path / "lines.gif")
    assert imageio.imread(tmp_path / "lines.png").shape == (1260, 720, 4)
    assert len(imageio.imread(tmp_path / "lines.gif", index=None)) == 3
    with pytest.raises(ValueError, match="Nothing moves"):
        stories.moving_earth().save(tmp_path / "earth.gif")


def test_the_gradient_vanishes_for_the_discriminator_only():
    numbers = stories.vanishing_gradient(steps=400).numbers
    assert numbers["d_at_fake"] < 0.01
    assert numbers["log_1_minus_d_gradient"] < numbers["critic_gradient"] / 10
    assert numbers["log_1_minus_d_gradient_median"] < numbers["critic_gradient"] / 100
    assert numbers["critic_slope_most"] < 5 * numbers["critic_slope_least"]


def test_the_critic_as_a_ruler():
    numbers = stories.critic_ruler(shifts=(0.5, 2.0), steps=150).numbers
    assert list(numbers) == ["8-gaussians", "25-gaussians", "swiss-roll"]
    for near, far in numbers.values():
        for row in (near, far):
            assert 0 < row["low"] <= row["exact"]  # the guaranteed side
            assert row["low"] <= row["high"]
            assert row["lipschitz_low"] <= row["lipschitz_high"]
        assert near["exact"] == pytest.approx(0.5, abs=0.15)
        assert far["high"] > near["high"]


def test_what_a_clip_value_allows():
    numbers = stories.lipschitz(clip_values=(0.05, 0.2), steps=200).numbers
    for found in numbers.values():
        assert 0 < found["k_seen"] <= found["k_bound"] <= found["k_allowed"]
        assert 0 < found["share_at_bound"] <= 1
    assert numbers[0.05]["k_allowed"] == pytest.approx(0.05**3 * 8 * 64 * 8)
    assert numbers[0.05]["k_seen"] < numbers[0.2]["k_seen"]


def test_mode_coverage_counts():
    centres, spread = toy_modes("8-gaussians")
    on_three = np.repeat(centres[[0, 3, 5]], 20, axis=0)
    one_stray, far = centres[[6]], np.zeros((39, 2))
    points = np.concatenate([on_three + spread, one_stray, far])  # 100 of them
    found = stories.mode_coverage(points, "8-gaussians")
    assert found == {"modes": 3, "of": 8, "on_a_mode": 0.61}
    assert stories.mode_coverage(points, "swiss-roll") == {}


@pytest.mark.parametrize(
    ("p", "q", "pulls"),
    [
        ((1, 1, 1, 0), stories.POOL_Q, 100),
        ((1, 1, 1), (1, 1, 1), 100),
        (stories.POOL_P, stories.POOL_Q, 99),
    ],
)
def test_card_pools_that_are_none(p, q, pulls):
    with pytest.raises(ValueError, match="four rates above 0"):
        stories.card_pools(p, q, pulls)


def test_the_toy_race_reports_all_trials():
    story = stories.toy_race(steps=4, rates=(1e-3, 1e-4), frames=2)
    assert len(story.frames) == 3
    for kind in ("GAN", "WGAN"):
        assert story.numbers[kind]["shown"] in (1e-3, 1e-4)
        for rate in (1e-3, 1e-4):
            trial = story.numbers[kind][rate]
            assert trial["of"] == 8
            assert trial["modes"] < 8  # after four steps
            assert 0.1 < trial["earth_mover"] < 2
