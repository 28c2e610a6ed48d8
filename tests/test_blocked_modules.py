"""What a system may lack: the package imports and trains without it, as on Windows."""

import subprocess
import sys

import wgan_keras

PROGRAM = """
import os, sys
import psutil  # which needs sysconf on Linux, and has other ways elsewhere

sys.modules["fcntl"] = None  # importing it now fails
del os.sysconf

import wgan_keras
from wgan_keras import Run
from wgan_keras import Settings

settings = Settings(width=2, latent_dim=4, batch_size=8, steps=3)
run = Run.create("run", settings)
run.train(verbose=False)
print(wgan_keras.__version__, int(run.model.steps_done.numpy()), run.is_finished)
"""


def test_a_run_without_fcntl_and_sysconf(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [wgan_keras.__version__, "3", "True"]
    assert (tmp_path / "run" / "report.html").exists()
