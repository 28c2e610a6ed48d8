"""Tiny networks and data, seeds fixed, for all tests."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import wgan_keras

SHAPE, LATENT_DIM = (8, 8, 1), 6


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)


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
