import numpy as np
import pytest
from PIL import Image

from wgan_keras import load_images


@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 8, 3)])
def test_folders_are_converted(folder, shape):
    train = load_images(folder, image_shape=shape)
    test = load_images(folder, "test", image_shape=shape)
    assert train.shape == (10, *shape)
    assert train.dtype == np.uint8
    greys = [20 * number for number in range(11) if number != 9]
    np.testing.assert_allclose(train.mean(axis=(1, 2, 3)), greys, atol=2)
    np.testing.assert_allclose(test.mean(axis=(1, 2, 3)), [180], atol=2)


def test_sixteen_bit_pictures_keep_their_greys(tmp_path):
    Image.fromarray(np.full((8, 8), 256 * 77, np.uint16)).save(tmp_path / "deep.png")
    assert load_images(tmp_path, image_shape=(8, 8, 1)).mean() == 77


def test_folder_errors_name_the_file(folder, tmp_path):
    with pytest.raises(ValueError, match=r"image_shape must be .*\(8, 8\)"):
        load_images(folder, image_shape=(8, 8))
    (folder / "00.png").write_bytes(b"\x89PNG damaged")
    with pytest.raises(ValueError, match=r"00\.png cannot be read"):
        load_images(folder, image_shape=(8, 8, 1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no picture"):
        load_images(tmp_path / "empty")
