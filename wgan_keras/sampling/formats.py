"""Writes samplers in the formats that others can open."""

import os
import shutil
import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from wgan_keras import __version__
from wgan_keras.errors import UserError
from wgan_keras.files import write_json
from wgan_keras.files import write_manifest
from wgan_keras.files import write_text
from wgan_keras.nets.introspection import flatten_layers
from wgan_keras.sampling.card import CARD
from wgan_keras.sampling.card import model_card
from wgan_keras.sampling.extras import import_extra
from wgan_keras.sampling.folders import ABOUT
from wgan_keras.sampling.onnx import NETWORK as ONNX_NETWORK
from wgan_keras.sampling.sampler import Sampler


def export_sampler(generator, path, format, about):
    """Writes a sampler's folder, complete or not at all. See `GAN.export_sampler`.

    Writing a SavedModel twice gives other bytes, since TensorFlow numbers a graph's
    functions anew each time; the pictures are the same.

    Args:
        generator: A `keras.Model` from latents `(N, latent_dim)` to images in [-1, 1].
        path: Folder to write; it must not exist, or be empty.
        format: `"tf_saved_model"`, `"onnx"`, `"litert"` or `"keras"`.
        about: Dict of what `sampler.json` should say besides.

    Raises:
        FileExistsError: The folder is not empty.
        ValueError: The format is unknown, cannot hold the generator, or needs something
            that is not installed.
    """
    path = Path(path)
    if format not in _WRITERS:
        raise UserError(f"format must be one of {', '.join(_WRITERS)}, not {format!r}.")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(
            f"{path} exists and is not empty: name another path, or remove it first."
        )
    about = {
        "package": f"wgan_keras {__version__}",
        "format": format,
        "latent_dim": generator.input_shape[-1],
        "image_shape": generator.output_shape[1:],
        **about,
    }
    unfinished = path.with_name(f"{path.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        _WRITERS[format](generator, unfinished)
        write_json(unfinished / ABOUT, about)
        names = [str(f.relative_to(unfinished)) for f in unfinished.rglob("*")]
        write_manifest(
            unfinished, sorted(name for name in names if (unfinished / name).is_file())
        )
        # Not in the manifest: whoever publishes the folder edits it.
        write_text(unfinished / CARD, model_card(about))
        os.replace(unfinished, path)
    except tf.errors.OpError as error:  # TensorFlow's own, where a disk is full
        raise OSError(f"{path} cannot be written: {error.message}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_saved_model(generator, folder):
    archive, sampler = keras.export.ExportArchive(), Sampler(generator)
    for name in ("serving_default", "sample", "sample_range", "interpolate"):
        archive.add_endpoint(name, getattr(sampler, name))
    # Gradients are for training; a sampler without them is simpler to vet.
    plain = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(folder), options=plain, verbose=False)


def _write_onnx(generator, folder):
    tf2onnx = import_extra("tf2onnx", "onnx", "Export to ONNX")
    checker = import_extra("onnx", "onnx", "Export to ONNX").checker
    function = Sampler(_in_float32(generator)).serving_default
    try:
        model, _ = tf2onnx.convert.from_function(function, function.input_signature)
        checker.check_model(model)  # tf2onnx only logs an operation that it does not know
    except Exception as error:  # of both modules' own kinds
        raise _inexpressible("ONNX", error) from error
    (folder / ONNX_NETWORK).write_bytes(model.SerializeToString())


def _write_litert(generator, folder):
    with tempfile.TemporaryDirectory() as saved_model:
        _write_saved_model(_in_float32(generator), saved_model)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            saved_model, signature_keys=["serving_default"]
        )
        try:
            network = converter.convert()
        except Exception as error:  # whose class is private to TensorFlow
            raise _inexpressible("LiteRT", error) from error
    (folder / "sampler.tflite").write_bytes(network)


def _write_keras(generator, folder):
    generator.save(folder / "generator.keras")


_WRITERS = {
    "tf_saved_model": _write_saved_model,
    "onnx": _write_onnx,
    "litert": _write_litert,
    "keras": _write_keras,
}


def _in_float32(generator):
    """The generator, or, where it computes in another precision, a copy in float32.

    The interpreters have no convolutions in bfloat16.
    """
    if all(layer.compute_dtype == "float32" for layer in flatten_layers(generator)):
        return generator

    def cloned(layer):
        return type(layer).from_config(layer.get_config() | {"dtype": "float32"})

    copy = keras.models.clone_model(generator, clone_function=cloned, recursive=True)
    copy.set_weights(generator.get_weights())
    return copy


def _inexpressible(format_name, error):
    reason = str(error).strip().splitlines()[0]
    return UserError(
        f"The generator has something that {format_name} does not know ({reason}): export "
        "it as a SavedModel, or build it of other layers."
    )
