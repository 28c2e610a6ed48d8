"""Keras finds the models by name, whoever is imported first, and nothing is in its way."""

import subprocess
import sys

import pytest

NAMES = ("WGAN", "DCGAN")
CHECK = """
for name in {names}:
    assert keras.saving.get_registered_object("wgan_keras>" + name) is not None, name
assert not any(type(f).__module__ == "wgan_keras.registration" for f in sys.meta_path)
"""


@pytest.mark.parametrize(
    "imports",
    [
        "import wgan_keras, keras",
        "import keras, wgan_keras",
        pytest.param(
            "from wgan_keras import WeightClip; import keras", marks=pytest.mark.slow
        ),
        pytest.param(
            "import wgan_keras; wgan_keras.kl_divergence; import keras",
            marks=pytest.mark.slow,
        ),
        "import wgan_keras; wgan_keras.WGAN; import keras",
    ],
)
def test_keras_knows_the_models(imports):
    program = f"import sys\n{imports}\n" + CHECK.format(names=NAMES)
    subprocess.run([sys.executable, "-c", program], check=True)


def test_keras_that_is_not_there_is_still_not_there():
    program = (
        "import sys, wgan_keras\n"
        "class Nowhere:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'keras': raise ModuleNotFoundError('no keras here')\n"
        "sys.meta_path.append(Nowhere())\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'PathFinder' not in str(f)"
        " or f.__class__.__module__ == 'wgan_keras.registration']\n"
        "try: import keras\n"
        "except ModuleNotFoundError: print('missing')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "missing\n"
