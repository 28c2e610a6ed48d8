"""Seeds fixed, and the same few images, for all tests."""

import os
import signal

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import pytest
from helpers import SHAPE


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)


@pytest.fixture(autouse=True, scope="module")
def signals_as_in_a_terminal():
    """A shell lets what it starts in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
