"""Data sets made by hand, and none from anywhere else."""

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no-keras"))
    monkeypatch.delenv("WGAN_KERAS_DATA", raising=False)


@pytest.fixture
def folder(tmp_path):
    """Eleven pictures of one grey each, in many formats, sizes and modes."""
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    kinds = ["png", "jpg", "bmp", "gif", "webp", "tiff"]
    for number in range(11):
        kind = kinds[number % len(kinds)]
        mode, grey = ("L", 20 * number) if number % 2 else ("RGB", (20 * number,) * 3)
        image = Image.new(mode, (20 + number, 30), grey)
        image.save(folder / ("deeper" if number > 8 else "") / f"{number:02}.{kind}")
    (folder / "notes.txt").write_text("not a picture")
    (folder / "thesis.pdf").write_text("nor this, though Pillow can write it")
    return folder
