import imageio.v3 as imageio
import pytest

from wgan_keras.theory.demos.moving_earth import moving_earth


def test_demos_are_saved(lines, tmp_path):
    lines.save(tmp_path / "lines.png")
    lines.save(tmp_path / "lines.gif")
    assert imageio.imread(tmp_path / "lines.png").shape == (1260, 720, 4)
    assert len(imageio.imread(tmp_path / "lines.gif", index=None)) == 3
    with pytest.raises(ValueError, match="Nothing moves"):
        moving_earth().save(tmp_path / "earth.gif")
