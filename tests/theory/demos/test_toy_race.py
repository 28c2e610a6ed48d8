import numpy as np
import pytest

from wgan_keras.data.toys import toy_modes
from wgan_keras.theory.demos.toy_race import mode_coverage
from wgan_keras.theory.demos.toy_race import toy_race


def test_mode_coverage_counts():
    centres, spread = toy_modes("8-gaussians")
    on_three = np.repeat(centres[[0, 3, 5]], 20, axis=0)
    one_stray, far = centres[[6]], np.zeros((39, 2))
    points = np.concatenate([on_three + spread, one_stray, far])  # 100 of them
    found = mode_coverage(points, "8-gaussians")
    assert found == {"modes": 3, "of": 8, "on_a_mode": 0.61}
    assert mode_coverage(points, "swiss-roll") == {}


@pytest.mark.slow
def test_the_toy_race_reports_all_trials():
    demo = toy_race(steps=4, rates=(1e-3, 1e-4), frames=2)
    assert len(demo.frames) == 3
    for kind in ("GAN", "WGAN"):
        assert demo.numbers[kind]["shown"] in (1e-3, 1e-4)
        for rate in (1e-3, 1e-4):
            trial = demo.numbers[kind][rate]
            assert trial["of"] == 8
            assert trial["modes"] < 8  # after four steps
            assert 0.1 < trial["earth_mover"] < 2
