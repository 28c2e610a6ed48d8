import json
import resource
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import LATENT_DIM
from helpers import SHAPE
from helpers import tiny_wgan

from wgan_keras import sampling_latents
from wgan_keras.sampling import formats

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

    monkeypatch.setattr(formats.os, "replace", full_disk)
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


# === Agreement of the formats ===


def run_saved_model(folder, latents):
    function = tf.saved_model.load(str(folder)).signatures["serving_default"]
    return function(latents=tf.constant(latents))["images"].numpy()


def run_onnx(folder, latents):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(folder / "sampler.onnx")
    return session.run(["images"], {"latents": latents})[0]


def run_litert(folder, latents):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    network = litert.Interpreter(str(folder / "sampler.tflite"))
    return network.get_signature_runner()(latents=latents)["images"]


def run_keras(folder, latents):
    generator = keras.saving.load_model(folder / "generator.keras", compile=False)
    return (generator.predict(latents, verbose=0) + 1) / 2


RUNNERS = {
    "tf_saved_model": run_saved_model,
    "onnx": run_onnx,
    "litert": run_litert,
    "keras": run_keras,
}
every_format = pytest.mark.parametrize("format", RUNNERS)


def exported(wgan, folder, format):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
    wgan.export_sampler(folder, format=format)
    return folder


def shaken(wgan):
    """Weights, means and variances as far from their start as a training takes them."""
    random = np.random.default_rng(0)
    for weight in wgan.generator.weights:
        weight.assign(weight.numpy() + random.uniform(-0.2, 0.2, weight.shape))
    return wgan


@every_format
@pytest.mark.parametrize("average_decay", [None, 0.9])
def test_all_formats_draw_the_same_pictures(format, average_decay, images, tmp_path):
    wgan = shaken(tiny_wgan(average_decay=average_decay))
    wgan.fit(images, batch_size=20, verbose=0)
    folder = exported(wgan, tmp_path / "sampler", format)
    for count in (1, 70):
        latents = sampling_latents(7, 0, count, LATENT_DIM)
        drawn = RUNNERS[format](folder, latents)
        assert drawn.dtype == np.float32
        expected = wgan.sample(count, seed=7)
        assert expected.std() > 0.05
        np.testing.assert_allclose(drawn, expected, atol=1e-5)
    about = json.loads((folder / "sampler.json").read_text())
    assert about["format"] == format
    assert (folder / "README.md").read_text().startswith("---\nlicense: unknown\n")
    assert "README.md" not in json.loads((folder / "checksums.json").read_text())


@pytest.mark.parametrize("format", ["onnx", "litert"])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_other_precisions_are_exported_in_float32(format, policy, tmp_path):
    keras.mixed_precision.set_global_policy(policy)
    try:
        wgan = shaken(tiny_wgan(compiled=False))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    plain = tiny_wgan(compiled=False)
    plain.generator.set_weights(wgan.generator.get_weights())
    latents = sampling_latents(7, 0, 3, LATENT_DIM)
    drawn = RUNNERS[format](exported(wgan, tmp_path / "sampler", format), latents)
    np.testing.assert_allclose(drawn, plain.sample(3, seed=7), atol=1e-5)
    assert wgan.generator.compute_dtype == keras.DTypePolicy(policy).compute_dtype


ABOUT = {"model": "WGAN", "steps": 0, "seed": 0}


class Foreign(keras.layers.Layer):
    """Calls Python, as no other runtime can."""

    def call(self, rows):
        return tf.ensure_shape(tf.py_function(tf.identity, [rows], tf.float32), (None, 4))

    def compute_output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_a_layer_that_a_format_cannot_express_is_said_to_be_so(format, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
    latents = keras.Input((4,))
    images = keras.layers.Reshape((2, 2, 1))(Foreign()(latents))
    with pytest.raises(ValueError, match=r"does not know \(.*: export it as a SavedModel"):
        formats.export_sampler(keras.Model(latents, images), tmp_path / "a", format, ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"one of tf_saved_model, .*, not 'png'"):
        tiny_wgan().export_sampler(tmp_path / "a", format="png")


def test_a_missing_converter_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)  # importing it now fails
    with pytest.raises(ValueError, match=r"needs tf2onnx, .* \[onnx\]"):
        tiny_wgan().export_sampler(tmp_path / "a", format="onnx")
    assert list(tmp_path.iterdir()) == []


KERAS_ALONE = """
import sys
sys.modules["wgan_keras"] = None  # importing it now fails
import keras
generator = keras.saving.load_model(sys.argv[1])
assert generator.output_shape == (None, 8, 8, 1)
"""


def test_the_keras_file_opens_without_the_package(tmp_path):
    tiny_wgan(average_decay=0.9).export_sampler(tmp_path / "a", format="keras")
    path = tmp_path / "a" / "generator.keras"
    subprocess.run([sys.executable, "-c", KERAS_ALONE, path], check=True, cwd=tmp_path)


@every_format
def test_the_code_in_the_card_runs_in_the_folder(format, tmp_path, monkeypatch):
    if format == "litert":
        pytest.importorskip("ai_edge_litert")
    folder = exported(tiny_wgan(), tmp_path / "sampler", format)
    card = (folder / "README.md").read_text()
    code = card.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(folder)
    names = {}
    exec(code, names)
    images = np.asarray(names["images"])
    assert images.shape == (64, *SHAPE)
    assert images.dtype == np.float32
    assert 0 <= images.min() < images.max() <= 1
