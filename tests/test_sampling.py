import json
import resource
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from helpers import SHAPE
from helpers import tiny_wgan

from wgan_keras import ExportedSampler
from wgan_keras import __version__
from wgan_keras import sampling
from wgan_keras import verify_manifest
from wgan_keras.files import checksum


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


# === Samplers from files ===


def test_an_exported_sampler_draws_what_the_model_does(tmp_path, monkeypatch):
    wgan = tiny_wgan(seed=3)
    wgan.export_sampler(tmp_path / "sampler", dataset="noise")
    sampler = ExportedSampler(tmp_path / "sampler")
    assert sampler.image_shape == SHAPE
    assert sampler.describe() == (
        f"wgan_keras {__version__}, data set noise, seed 3, SHA-256 of its manifest "
        f"{verify_manifest(tmp_path / 'sampler')}"
    )
    monkeypatch.setattr(sampling, "BATCH_BYTES", 2 * 4 * 64 * 64)  # of 128 pictures
    batches = list(sampler.batches(seed=7, count=300))
    assert [len(batch) for batch in batches] == [128, 128, 44]
    np.testing.assert_allclose(np.concatenate(batches), wgan.sample(300, 7), atol=1e-5)
    walk = sampler.walk(seed=7, steps=3)
    np.testing.assert_allclose(walk[0], batches[0][0], atol=1e-5)
    np.testing.assert_allclose(walk[2], wgan.sample(1, 8)[0], atol=1e-5)


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


def saved_model(path, outputs, **replaced):
    """A SavedModel with the signatures of a sampler but for what is said."""
    number = tf.TensorSpec((), tf.int64)
    known = {
        "serving_default": {"latents": tf.TensorSpec((None, 6))},
        "sample": {"n": number, "seed": number},
        "sample_range": {"seed": number, "start": number, "count": number},
        "interpolate": {"seed_a": number, "seed_b": number, "steps": number},
    } | replaced

    def function(name, specs):
        length = {"sample_range": "count", "interpolate": "steps"}.get(name, "n")

        def draw(**arguments):
            latents = arguments.get("latents")
            return outputs(arguments[length] if latents is None else tf.shape(latents)[0])

        return tf.function(draw).get_concrete_function(
            **{n: tf.TensorSpec(s.shape, s.dtype, name=n) for n, s in specs.items()}
        )

    signatures = {name: function(name, specs) for name, specs in known.items() if specs}
    tf.saved_model.save(tf.Module(), str(path), signatures=signatures)
    return path


def fixed(count, value=0.5, shape=SHAPE):
    """Pictures of static shape, as a sampler's are."""
    images = tf.fill([tf.cast(count, tf.int32), *shape], value)
    return {"images": tf.ensure_shape(images, (None, *shape))}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interpolate": None}, r"its signatures are \['sample', 'sample_range', 'serv"),
        ({"more": {"n": tf.TensorSpec((), tf.int64)}}, r"signatures are .*'more'"),
        (
            {
                "sample": {
                    "n": tf.TensorSpec((), tf.int32),
                    "seed": tf.TensorSpec((), tf.int64),
                }
            },
            r"'sample' takes .*int32",
        ),
        ({"sample": {"n": tf.TensorSpec((), tf.int64)}}, r"'sample' takes \{'n'"),
        ({"serving_default": {"latents": tf.TensorSpec((6,))}}, r"'serving_default' takes"),
        ({"outputs": lambda n: {"pictures": fixed(n)["images"]}}, r"returns \{'pictures'"),
        ({"outputs": lambda n: fixed(n) | {"more": n}}, r"returns .*'more'"),
        ({"outputs": lambda n: fixed(n, value=1)}, "returns .*int32"),
        ({"outputs": lambda n: fixed(n, shape=(8, 8))}, r"\(None, 8, 8\)"),
    ],
)
def test_signatures_that_do_not_fit_are_refused(tmp_path, options, message):
    path = saved_model(tmp_path / "a", **({"outputs": fixed} | options))
    with pytest.raises(ValueError, match=rf"a SavedModel, but not a sampler: .*{message}"):
        ExportedSampler(path)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (lambda n: fixed(n + 1), r"for 3 pictures .* shape \(4, 8, 8, 1\)"),
        (lambda n: fixed(0 * n), r"shape \(0, 8, 8, 1\)"),
        (lambda n: fixed(n, value=np.float32(np.nan)), "from nan to nan"),
        (lambda n: fixed(n, value=-0.5), "from -0.5"),
        (lambda n: fixed(n - 9), "cannot draw"),
    ],
)
def test_a_graph_that_does_not_draw_what_it_says(tmp_path, outputs, message):
    sampler = ExportedSampler(saved_model(tmp_path / "a", outputs=outputs))
    with pytest.raises(ValueError, match=message):
        list(sampler.batches(seed=0, count=3))


def test_samples_of_several_models_are_no_retracing(capfd, caplog):
    for _ in range(6):
        tiny_wgan().sample(1)
    said = "".join(capfd.readouterr()) + caplog.text
    assert "retracing" not in said
