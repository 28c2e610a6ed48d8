"""How long `train` takes to its first step, beside TensorFlow's own import.

    python benchmarks/startup.py --folder FOLDER

Both run in turn, each in a process of its own, after one turn that is not counted. The
clock stops when the progress bar in the terminal has counted a step. Writes
FOLDER/startup.json, from which `train_step.py table` takes its figures.
"""

import argparse
import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wgan_keras.files import write_json

ROUNDS = 5
COUNTED = re.compile(rb"[1-9]\d*/4000")


def import_tensorflow():
    command = [sys.executable, "-c", "import tensorflow"]
    started = time.perf_counter()
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def first_step():
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "wgan_keras", "train", "--dataset", "mnist"]
        command += ["--lipschitz", "gp", "--steps", "4000", "--out", f"{folder}/run"]
        ours, theirs = pty.openpty()
        started, seen = time.perf_counter(), b""
        process = subprocess.Popen(command, stdout=theirs, stderr=theirs)
        os.close(theirs)
        while not COUNTED.search(seen):
            seen += os.read(ours, 4096)
        took = time.perf_counter() - started
        process.kill()
        process.wait()
        os.close(ours)
        return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    times = {"first step": [], "import tensorflow": []}
    for _ in range(1 + ROUNDS):
        times["first step"].append(first_step())
        times["import tensorflow"].append(import_tensorflow())
    times = {name: seconds[1:] for name, seconds in times.items()}
    write_json(folder / "startup.json", times)
    for name, seconds in times.items():
        print(f"{name}: {statistics.median(seconds):.1f} s")


if __name__ == "__main__":
    main()
