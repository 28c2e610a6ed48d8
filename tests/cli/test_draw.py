import shutil
import subprocess
import sys

import imageio.v3 as imageio
import numpy as np
import pytest
from helpers import refused
from helpers import run_command
from helpers import tiny_wgan


def test_sample_writes_pictures_arrays_and_walks(sampler, tmp_path):
    for name in ("a.png", "a.npy", "a.npz", "a.gif"):
        run_command("sample", sampler, "-n", 6, "--seed", 2, "--out", name)
    array = np.load("a.npy")
    assert array.shape == (6, 8, 8, 1)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(np.load("a.npz")["images"], array)
    assert imageio.imread("a.png").shape == (60, 6 * 58 + 2)
    assert len(imageio.imread("a.gif", index=None)) == 6 + 4


def test_errors_of_sample(sampler, tmp_path, capsys):
    assert "must end in .png" in refused(capsys, "sample", sampler, "--out", "a.txt")
    assert "neither a sampler nor a run" in refused(capsys, "sample", tmp_path)
    (tmp_path / "mine.png").write_text("")
    error = refused(capsys, "sample", sampler, "--out", "mine.png")
    assert "mine.png exists" in error
    run_command("sample", sampler, "--out", "mine.png", "--overwrite", "-n", 1)
    assert imageio.imread("mine.png").any()


def test_a_saved_model_of_another_kind_is_refused(tmp_path, capsys):
    import tensorflow as tf

    tf.saved_model.save(tf.Module(), str(tmp_path / "other"))
    assert "but not a sampler" in refused(capsys, "sample", "other")


def test_arrays_stream_to_the_disk(sampler, capsys, monkeypatch):
    """A batch is written before the next is drawn, and gone when it is."""
    import weakref

    from wgan_keras.sampling import ExportedSampler

    batches_made, alive = [], []

    def batches(self, seed, count):
        for start in range(0, count, 1000):
            batch = np.full((1000, 8, 8, 1), start / count, np.float32)
            batches_made.append(weakref.ref(batch))
            alive.append(sum(made() is not None for made in batches_made))
            yield batch

    monkeypatch.setattr(ExportedSampler, "batches", batches)
    for name in ("a.npy", "a.npz"):
        run_command("sample", sampler, "-n", 20_000, "--out", name)
    assert max(alive) == 2  # the one that is drawn, and the loop's last
    assert len(alive) == 40
    array = np.load("a.npy")
    assert array.shape == (20_000, 8, 8, 1)
    np.testing.assert_array_equal(
        array[:, 0, 0, 0], np.repeat(np.arange(0, 1, 0.05), 1000).astype(np.float32)
    )
    np.testing.assert_array_equal(np.load("a.npz")["images"], array)
    for kind in ("png", "gif"):
        error = refused(capsys, "sample", sampler, "-n", 20_000, "--out", f"a.{kind}")
        assert f"A .{kind} of 20000 pictures is too large to look at" in error


def test_a_damaged_sampler_is_named(sampler, tmp_path, capsys):
    shutil.copytree(sampler, "copy")
    for file in (tmp_path / "copy" / "variables").iterdir():
        file.write_bytes(file.read_bytes()[:20])
    assert "is damaged or was changed" in refused(capsys, "sample", "copy")
    (tmp_path / "copy" / "checksums.json").unlink()  # as an older version left it
    assert "copy is damaged: it cannot be loaded" in refused(capsys, "sample", "copy")


WITHOUT_TENSORFLOW = """
import sys
from wgan_keras.cli.main import main
for name in ("a.png", "a.npy", "a.gif"):
    main(["sample", sys.argv[1], "-n", "70", "--seed", "2", "--out", name])
main(["info", sys.argv[1]])
assert not {"tensorflow", "keras"} & set(sys.modules)
"""


def test_an_onnx_sampler_draws_the_same_without_tensorflow(tmp_path):
    for module in ("onnxruntime", "tf2onnx"):
        pytest.importorskip(module)
    wgan = tiny_wgan()
    wgan.export_sampler(tmp_path / "a", format="onnx")
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, tmp_path / "a"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "run(latents: float32 (None, 6))" in done.stdout
    np.testing.assert_allclose(np.load("a.npy"), wgan.sample(70, seed=2), atol=1e-5)
    assert imageio.imread("a.png").ndim == 2
    assert len(imageio.imread("a.gif", index=None)) == 70 + 68
