import numpy as np
import pytest
from helpers import tiny_wgan

from wgan_keras import ExportedSampler
from wgan_keras import verify_manifest
from wgan_keras.files import checksum
from wgan_keras.sampling import folders


def test_a_file_beside_is_nothing_and_a_missing_or_changed_one_is_named(tmp_path):
    folder = tmp_path / "sampler"
    tiny_wgan().export_sampler(folder)
    (folder / "notes.txt").write_text("unknown")
    assert verify_manifest(folder) == checksum(folder / "checksums.json")
    (folder / "sampler.json").rename(folder / "other.json")
    with pytest.raises(ValueError, match=r"sampler\.json is missing"):
        ExportedSampler(folder)
    (folder / "checksums.json").unlink()
    assert "no manifest" in ExportedSampler(folder).describe()


class Numbered(folders.SamplerFolder):
    """Picture i has the grey value i / 1000 of a seed; a walk is black."""

    image_shape = (2, 2, 1)

    def _range(self, seed, start, count):
        assert start % folders.CHUNK == 0
        greys = np.arange(start, start + count, dtype=np.float32) / 1000
        return np.broadcast_to(greys[:, None, None, None], (count, 2, 2, 1))

    def _walk(self, seed, steps):
        return np.zeros((steps, 2, 2, 1), np.float32)


def test_batches_are_whole_chunks_and_bounded(tmp_path, monkeypatch):
    sampler = Numbered(tmp_path)
    assert sampler.draw(5).shape == (5, 2, 2, 1)
    monkeypatch.setattr(folders, "BATCH_BYTES", 2 * 4 * 64 * 4 + 1)  # of 128 pictures
    batches = list(sampler.batches(0, 300))
    assert [len(batch) for batch in batches] == [128, 128, 44]
    greys = np.concatenate(batches)[:, 0, 0, 0]
    np.testing.assert_array_equal(greys, np.arange(300, dtype=np.float32) / 1000)
    monkeypatch.setattr(folders, "BATCH_BYTES", 1)
    assert [len(batch) for batch in sampler.batches(0, 65)] == [64, 1]
    assert sampler.walk(0, 3).shape == (3, 2, 2, 1)


def test_pictures_out_of_range_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"for 1088 pictures .* from 0.0 to 1.087"):
        Numbered(tmp_path).draw(1088)


def test_a_folder_without_a_description_is_of_an_unknown_version(tmp_path):
    assert Numbered(tmp_path).describe() == (
        "of an unknown version, data set unknown, seed unknown, "
        "not verified, since it has no manifest"
    )
