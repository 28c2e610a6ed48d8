import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def generators():
    spec = importlib.util.spec_from_file_location("generators", ROOT / "lab/generators.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_lab_has_the_shipped_generators(generators, name):
    script = (ROOT / f"wgan_keras/lab/{name}.js").read_text()
    assert script.startswith(f'(window.labWeights??={{}})["{name}"]={{')
    source = generators.digest(ROOT / "wgan_keras/samplers" / name)
    assert f'"source":"{source}"' in script, f"run python lab/generators.py {name}"


def test_operations_and_folding_keep_the_pictures(generators, tmp_path):
    model = generators.residual_generator()
    model.save(tmp_path / "generator.keras")
    function = generators.load(tmp_path / "generator.keras").signatures["serving_default"]
    operations = generators.fold(generators.GraphReader(function).operations)
    latents = generators.draw_latents(5, 8, 5)
    wanted = model.predict(latents, verbose=0)
    assert wanted.std() > 0.1
    np.testing.assert_allclose(generators.run(operations, latents), wanted, atol=1e-5)
    names = [operation["op"] for operation in operations]
    assert {"upsample", "conv", "add", "relu"} <= set(names)
    assert names.count("affine") == 2  # only those that come before a ReLU of their own


def test_what_the_lab_cannot_compute_is_named(generators, tmp_path):
    import keras
    from keras import layers

    latents = keras.Input((3,))
    x = layers.Reshape((1, 1, 3))(layers.Softmax()(latents))
    keras.Model(latents, x).save(tmp_path / "softmax.keras")
    function = generators.load(tmp_path / "softmax.keras").signatures["serving_default"]
    with pytest.raises(ValueError, match="Softmax, which the lab cannot compute"):
        generators.GraphReader(function)


def test_the_fixture_is_small_and_of_both_samplers():
    path = ROOT / "lab/test/fixtures/latent.json"
    assert {"mnist", "fashion-mnist", "residual"} == json.loads(path.read_text()).keys()
    assert path.stat().st_size < 100_000
