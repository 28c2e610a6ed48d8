"""What several commands need: kinds of options, files, a quiet TensorFlow."""

import argparse
import contextlib
import os
import sys
from pathlib import Path

from wgan_keras.errors import UserError

SHIPPED = ("mnist", "fashion-mnist")  # samplers that come with the package
MAX_INTEGER = 2**31 - 1


# === Options ===


def positive(text):
    """An option's whole number from 1."""
    return _whole(text, 1)


def natural(text):
    """An option's whole number from 0."""
    return _whole(text, 0)


def _whole(text, low):
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= MAX_INTEGER:
        raise argparse.ArgumentTypeError(f"must be a whole number from {low}, not {text}")
    return number


# === Files ===


def refuse_existing(path, overwrite):
    """Refuses to write to a file that is there, unless it may be replaced."""
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists: name another file, or say --overwrite.")


def find_sampler(folder):
    """The folder of the sampler in a folder, in a run's, or of one that comes with it."""
    candidates = [folder, folder / "sampler"]
    if str(folder) in SHIPPED:
        candidates.append(Path(__file__).parents[1] / "samplers" / folder)
    for candidate in candidates:
        if any((candidate / name).is_file() for name in ("saved_model.pb", "sampler.json")):
            return candidate
    raise FileNotFoundError(
        f"{folder} is neither a sampler nor a run with one: expected a folder with "
        "saved_model.pb or sampler.json, or with a folder sampler that has one, or the "
        f"name of a sampler that comes with the package: {', '.join(SHIPPED)}."
    )


def add_trust(parser):
    parser.add_argument(
        "--trust",
        action="store_true",
        help="load a SavedModel even if it could do more than compute, such as read files",
    )


def open_sampler(folder, trust=False):
    """Opens a sampler: its own folder, a run's, or a name of those that are shipped.

    One in ONNX is opened without TensorFlow, which takes seconds to import.
    """
    found = find_sampler(folder)
    if (found / "sampler.onnx").is_file():
        from wgan_keras.sampling.onnx import OnnxSampler

        return OnnxSampler(found)
    if not (found / "saved_model.pb").is_file():
        raise UserError(
            f"{found} holds neither saved_model.pb nor sampler.onnx, from which pictures "
            "can be drawn here: open it as its README.md shows, or export the generator as "
            "a SavedModel or in ONNX."
        )
    quiet_tensorflow()
    from wgan_keras.sampling.saved_model import ExportedSampler

    return ExportedSampler(found, trust)


def require_suffix(path, suffixes, option="--out"):
    """Refuses a path whose ending is none of those that can be written."""
    if path.suffix not in suffixes:
        *most, last = suffixes
        expected = f"{', '.join(most)} or {last}" if most else last
        raise UserError(f"{option} must end in {expected}, not {path}.")


# === Output ===


def printable(text):
    """Text from a file, without the signs that a terminal obeys."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))


def print_values(values):
    for name, value in values.items():
        print(printable(f"  {name}: {value}"))


def verified(checksum):
    """What a manifest's checksum says of a folder."""
    if checksum is None:
        return "of an older version, without a manifest of checksums: not verified"
    return f"verified; SHA-256 of its manifest: {checksum}"


# === TensorFlow's start-up noise ===


def quiet_tensorflow():
    """Imports TensorFlow without its start-up messages, but with its errors.

    An error tells, for example, that a GPU is there and could not be used.

    Convolutions are computed by oneDNN, which TensorFlow itself turns on only where a
    processor has AVX-512 or the like. Without these, a step still takes a quarter less.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with _standard_error_nowhere():
        import tensorflow  # noqa: F401


@contextlib.contextmanager
def _standard_error_nowhere():
    """They are written before any log level is read, to the file descriptor itself."""
    if sys.stderr is not None:
        sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
