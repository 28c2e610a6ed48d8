"""A folder of its own for each command, and things to give it."""

import keras
import numpy as np
import pytest
from helpers import tiny_wgan

from wgan_keras import WGAN
from wgan_keras import build_critic
from wgan_keras import build_generator
from wgan_keras import load_images
from wgan_keras import load_labels


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.fixture(scope="session")
def sampler(tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "sampler"
    tiny_wgan().export_sampler(path)
    return path


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """Digits under the name of MNIST, whose size they have."""
    path = tmp_path_factory.mktemp("data")
    split = {split: load_images("digits", split) for split in ("train", "test")}
    labels = {split: load_labels("digits", split) for split in ("train", "test")}
    arrays = {f"x_{name}": images for name, images in split.items()}
    arrays |= {f"y_{name}": values for name, values in labels.items()}
    np.savez(path / "mnist.npz", **arrays)
    return path


@pytest.fixture(scope="session")
def mnist_sampler(tmp_path_factory):
    path = tmp_path_factory.mktemp("mnist") / "sampler"
    generator = build_generator(latent_dim=4, width=2)
    tiny = WGAN(generator, build_critic(width=2))
    tiny.export_sampler(path, dataset="mnist")
    return path
