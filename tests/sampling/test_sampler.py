import numpy as np
import pytest
from helpers import SHAPE
from helpers import tiny_wgan


def test_pictures_depend_on_seed_and_index_alone():
    wgan = tiny_wgan()
    pictures = wgan.sample(200, seed=5)
    assert pictures.shape == (200, *SHAPE)
    assert pictures.dtype == np.float32
    assert 0 <= pictures.min() < pictures.max() <= 1
    for start, count in [(0, 1), (63, 2), (64, 64), (150, 50), (3, 0)]:
        part = wgan.sampler.sample_range(5, start, count)["images"]
        np.testing.assert_array_equal(part, pictures[start : start + count])
    assert (wgan.sample(1, seed=6) != pictures[0]).any()


def test_walks_end_at_the_pictures_of_their_seeds():
    wgan = tiny_wgan()
    walk = wgan.sampler.interpolate(1, 2, 9)["images"].numpy()
    assert walk.shape == (9, *SHAPE)
    np.testing.assert_allclose(walk[0], wgan.sample(1, seed=1)[0], atol=1e-5)
    np.testing.assert_allclose(walk[-1], wgan.sample(1, seed=2)[0], atol=1e-5)


def test_sample_refuses_less_than_one():
    with pytest.raises(ValueError, match="n must be at least 1, not 0"):
        tiny_wgan().sample(0)


def test_samples_of_several_models_are_no_retracing(capfd, caplog):
    for _ in range(6):
        tiny_wgan().sample(1)
    said = "".join(capfd.readouterr()) + caplog.text
    assert "retracing" not in said
