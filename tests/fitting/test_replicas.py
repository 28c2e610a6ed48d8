"""Several replicas against one: the same numbers, one set of files, and no hanging."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_same_run
from helpers import tiny_wgan
from helpers import train_options

from wgan_keras.fitting import replicas

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, str(ROOT / "tests" / "replica_program.py")]


@pytest.fixture(scope="module")
def mirrored():
    """What `replica_program.py mirrored` says, in float64."""
    done = subprocess.run(
        [*PROGRAM, "mirrored", "float64"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stdout.splitlines()[-1])


def start_workers(count, folder, steps):
    """Starts so many workers; each has a folder of its own, and a file of what it says."""
    arguments = [["worker", "float64", folder / str(n), steps] for n in range(count)]
    return start_cluster(folder, [[*PROGRAM, *map(str, each)] for each in arguments])


def start_cluster(folder, commands):
    """Starts a worker for each command; what worker n says goes to the file said-n."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in commands]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        cluster = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    workers = []
    for index, command in enumerate(commands):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": cluster}, "task": task})
        with open(folder / f"said-{index}", "w") as said:
            workers.append(
                subprocess.Popen(
                    command,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd=ROOT,
                    env=os.environ | {"TF_CONFIG": config},
                )
            )
    return workers


def said(folder, index):
    return (folder / f"said-{index}").read_text()


def results(workers, folder):
    for index, worker in enumerate(workers):
        assert worker.wait(600) == 0, said(folder, index)
    return [
        json.loads(said(folder, index).splitlines()[-1]) for index in range(len(workers))
    ]


def assert_same_logs(one, other):
    np.testing.assert_allclose(one["rows"], other["rows"], rtol=0, atol=1e-9)
    assert one["means"].keys() == other["means"].keys()
    for name, mean in one["means"].items():
        assert other["means"][name] == pytest.approx(mean, abs=1e-9), name


def test_two_replicas_train_as_one(mirrored):
    assert_same_logs(mirrored["alone"], mirrored["together"])
    assert np.std(mirrored["alone"]["rows"], axis=0).min() > 1e-6  # or all would agree
    assert len(mirrored["alone"]["rows"]) == 20
    assert mirrored["weights_differ"] == []
    assert mirrored["moving_mean"] > 0
    assert mirrored["steps_of_an_array"] == 60 // 12


def assert_workers_train_as_one(count, folder, alone):
    first, *others = results(start_workers(count, folder, steps=20), folder)
    assert_same_logs(first, alone)
    for other in others:
        assert_same_logs(other, first)
        assert other["digest"] == first["digest"]
    assert {file.name for file in (folder / "0").iterdir()} == {
        "checkpoints",
        "curve.csv",
        "curve.png",
    }
    assert not any((folder / str(index)).exists() for index in range(1, count))


def test_two_workers_train_as_one(tmp_path, mirrored):
    assert_workers_train_as_one(2, tmp_path, mirrored["alone"])


@pytest.mark.slow
def test_three_workers_train_as_one(tmp_path, mirrored):
    assert_workers_train_as_one(3, tmp_path, mirrored["alone"])


@pytest.mark.slow
def test_a_killed_worker_stops_the_others_and_the_whole_goes_on(tmp_path):
    workers = start_workers(3, tmp_path, steps=10_000)
    while "step 25\n" not in said(tmp_path, 0):
        assert all(worker.poll() is None for worker in workers)
        time.sleep(0.1)
    workers[2].kill()
    workers[2].wait()
    killed = time.monotonic()
    for worker in workers[:2]:
        assert worker.wait(120) != 0
    print(f"the others stopped after {time.monotonic() - killed:.1f} s")
    for index in range(2):
        last = said(tmp_path, index).splitlines()[-1]
        assert "ConnectionError: The training cannot go on: " in last
    [*_, last] = sorted((tmp_path / "0" / "checkpoints").iterdir())
    reached = int(last.stem)
    assert reached >= 20
    steps = -(-reached // 5) * 5 + 10
    first, *others = results(start_workers(3, tmp_path, steps), tmp_path)
    assert len(first["rows"]) == steps - reached
    assert all(other["digest"] == first["digest"] for other in others)


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1])
def test_the_command_line_goes_on_when_all_workers_are_started_again(lost, tmp_path):
    def train(*options):
        command = [sys.executable, "-m", "wgan_keras", "train", *map(str, options)]
        return start_cluster(tmp_path, [[*command, "--strategy", "multi-worker"]] * 2)

    options = [*train_options(120), "--checkpoint-steps", 20]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert [worker.wait(600) for worker in train(*options, "--out", whole)] == [0, 0]

    workers = train(*options, "--out", cut)
    while not list(cut.glob("checkpoints/*.checkpoint")):
        assert all(worker.poll() is None for worker in workers)
        time.sleep(0.1)
    workers[lost].kill()
    assert workers[lost].wait() < 0
    assert workers[1 - lost].wait(120) == 2
    [*_, last] = said(tmp_path, 1 - lost).splitlines()
    assert f"worker {lost} has ended or does not answer" in last
    assert f"train --resume {cut} --strategy multi-worker" in last

    assert [worker.wait(600) for worker in train("--resume", cut)] == [0, 0]
    assert_same_run(whole, cut)


# === Within one process ===


@pytest.mark.parametrize("config", ["", "nonsense", "{}", '{"cluster": {}}'])
def test_multi_worker_without_workers_is_refused(config, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match="TF_CONFIG, which lists no cluster"):
        replicas.strategy_named("multi-worker")
    with pytest.raises(ValueError, match="expected 'mirrored' or 'multi-worker'"):
        replicas.strategy_named("other")


def test_lost_workers_are_named_and_other_errors_left_alone():
    message = "Collective ops is aborted by: no answer of /job:worker/replica:0/task:3"
    with (
        pytest.raises(ConnectionError, match="worker 3 has ended or does not answer"),
        replicas.lost_worker_errors(),
    ):
        raise tf.errors.UnavailableError(None, None, message)
    with (
        pytest.raises(tf.errors.InternalError, match="something else"),
        replicas.lost_worker_errors(),
    ):
        raise tf.errors.InternalError(None, None, "something else")


def test_what_replicas_cannot_share_is_refused(images):
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        wgan = tiny_wgan(n_critic=2)
    with pytest.raises(ValueError, match=r"batch of 15 images does not divide .* of 2"):
        wgan.fit(images, batch_size=15)
    with pytest.raises(ValueError, match=r"takes an array .* not a generator"):
        wgan.fit(images[:10] for _ in range(3))
