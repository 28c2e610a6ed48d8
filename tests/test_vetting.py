"""A zoo of hostile models, none of which may be loaded, and honest ones that must be."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

from wgan_keras import WGAN
from wgan_keras import ExportedSampler
from wgan_keras import UserError
from wgan_keras import build_critic
from wgan_keras import build_generator
from wgan_keras import vetting
from wgan_keras.cli.main import main
from wgan_keras.vetting import read_saved_model
from wgan_keras.vetting import vet_saved_model

SHAPE, LATENT_DIM = (8, 8, 1), 6


def registered_operations():
    operations = op_def_pb2.OpList()
    operations.ParseFromString(
        pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    )
    return operations.op


STATEFUL = sorted(op.name for op in registered_operations() if op.is_stateful)


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    keras.utils.set_random_seed(0)
    wgan = WGAN(build_generator(SHAPE, LATENT_DIM, 4), build_critic(SHAPE, 4))
    wgan.export_sampler(tmp_path_factory.mktemp("honest") / "sampler")
    return tmp_path_factory.getbasetemp() / next(
        path for path in tmp_path_factory.getbasetemp().rglob("sampler")
    )


@pytest.fixture
def never_loaded(monkeypatch):
    def load(*arguments, **options):
        pytest.fail("TensorFlow was asked to load a model that is not trusted")

    monkeypatch.setattr(tf.saved_model, "load", load)


@pytest.fixture
def change(sampler, tmp_path):
    """Copies the honest sampler, without its manifest, and has its graph changed."""

    def changed(function):
        folder = tmp_path / "changed"
        shutil.copytree(sampler, folder, dirs_exist_ok=True)
        (folder / "checksums.json").unlink(missing_ok=True)
        model = read_saved_model(sampler)
        function(model.meta_graphs[0])
        (folder / "saved_model.pb").write_bytes(model.SerializeToString())
        return folder

    return changed


# === The zoo ===


def in_the_graph(graph, operation):
    graph.graph_def.node.add(name="hostile", op=operation)


def in_a_function(graph, operation):
    graph.graph_def.library.function[0].node_def.add(name="hostile", op=operation)


def in_an_initializer(graph, operation):
    function = graph.graph_def.library.function.add()
    function.signature.name = "initialize"
    function.node_def.add(name="hostile", op=operation)
    graph.object_graph_def.concrete_functions["initialize"].SetInParent()


@pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_each_stateful_operation_is_refused_wherever_it_stands(
    sampler, change, never_loaded, everywhere
):
    assert len(STATEFUL) > 300
    harmless = {"Placeholder", "ReadVariableOp", "VarHandleOp"} | {
        *("If", "While", "StatefulPartitionedCall")  # of functions that are vetted, too
    }
    assert set(STATEFUL) & (vetting.COMPUTING | vetting.STRUCTURE) <= harmless
    places, tried = (in_the_graph, in_a_function, in_an_initializer), 0
    for number, operation in enumerate(sorted(set(STATEFUL) - harmless)):
        for place in places if everywhere else [places[number % 3]]:
            model = read_saved_model(sampler)
            place(model.meta_graphs[0], operation)
            with pytest.raises(UserError) as refusal:
                vetting._vet_graph(Path("model"), model.meta_graphs[0])
            assert repr(operation) in str(refusal.value)
            tried += 1
    assert tried == (3 if everywhere else 1) * len(set(STATEFUL) - harmless)
    with pytest.raises(UserError, match=r"initialize.*'WriteFile'"):
        ExportedSampler(change(lambda graph: in_an_initializer(graph, "WriteFile")))


def test_no_operation_on_the_list_has_a_side_effect():
    known = {operation.name: operation for operation in registered_operations()}
    for name in vetting.COMPUTING:
        assert not known[name].is_stateful, name
        strings = {"string", "resource", "variant", "filename"}
        inputs = {argument.name for argument in known[name].input_arg}
        assert not inputs & strings, name


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (lambda graph: graph.asset_file_def.add(filename="passwd"), "has a file, 'passwd'"),
        (
            lambda graph: graph.graph_def.library.gradient.add(function_name="f"),
            "gradients of its own",
        ),
        (
            lambda graph: graph.object_graph_def.nodes.add().asset.SetInParent(),
            "kind 'asset'",
        ),
        (
            lambda graph: graph.object_graph_def.nodes.add().resource.SetInParent(),
            "kind 'resource'",
        ),
        (
            lambda graph: graph.object_graph_def.nodes.add(registered_name="my>Code"),
            "code of its own, 'my>Code'",
        ),
        (lambda graph: in_the_graph(graph, "RestoreV2"), "'RestoreV2'"),
    ],
)
def test_what_could_reach_files_or_code_is_refused(place, message, change, never_loaded):
    with pytest.raises(UserError, match=message):
        ExportedSampler(change(place))


def test_the_function_that_restores_weights_may_not_be_called_by_others(
    change, never_loaded
):
    def call_it(graph):
        restore = next(
            function.signature.name
            for function in graph.graph_def.library.function
            if "traced_restore" in function.signature.name
        )
        node = graph.graph_def.library.function[0].node_def.add(
            name="call", op="StatefulPartitionedCall"
        )
        node.attr["f"].func.name = restore

    with pytest.raises(UserError, match=r"RestoreV2|AssignVariableOp"):
        ExportedSampler(change(call_it))


@pytest.mark.parametrize("name", ["saved_model.pbtxt", "saved_model.cpb"])
def test_another_form_of_the_model_beside_it_is_refused(name, change, never_loaded):
    folder = change(lambda graph: None)
    (folder / name).write_text("")
    with pytest.raises(UserError, match=name):
        ExportedSampler(folder)


# === Real ones ===


def signatures(module, images):
    """Gives a module the four signatures of a sampler, all of which return `images()`."""
    scalar = tf.TensorSpec((), tf.int64)

    def named(**arguments):
        return {
            name: tf.TensorSpec(spec.shape, spec.dtype, name=name)
            for name, spec in arguments.items()
        }

    inputs = {
        "serving_default": named(latents=tf.TensorSpec((None, 6), tf.float32)),
        "sample": named(n=scalar, seed=scalar),
        "sample_range": named(seed=scalar, start=scalar, count=scalar),
        "interpolate": named(seed_a=scalar, seed_b=scalar, steps=scalar),
    }
    return {
        name: tf.function(lambda **_: {"images": images()}).get_concrete_function(**specs)
        for name, specs in inputs.items()
    }


def test_a_sampler_that_writes_when_it_is_loaded_never_does(tmp_path, capsys):
    target = tmp_path / "written"
    module = tf.Module()
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant([1]), tf.constant([2])), 0
    )
    module.table = table
    original = table._initialize
    table._initialize = lambda: tf.io.write_file(str(target), "here") and original()

    def images():
        return tf.zeros((1, 8, 8, 1)) + tf.cast(table.lookup(tf.constant(1)), tf.float32)

    tf.saved_model.save(module, str(tmp_path / "hostile"), signatures(module, images))
    target.unlink(missing_ok=True)
    for command in ("info", "sample", "evaluate"):
        with pytest.raises(SystemExit):
            main([command, str(tmp_path / "hostile")])
        assert "was not loaded" in capsys.readouterr().err
    assert not target.exists()


def test_a_sampler_that_reads_a_file_is_refused_unless_it_is_trusted(tmp_path, capsys):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(64)))

    def images():
        pixels = tf.io.decode_raw(tf.io.read_file(str(secret)), tf.uint8)
        return tf.reshape(tf.cast(pixels, tf.float32) / 255, (-1, 8, 8, 1))

    module = tf.Module()
    tf.saved_model.save(module, str(tmp_path / "hostile"), signatures(module, images))
    with pytest.raises(UserError, match="'ReadFile'"):
        ExportedSampler(tmp_path / "hostile")
    trusted = ExportedSampler(tmp_path / "hostile", trust=True)
    assert trusted.signatures["sample"] is not None


def test_a_python_function_is_refused(tmp_path):
    module = tf.Module()

    def images():
        made = tf.py_function(lambda: np.zeros((1, 8, 8, 1), np.float32), [], tf.float32)
        return tf.ensure_shape(made, (None, 8, 8, 1))

    tf.saved_model.save(module, str(tmp_path / "hostile"), signatures(module, images))
    with pytest.raises(UserError, match="'EagerPyFunc'"):
        ExportedSampler(tmp_path / "hostile")


# === Honest ones ===


def _convolutions():
    x = latents = keras.Input((LATENT_DIM,))
    x = layers.Reshape((4, 4, 4))(layers.Dense(64, activation="gelu")(x))
    x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
    x = layers.Conv2D(4, 3, padding="same", activation="swish")(layers.UpSampling2D(2)(x))
    x = layers.Add()([x, layers.LayerNormalization()(x)])
    x = layers.UpSampling2D(2, interpolation="bilinear")(layers.PReLU()(x))
    x = layers.AveragePooling2D(2)(layers.SeparableConv2D(4, 3, padding="same")(x))
    x = layers.GroupNormalization(2)(layers.DepthwiseConv2D(3, padding="same")(x))
    x = layers.Concatenate()([layers.Activation("elu")(x), layers.Activation("selu")(x)])
    return keras.Model(latents, layers.Conv2D(1, 3, padding="same", activation="tanh")(x))


def _attention():
    x = latents = keras.Input((LATENT_DIM,))
    x = layers.Reshape((4, 4))(layers.Dense(16, activation="softplus")(x))
    x = layers.Flatten()(layers.MultiHeadAttention(2, 4)(x, x))
    x = layers.Dense(64, activation="sigmoid")(layers.UnitNormalization()(x))
    return keras.Model(latents, layers.Rescaling(2, -1)(layers.Reshape(SHAPE)(x)))


@pytest.mark.parametrize("generator", [_convolutions, _attention])
def test_reasonable_generators_of_a_users_own_pass(generator, tmp_path):
    wgan = WGAN(generator(), build_critic(SHAPE, 4))
    wgan.export_sampler(tmp_path / "sampler")
    drawn = np.concatenate(list(ExportedSampler(tmp_path / "sampler").batches(0, 3)))
    np.testing.assert_allclose(drawn, wgan.sample(3), atol=1e-6)


def test_a_damaged_protocol_buffer_is_named(sampler, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 50)
    with pytest.raises(UserError, match=r"saved_model\.pb is damaged"):
        vet_saved_model(tmp_path)
