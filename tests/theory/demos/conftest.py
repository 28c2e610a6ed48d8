import pytest

from wgan_keras.theory.demos.parallel_lines import parallel_lines


@pytest.fixture(scope="module")
def lines():
    return parallel_lines(thetas=[-1.0, 0.0, 0.5], points=5)
