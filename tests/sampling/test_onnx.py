"""Samplers in ONNX: honest ones, drawn from without TensorFlow, and others, refused."""

import subprocess
import sys

import numpy as np
import pytest
from helpers import LATENT_DIM
from helpers import SHAPE
from helpers import tiny_wgan

from wgan_keras import OnnxSampler
from wgan_keras import UserError

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")
FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE


@pytest.fixture(scope="module")
def wgan():
    return tiny_wgan(seed=3)


@pytest.fixture(scope="module")
def sampler(wgan, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "sampler"
    wgan.export_sampler(path, format="onnx", dataset="noise")
    return path


WITHOUT_TENSORFLOW = """
import sys
import numpy as np
from wgan_keras import OnnxSampler
sampler = OnnxSampler(sys.argv[1])
np.savez(sys.argv[2], drawn=sampler.draw(200, seed=7), walk=sampler.walk(7, 5))
assert not {"tensorflow", "keras"} & set(sys.modules)
"""


def test_it_draws_what_the_model_does_without_tensorflow(wgan, sampler, tmp_path):
    out = tmp_path / "out.npz"
    subprocess.run([sys.executable, "-c", WITHOUT_TENSORFLOW, sampler, out], check=True)
    drawn = np.load(out)
    np.testing.assert_allclose(drawn["drawn"], wgan.sample(200, 7), atol=1e-5)
    walk = wgan.sampler.interpolate(7, 8, 5)["images"]
    np.testing.assert_allclose(drawn["walk"], walk, atol=1e-5)


def test_pictures_depend_on_seed_and_index_alone(sampler):
    opened = OnnxSampler(sampler)
    pictures = opened.draw(200, seed=5)
    for count in (1, 63, 65):
        np.testing.assert_array_equal(opened.draw(count, seed=5), pictures[:count])
    assert (opened.draw(1, seed=6) != pictures[0]).any()


def test_it_says_what_it_is(sampler):
    opened = OnnxSampler(sampler)
    assert opened.image_shape == SHAPE
    assert opened.latent_dim == LATENT_DIM
    assert "data set noise, seed 3, SHA-256" in opened.describe()
    assert opened.describe_signatures() == ["run(latents: float32 (None, 6))"]


def test_a_damaged_one_is_refused(sampler, tmp_path):
    content = (sampler / "sampler.onnx").read_bytes()
    (tmp_path / "sampler.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"sampler\.onnx is damaged"):
        OnnxSampler(tmp_path)
    (tmp_path / "checksums.json").write_text((sampler / "checksums.json").read_text())
    with pytest.raises(UserError, match=r"sampler\.json is missing|was changed"):
        OnnxSampler(tmp_path)


def write_model(folder, inputs, outputs, constant=None):
    """A model whose output is a constant picture, four numbers of which may be given."""
    if constant is None:
        constant = onnx.numpy_helper.from_array(np.full((1, 2, 2, 1), 0.5, np.float32), "c")
    describe = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["c"], [outputs[0][0]])],
        "graph",
        [describe(*tensor) for tensor in inputs],
        [describe(*tensor) for tensor in outputs],
        [constant],
    )
    opset = onnx.helper.make_opsetid("", 15)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    folder.mkdir(exist_ok=True)
    (folder / "sampler.onnx").write_bytes(model.SerializeToString())
    return folder


LATENTS, IMAGES = ("latents", FLOAT, [None, 4]), ("images", FLOAT, [None, 2, 2, 1])


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([("z", FLOAT, [None, 4])], [IMAGES], "expected 'latents', .*'z'"),
        ([("latents", DOUBLE, [None, 4])], [IMAGES], "double"),
        ([("latents", FLOAT, [4])], [IMAGES], r"2 dimensions"),
        ([("latents", FLOAT, [None, None])], [IMAGES], "fixed"),
        ([LATENTS, ("more", FLOAT, [1])], [IMAGES], "'more'"),
        ([], [IMAGES], r"not \[\]"),
        ([LATENTS], [("pictures", FLOAT, [None, 2, 2, 1])], "'images', .*'pictures'"),
    ],
)
def test_a_model_that_is_no_sampler_is_refused(inputs, outputs, message, tmp_path):
    write_model(tmp_path, inputs, outputs)
    with pytest.raises(UserError, match=f"an ONNX model, but not a sampler: .*{message}"):
        OnnxSampler(tmp_path)


def test_a_model_that_draws_another_number_of_pictures_is_refused(tmp_path):
    sampler = OnnxSampler(write_model(tmp_path, [LATENTS], [IMAGES]))
    with pytest.raises(UserError, match=r"for 3 pictures .* shape \(1, 2, 2, 1\)"):
        sampler.draw(3)


def test_a_model_that_takes_its_weights_from_elsewhere_is_refused(tmp_path):
    (tmp_path / "secret").write_bytes(np.full(4, 0.5, np.float32).tobytes())
    for location in ("../secret", str(tmp_path / "secret")):
        constant = onnx.TensorProto(name="c", data_type=FLOAT, dims=[1, 2, 2, 1])
        constant.data_location = onnx.TensorProto.EXTERNAL
        constant.external_data.add(key="location", value=location)
        write_model(tmp_path / "sampler", [LATENTS], [IMAGES], constant)
        with pytest.raises(UserError, match="cannot be loaded"):
            OnnxSampler(tmp_path / "sampler")


def test_an_operation_that_fails_is_an_error_of_the_samplers(sampler, monkeypatch):
    opened = OnnxSampler(sampler)
    monkeypatch.setattr(opened, "latent_dim", LATENT_DIM + 1)
    with pytest.raises(UserError, match="cannot draw"):
        opened.draw(1)


def test_a_missing_or_an_old_runtime_is_named(sampler, monkeypatch):
    monkeypatch.setattr(onnxruntime, "__version__", "1.23.2")
    with pytest.raises(UserError, match=r"onnxruntime 1\.23\.2 .* 1\.25 or later"):
        OnnxSampler(sampler)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # importing it now fails
    with pytest.raises(UserError, match=r"needs onnxruntime, .* \[onnx\]"):
        OnnxSampler(sampler)
