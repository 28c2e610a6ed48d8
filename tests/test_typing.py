"""What an editor knows of the package: its names, and what they take and return."""

import json
import subprocess
import sys
from pathlib import Path

import wgan_keras

USE = """
from pathlib import Path

import numpy as np

from wgan_keras import Run, Settings, WGAN, build_critic, build_generator, kl_divergence
from wgan_keras import load_images, training_data

wgan = WGAN(build_generator(), build_critic(), n_critic=5, lipschitz="gp")
pictures: np.ndarray = wgan.sample(64, seed=7)
nats: float = kl_divergence([0.5, 0.5], [0.9, 0.1])
steps: int = training_data(load_images("digits"), batch_size=64).steps_per_epoch
report: Path = Run.create("run", Settings(lipschitz="gp")).train().report()
"""
MISTAKES = {
    "from wgan_keras import nonsense": "nonsense",
    "import wgan_keras\nwgan_keras.WGAN(1, 2, n_critc=5)": "n_critc",
    "from wgan_keras import kl_divergence\nkl_divergence([1])": "q",
}


def errors(folder):
    """What the checker finds in a folder of programs, with this very package in sight."""
    checkout = str(Path(wgan_keras.__file__).parents[1])
    config = json.dumps({"extraPaths": [checkout]})
    (folder / "pyrightconfig.json").write_text(config)
    command = ["basedpyright", "--pythonpath", sys.executable, "--level", "error"]
    found = subprocess.run(
        [sys.executable, "-m", *command, "--outputjson", str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return json.loads(found.stdout)["generalDiagnostics"]


def test_a_type_checker_knows_the_public_names(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    for index, program in enumerate(MISTAKES):
        (tmp_path / f"mistake_{index}.py").write_text(program)
    found = errors(tmp_path)
    assert [one for one in found if one["file"].endswith("use.py")] == []
    for index, named in enumerate(MISTAKES.values()):
        messages = [
            one["message"] for one in found if one["file"].endswith(f"mistake_{index}.py")
        ]
        assert any(named in message for message in messages), (named, messages)
