"""Tiny networks, and what the tests of several modules do with them."""

import gzip
import os
import resource
import signal
import struct
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import wgan_keras
from wgan_keras.cli.main import main

# === Tiny networks ===

SHAPE, LATENT_DIM = (8, 8, 1), 6


def tiny_generator():
    return wgan_keras.build_generator(SHAPE, LATENT_DIM, width=4)


def tiny_critic():
    return wgan_keras.build_critic(SHAPE, width=4)


def tiny_wgan(n_critic=2, compiled=True, **options):
    wgan = wgan_keras.WGAN(tiny_generator(), tiny_critic(), n_critic, **options)
    if compiled:
        wgan.compile()
    return wgan


def tiny_dcgan(**options):
    discriminator = wgan_keras.build_discriminator(SHAPE, width=4)
    dcgan = wgan_keras.DCGAN(tiny_generator(), discriminator, **options)
    dcgan.compile()
    return dcgan


def normalised_critic():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(3, 3),
            keras.layers.BatchNormalization(),
            keras.layers.LayerNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def weights(model):
    """All state of a model and its optimizers, as one list of arrays."""
    variables = [
        *model.variables,
        *model.optimizer.variables,
        *model.adversary_optimizer.variables,
    ]
    trackers = {id(v) for metric in model.metrics for v in metric.variables}
    return [v.numpy() for v in variables if id(v) not in trackers]


def assert_same_weights(one, other):
    for left, right in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(left, right)


# === Data sets ===


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def mnist_like(count=5, labels=None):
    images = np.arange(count * 784, dtype=np.uint8).reshape(count, 28, 28)
    labels = np.arange(count if labels is None else labels, dtype=np.uint8)
    return images, labels


def write_idx(folder, images, labels, compress=True, split="train"):
    folder.mkdir(parents=True, exist_ok=True)
    pack = gzip.compress if compress else bytes
    suffix = ".gz" if compress else ""
    (folder / f"{split}-images-idx3-ubyte{suffix}").write_bytes(pack(idx(images)))
    (folder / f"{split}-labels-idx1-ubyte{suffix}").write_bytes(pack(idx(labels)))


# === Trainings that are stopped ===


class Breakdown(Exception):
    pass


class At(keras.callbacks.Callback):
    """Does something at a generator step."""

    def __init__(self, step, action):
        super().__init__()
        self.step, self.action = step, action

    def on_train_batch_end(self, batch, logs=None):
        if self.model.steps_done.numpy() == self.step:
            self.action()


def break_down():
    raise Breakdown


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def stopped_run(folder, steps=5):
    """A small run that was interrupted at its third step, and what that said."""
    settings = wgan_keras.Settings(width=2, latent_dim=4, batch_size=8, steps=steps)
    run = wgan_keras.Run.create(folder, settings)
    with pytest.raises(KeyboardInterrupt) as interruption:
        run.train(callbacks=[At(3, interrupt)], verbose=False)
    return run, str(interruption.value)


def content(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "checkpoints" not in file.parts
    }


def train_options(steps):
    return [
        *("--width", 4, "--latent-dim", 8, "--batch-size", 16, "--steps", steps),
        *("--checkpoint-steps", 1),
    ]


def weights_in(run):
    with zipfile.ZipFile(run / "model.keras") as archive:
        return archive.read("model.weights.h5")


def assert_same_run(one, other):
    assert weights_in(one) == weights_in(other)
    names = {"history.csv", "curve.png", "training.gif", "samples.png", "config.json"}
    frames = {name for name in content(one) if name.startswith("training-frames/0")}
    assert len(frames) > 10
    for name in names | frames:
        assert content(one)[name] == content(other)[name], name


# === The command line ===

SMALL = ["--width", "2", "--latent-dim", "4", "--batch-size", "8", "--steps", "3"]


def run_command(*arguments):
    main([str(argument) for argument in arguments])


def refused(capsys, *arguments, status=2):
    """Runs a command that must fail, and returns its one line of error."""
    with pytest.raises(SystemExit) as exit_:
        run_command(*arguments)
    assert exit_.value.code == status
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error.strip().splitlines()[-1]


class Process:
    """`python -m wgan_keras train` in a process of its own, its output in a file."""

    def __init__(self, folder, *arguments, limit=None):
        def prepare():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        command = [sys.executable, "-m", "wgan_keras", "train", *map(str, arguments)]
        self.log = folder / f"{time.time_ns()}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=prepare
            )

    def wait(self):
        code = self.process.wait(timeout=600)
        return code, self.log.read_text().splitlines()


def assert_gradient_is_the_slope(loss, variable, step=1e-2, rel=2e-2, abs=1e-3):
    """Compares a gradient with central differences along a few directions."""
    with tf.GradientTape() as tape:
        value = loss()
    gradient = tape.gradient(value, variable).numpy()
    start, rng = variable.numpy(), np.random.default_rng(0)
    for _ in range(4):
        direction = rng.normal(size=start.shape)
        direction /= np.linalg.norm(direction)
        values = []
        for sign in (1, -1):
            variable.assign(start + sign * step * direction)
            values.append(float(loss()))
        variable.assign(start)
        slope = (values[0] - values[1]) / (2 * step)
        assert (gradient * direction).sum() == pytest.approx(slope, rel, abs)
