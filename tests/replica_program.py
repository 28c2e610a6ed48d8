"""A program for the tests of `replicas`: trains a tiny WGAN, and says how it went.

    python replica_program.py mirrored FLOATX               alone, then on two CPUs
    python replica_program.py worker FLOATX FOLDER STEPS    the worker that TF_CONFIG says

The last line that it prints is JSON.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from wgan_keras import WGAN
from wgan_keras import Checkpoint
from wgan_keras import LearningCurve
from wgan_keras import training_data
from wgan_keras.fitting import replicas

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)


class Logs(keras.callbacks.Callback):
    """Keeps each step's logs; on request, says that the training goes on."""

    def __init__(self, verbose=False):
        super().__init__()
        self.rows, self.verbose = [], verbose

    def on_train_batch_end(self, batch, logs=None):
        self.rows.append([float(logs[name]) for name in sorted(logs)])
        if self.verbose:
            print("step", int(self.model.steps_done.numpy()), flush=True)


def build(normalization=()):
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(64),
            *normalization,
            layers.Activation("tanh"),
            layers.Reshape(SHAPE),
        ]
    )
    critic = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 4, 2, "same", activation="leaky_relu"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    wgan = WGAN(generator, critic, 2, "gp", average_decay=0.9)
    wgan.compile()
    return wgan


def train(wgan, steps, callbacks=()):
    logs = Logs(verbose=bool(callbacks))
    history = wgan.fit(
        training_data(IMAGES, batch_size=6, n_critic=2, seed=3),
        steps_per_epoch=5,
        epochs=steps // 5,
        validation_data=IMAGES[:25],
        verbose=0,
        callbacks=[logs, *callbacks],
    )
    means = {name: values[-1] for name, values in history.history.items()}
    return {"rows": logs.rows, "means": means}


def digest(wgan):
    return hashlib.sha256(b"".join(v.numpy().tobytes() for v in wgan.state)).hexdigest()


def mirrored():
    physical = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        physical[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    keras.utils.set_random_seed(0)
    alone = train(build(), 20)
    keras.utils.set_random_seed(0)
    with strategy.scope():
        wgan = build()
    together = train(wgan, 20)
    normalization = layers.BatchNormalization(momentum=0.5)
    with strategy.scope():
        normalised = build([normalization])
    normalised.fit(IMAGES, batch_size=12, epochs=1, verbose=0)
    return {
        "alone": alone,
        "together": together,
        "weights_differ": [
            variable.path
            for model in (wgan, normalised)
            for variable in model.state
            if len({copy.numpy().tobytes() for copy in variable.value.values}) > 1
        ],
        "steps_of_an_array": int(normalised.steps_done.numpy()),
        "moving_mean": float(np.abs(normalization.moving_mean.numpy()).max()),
    }


def worker(folder, steps):
    strategy = replicas.strategy_named("multi-worker")
    own_seed = int(json.loads(os.environ["TF_CONFIG"])["task"]["index"])
    keras.utils.set_random_seed(own_seed and 1000 + own_seed)  # the chief's counts
    with strategy.scope():
        wgan = build()
    callbacks = [
        Checkpoint(folder / "checkpoints", every_steps=10),
        LearningCurve(folder / "curve.csv", folder / "curve.png", seconds=1e9),
    ]
    return {**train(wgan, steps, callbacks), "digest": digest(wgan)}


if __name__ == "__main__":
    command, floatx, *rest = sys.argv[1:]
    keras.config.set_floatx(floatx)
    result = mirrored() if command == "mirrored" else worker(Path(rest[0]), int(rest[1]))
    print(json.dumps(result))
