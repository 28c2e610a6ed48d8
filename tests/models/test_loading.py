import subprocess
import sys

import keras
import numpy as np
import pytest
from helpers import SHAPE
from helpers import assert_same_weights
from helpers import tiny_generator
from helpers import tiny_wgan

from wgan_keras import WGAN
from wgan_keras import load_model
from wgan_keras import training_data


def critic_with_dropout():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(8),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )


def test_training_goes_on_from_a_file_as_if_never_stopped(images, tmp_path):
    wgan = WGAN(tiny_generator(), critic_with_dropout(), 2, average_decay=0.9, seed=3)
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 3, 0.9)
    wgan.compile(keras.optimizers.RMSprop(schedule), keras.optimizers.Adam(1e-3, beta_1=0))
    wgan.fit(training_data(images, 10, 2), steps_per_epoch=7, verbose=0)
    wgan.save(tmp_path / "wgan.keras")
    wgan.fit(training_data(images, 10, 2, start=7), steps_per_epoch=6, verbose=0)

    loaded = load_model(tmp_path / "wgan.keras")
    assert loaded.steps_done.numpy() == 7
    assert loaded.get_config()["lipschitz"] == wgan.get_config()["lipschitz"]
    loaded.fit(training_data(images, 10, 2, start=7), steps_per_epoch=6, verbose=0)
    assert_same_weights(loaded, wgan)


def test_load_model_in_a_fresh_process(tmp_path):
    wgan = tiny_wgan()
    wgan.save(tmp_path / "wgan.keras")
    np.save(tmp_path / "expected.npy", wgan.sample(3, seed=2))
    program = (
        "import wgan_keras, numpy as np\n"
        "model = wgan_keras.load_model('wgan.keras')\n"
        "expected = np.load('expected.npy')\n"
        "assert np.abs(model.sample(3, seed=2) - expected).max() < 1e-6\n"
        "assert model.compiled and model.critic_optimizer.built\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_load_model_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        load_model(tmp_path / "nothing.keras")
    tiny_wgan().save(tmp_path / "wgan.keras")
    content = (tmp_path / "wgan.keras").read_bytes()
    (tmp_path / "wgan.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"wgan\.keras"):
        load_model(tmp_path / "wgan.keras")
