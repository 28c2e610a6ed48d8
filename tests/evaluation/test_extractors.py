import hashlib

import keras
import numpy as np
import pytest

from wgan_keras import RandomNetwork
from wgan_keras.evaluation.extractors import FeatureExtractor
from wgan_keras.evaluation.extractors import weights_checksum
from wgan_keras.evaluation.metrics import frechet_distance


@pytest.fixture(scope="module")
def pictures():
    """Squares of one colour each, wherever there is room for them."""
    rng = np.random.default_rng(0)
    images = np.full((600, 16, 16, 3), 255, np.uint8)
    for image in images:
        top, left = rng.integers(0, 9, 2)
        image[top : top + 7, left : left + 7] = rng.integers(0, 256, 3)
    return images


def test_an_extractor_gives_what_its_network_does():
    pixels = keras.Input((2, 2, 1))
    flat = keras.layers.Flatten()(pixels)
    plain = FeatureExtractor(keras.Model(pixels, flat), {"sha256": "0"})
    features, classes = plain(np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1))
    np.testing.assert_array_equal(features, [[0, 1, 2, 3], [4, 5, 6, 7]])
    assert classes is None
    judging = FeatureExtractor(keras.Model(pixels, [flat, flat[:, :3]]), {})
    assert judging(np.array([[[[7.0], [9.0]], [[8.0], [0.0]]]]) / 255)[1] == [1]


def test_the_random_network_is_the_same_every_time():
    keras.utils.set_random_seed(1)
    one = RandomNetwork((16, 16, 3))
    keras.utils.set_random_seed(2)
    other = RandomNetwork((16, 16, 3))
    assert one.about == other.about
    assert one.about["sha256"] == weights_checksum(one.network)
    kernels = [weights for weights in one.network.get_weights() if weights.ndim == 4]
    assert [kernel.shape[2:] for kernel in kernels] == [(3, 32), (32, 64), (64, 128)]
    for kernel in kernels:  # He's deviation: 2 over the inputs of a channel
        assert kernel.var() == pytest.approx(2 / np.prod(kernel.shape[:3]), rel=0.1)
    assert RandomNetwork((16, 16, 1)).about != one.about


def test_the_random_network_tells_better_pictures_from_worse(pictures):
    network = RandomNetwork((16, 16, 3))
    real, same = network(pictures[:300])[0], network(pictures[300:])[0]
    assert real.shape == (300, 32 + 64 + 128)
    noise = np.random.default_rng(1).normal(0, 50, (300, 16, 16, 3))
    noisy = np.clip(pictures[300:] + noise, 0, 255).astype(np.uint8)
    noisier = np.clip(pictures[300:] + 2 * noise, 0, 255).astype(np.uint8)
    alike = np.repeat(pictures[300:305], 60, axis=0)
    distances = [
        frechet_distance(real, network(images)[0])
        for images in (pictures[300:], noisy, noisier, alike)
    ]
    assert distances[0] == frechet_distance(real, same)
    assert 2 * distances[0] < distances[1]
    assert 2 * distances[1] < distances[2]
    assert 2 * distances[0] < distances[3]


def test_a_checksum_is_of_all_weights_in_their_order():
    dense = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    dense.set_weights([np.array([[1.0], [2.0]]), np.array([3.0])])
    expected = hashlib.sha256(np.array([1, 2, 3], "<f4").tobytes()).hexdigest()
    assert weights_checksum(dense) == expected


def test_images_that_do_not_fit_the_network_are_refused():
    with pytest.raises(ValueError, match=r"the random network takes them, not \(2, 8"):
        RandomNetwork((16, 16, 3))(np.zeros((2, 8, 8, 3), np.uint8))
