import json
import resource
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from conftest import SHAPE
from conftest import tiny_wgan

from wgan_keras import sampling


@pytest.mark.parametrize("latent_dim", [1, 6, 128])
def test_latents_are_addressed_by_row(latent_dim):
    table = sampling.latents(7, 3, 0, 500, latent_dim).numpy()
    assert table.shape == (500, latent_dim)
    for start, count in [(0, 1), (17, 100), (499, 1), (20, 0)]:
        rows = sampling.latents(7, 3, start, count, latent_dim)
        np.testing.assert_array_equal(rows, table[start : start + count])


def test_latents_are_standard_normal_and_differ_by_seed_and_draw():
    from scipy import stats

    draws = sampling.SAMPLING_DRAW, 1, sampling.HELD_OUT_DRAW, sampling.DIAGNOSTICS_DRAW
    tables = [
        sampling.latents(seed, draw, 0, 400, 50).numpy()
        for seed, draw in [(1, 0), *((0, draw) for draw in draws)]
    ]
    for table in tables:
        assert stats.kstest(table.ravel(), "norm").pvalue > 1e-3
    correlations = np.corrcoef([table.ravel() for table in tables])
    assert np.abs(correlations - np.eye(5)).max() < 0.04  # 5.7 standard errors


def test_spherical_interpolation():
    start, end = tf.constant([3.0, 0.0]), tf.constant([0.0, 3.0])
    walk = sampling.spherical_interpolation(start, end, 5).numpy()
    np.testing.assert_allclose(np.linalg.norm(walk, axis=1), 3, rtol=1e-6)
    angles = np.arctan2(walk[:, 1], walk[:, 0])
    np.testing.assert_allclose(angles, np.arange(5) * np.pi / 8, atol=1e-6)
    opposite = sampling.spherical_interpolation(start, -start, 3).numpy()
    np.testing.assert_allclose(opposite[:, 0], [3, 0, -3], atol=1e-5)
    still = sampling.spherical_interpolation(start, start, 3).numpy()
    np.testing.assert_allclose(still, [[3, 0]] * 3)


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


STRANGER = """
import json, sys
sys.modules["keras"] = sys.modules["wgan_keras"] = None  # importing either now fails
import numpy as np, tensorflow as tf
sampler = tf.saved_model.load(sys.argv[1])
number = lambda value: tf.constant(value, tf.int64)
arguments = {
    "serving_default": {"latents": tf.zeros((2, 6))},
    "sample": {"n": number(70), "seed": number(7)},
    "sample_range": {"seed": number(7), "start": number(60), "count": number(10)},
    "interpolate": {"seed_a": number(7), "seed_b": number(8), "steps": number(4)},
}
np.savez(sys.argv[2], **{
    name: sampler.signatures[name](**inputs)["images"] for name, inputs in arguments.items()
}, called=sampler.sample(n=70, seed=7)["images"])
"""


def test_an_exported_sampler_needs_neither_keras_nor_the_package(images, tmp_path):
    wgan = tiny_wgan(average_decay=0.9)
    wgan.fit(images, batch_size=20, verbose=0)
    wgan.export_sampler(tmp_path / "sampler", dataset="noise")
    command = [
        sys.executable,
        "-c",
        STRANGER,
        tmp_path / "sampler",
        tmp_path / "out.npz",
    ]
    subprocess.run(command, check=True, cwd=tmp_path)
    drawn = np.load(tmp_path / "out.npz")
    pictures = wgan.sample(70, seed=7)
    np.testing.assert_allclose(drawn["sample"], pictures, atol=1e-5)
    np.testing.assert_allclose(drawn["called"], pictures, atol=1e-5)
    np.testing.assert_allclose(drawn["sample_range"], pictures[60:], atol=1e-5)
    np.testing.assert_allclose(drawn["interpolate"][0], pictures[0], atol=1e-5)
    np.testing.assert_allclose(
        drawn["serving_default"],
        (wgan.predict(np.zeros((2, 6)), verbose=0) + 1) / 2,
        atol=1e-5,
    )
    about = json.loads((tmp_path / "sampler" / "sampler.json").read_text())
    assert about["steps"] == 3
    assert about["dataset"] == "noise"
    assert about["image_shape"] == list(SHAPE)


def test_signatures_name_shapes_and_dtypes(tmp_path):
    tiny_wgan().export_sampler(tmp_path / "sampler")
    signatures = tf.saved_model.load(str(tmp_path / "sampler")).signatures
    inputs = {
        name: {
            k: (v.dtype.name, v.shape.rank)
            for k, v in f.structured_input_signature[1].items()
        }
        for name, f in signatures.items()
    }
    number = ("int64", 0)
    assert inputs == {
        "serving_default": {"latents": ("float32", 2)},
        "sample": {"n": number, "seed": number},
        "sample_range": {"seed": number, "start": number, "count": number},
        "interpolate": {"seed_a": number, "seed_b": number, "steps": number},
    }
    for signature in signatures.values():
        assert signature.structured_outputs["images"].shape.as_list() == [None, *SHAPE]
        assert signature.structured_outputs["images"].dtype == tf.float32


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("ten years")
    with pytest.raises(FileExistsError, match="not empty"):
        tiny_wgan().export_sampler(tmp_path / "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="not empty"):
        tiny_wgan().export_sampler(tmp_path / "file")

    def full_disk(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(sampling.os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        tiny_wgan().export_sampler(tmp_path / "sampler")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine"]


def test_a_full_disk_under_tensorflow_is_an_error_of_the_system(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"sampler cannot be written: .* too large"):
            tiny_wgan().export_sampler(tmp_path / "sampler")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_sample_refuses_less_than_one():
    with pytest.raises(ValueError, match="n must be at least 1, not 0"):
        tiny_wgan().sample(0)
