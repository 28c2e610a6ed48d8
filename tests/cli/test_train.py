import csv
import json
import logging
import os
import random
import signal
import subprocess
import time

import imageio.v3 as imageio
import numpy as np
import pytest
from helpers import SMALL
from helpers import Process
from helpers import assert_same_run
from helpers import content
from helpers import refused
from helpers import run_command
from helpers import stopped_run
from helpers import train_options

from wgan_keras import load_model
from wgan_keras.files import write_manifest
from wgan_keras.fitting.checkpoints import read_checkpoint
from wgan_keras.runs.recipes import RECIPES

# === train ===


@pytest.mark.parametrize("model", ["wgan", "dcgan"])
def test_train_leaves_a_whole_run(model, capsys, tmp_path):
    run_command("train", "--model", model, *SMALL, "--out", "runs/one")
    folder = tmp_path / "runs" / "one"
    assert sorted(path.name for path in folder.iterdir()) == [
        "checksums.json",
        "config.json",
        "curve.png",
        "history.csv",
        "model.keras",
        "report.html",
        "sampler",
        "samples.png",
        "training-frames",
        "training.gif",
    ]
    settings = json.loads((folder / "config.json").read_text())
    assert settings["model"] == model
    assert settings["steps"] == 3
    recipe = RECIPES["recommended"]["clip" if model == "wgan" else "dcgan"]
    assert settings["learning_rate"] == recipe["learning_rate"]
    assert f"learning rate {settings['learning_rate']:g}" in capsys.readouterr().out
    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert any(name.startswith("val_") and rows[-1][name] for name in rows[0])
    assert len(imageio.imread(folder / "training.gif", index=None)) == 4
    loaded = load_model(folder / "model.keras")
    assert loaded.steps_done.numpy() == 3

    run_command("sample", folder, "-n", 5, "--seed", 9, "--out", "five.npy")
    np.testing.assert_allclose(np.load("five.npy"), loaded.sample(5, seed=9), atol=1e-5)
    run_command("info", folder)
    printed = capsys.readouterr().out
    assert f"model: {model}" in printed
    assert "step: 3" in printed
    assert "sample_range(" in printed


def test_options_reach_the_training(tmp_path):
    options = ["--n-critic", "3", "--clip", "0.02", "--learning-rate", "0.001"]
    options += ["--mixed-precision", "--average-decay", "0.9", "--seed", "5"]
    run_command("train", *SMALL[:-2], "--epochs", "2", "--batch-size", "200", *options)
    model = load_model(tmp_path / "runs" / "wgan-digits" / "model.keras")
    assert model.n_critic == 3
    assert model.lipschitz.clip_value == 0.02
    assert float(model.critic_optimizer.learning_rate) == pytest.approx(0.001)
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.average_decay == 0.9
    assert model.seed == 5
    assert model.steps_done.numpy() == 2 * (1618 // 600)


@pytest.mark.parametrize(
    ("name", "strategy"), [("gp", "GradientPenalty"), ("sn", "SpectralNormalization")]
)
def test_other_lipschitz_strategies(tmp_path, name, strategy):
    run_command("train", *SMALL, "--lipschitz", name, "--out", "run")
    model = load_model(tmp_path / "run" / "model.keras")
    assert type(model.lipschitz).__name__ == strategy
    assert model.critic_optimizer.beta_1 == 0


def test_the_same_seed_gives_the_same_run(tmp_path):
    for out in ("a", "b"):
        run_command("train", *SMALL, "--out", out)
    for file in ("history.csv", "training.gif"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_train_on_a_folder_and_an_array(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(12):
        picture = rng.integers(0, 256, (9, 12, 3), np.uint8)
        imageio.imwrite(tmp_path / "pictures" / f"{number}.png", picture)
    run_command("train", "--dataset", "pictures", "--image-shape", "16x16x3", *SMALL)
    np.save("array.npy", rng.integers(0, 256, (20, 8, 8), np.uint8))
    run_command("train", "--dataset", "array.npy", *SMALL)
    shapes = [
        imageio.imread(tmp_path / "runs" / name / "samples.png").ndim
        for name in ("wgan-pictures", "wgan-array")
    ]
    assert shapes == [3, 2]


def test_a_run_is_not_overwritten_in_silence(tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years")
    assert "--overwrite" in refused(capsys, "train", *SMALL, "--out", mine)
    error = refused(capsys, "train", *SMALL, "--out", mine, "--overwrite")
    assert "is not a run of this program" in error
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]

    run_command("train", *SMALL, "--out", "run")
    (tmp_path / "run" / "left-over").write_text("")
    for wrong in (["--dataset", "nmist"], ["--clip", "-1"]):
        refused(capsys, "train", *SMALL, *wrong, "--out", "run", "--overwrite")
    assert (tmp_path / "run" / "model.keras").exists()  # an error loses nothing
    assert "not empty" in refused(capsys, "train", *SMALL, "--out", "run")
    run_command("train", *SMALL, "--out", "run", "--overwrite")
    assert not (tmp_path / "run" / "left-over").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "nmist"], "error: No data set 'nmist'"),
        (["--data-dir", "nowhere", "--dataset", "mnist"], "'nowhere' does not exist"),
        (["--clip", "-1"], "clip_value must be a number above 0"),
        (
            ["--clip", "0.1", "--model", "dcgan"],
            "A Lipschitz strategy and a clip value are for a WGAN",
        ),
        (
            ["--clip", "0.1", "--lipschitz", "gp"],
            "A clip value goes with weight clipping only",
        ),
        (["--learning-rate", "0"], "learning_rate must lie between 0 and 1, not 0"),
        (["--average-decay", "2"], "average_decay must lie between 0 and 1"),
        (["--n-critic", "0"], "must be a whole number from 1, not 0"),
        (["--seed", "-1"], "must be a whole number from 0, not -1"),
        (["--steps", "many"], "must be a whole number from 1, not many"),
        (["--epochs", "1", "--steps", "1"], "not allowed with"),
        (["--image-shape", "32"], "must be like 32x32x3"),
    ],
)
def test_errors_of_train(capsys, tmp_path, arguments, message):
    assert message in refused(capsys, "train", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_picture_in_a_streamed_folder_is_named(tmp_path, capsys, monkeypatch):
    from wgan_keras.data import images

    monkeypatch.setattr(images, "STREAM_ABOVE", 100)
    (tmp_path / "pictures").mkdir()
    for number in range(12):
        picture = np.full((8, 8), number, np.uint8)
        imageio.imwrite(tmp_path / "pictures" / f"{number:02}.png", picture)
    (tmp_path / "pictures" / "07.png").write_bytes(b"damaged")
    arguments = ["--dataset", "pictures", "--image-shape", "8x8x1", *SMALL]
    assert "07.png cannot be read as a picture" in refused(capsys, "train", *arguments)


def test_a_training_that_breaks_is_no_success(capsys, tmp_path, monkeypatch):
    from wgan_keras.models import wgan

    monkeypatch.setattr(wgan, "critic_loss", lambda real, fake: float("nan") * fake[0, 0])
    error = refused(capsys, "train", *SMALL, "--out", "run")
    assert "training broke down" in error
    assert "critic_loss" in error
    assert (tmp_path / "run" / "curve.png").exists()
    assert not (tmp_path / "run" / "sampler").exists()


# === resume ===


FIVE_STEPS = [*SMALL[:-1], "5"]


@pytest.fixture
def stopped(tmp_path):
    """A run that was interrupted at its third step."""
    run, said = stopped_run("run")
    assert said == (
        "stopped by SIGINT at step 3, with a checkpoint of step 3; go on with: "
        "python -m wgan_keras train --resume run"
    )
    assert not run.is_finished
    return tmp_path / "run"


def test_resume_finishes_the_run_and_then_has_nothing_to_do(stopped, tmp_path, capfd):
    run_command("info", stopped)
    assert "not finished" in capfd.readouterr().out
    same = [*FIVE_STEPS, "--seed", "0", "--dataset", "digits"]
    run_command("train", *same, "--resume", "run")
    run_command("train", *FIVE_STEPS, "--out", "whole")
    whole, resumed = content(tmp_path / "whole"), content(stopped)
    assert whole.keys() == resumed.keys()
    for name in whole:
        # (Files of Keras, and so their checksums, hold the time at which they were made.)
        if name.endswith((".csv", ".png", ".gif", "config.json", "sampler.json")):
            assert whole[name] == resumed[name], name
    assert not (stopped / "checkpoints").exists()

    capfd.readouterr()
    run_command("train", "--resume", "run")
    assert capfd.readouterr().out == "run has finished: there is nothing left to do.\n"
    assert content(stopped) == resumed


def test_resume_refuses_other_settings_by_name(stopped, capfd):
    before = content(stopped)

    def error(*options):
        return refused(capfd, "train", "--resume", "run", *options)

    options = ["--steps", 6, "--clip", "0.2", "--lipschitz", "gp", "--average-decay", 0]
    said = error(*options)
    for difference in (
        "steps was 5, and is 6 now",
        "clip_value was 0.05, and is 0.2 now",
        "lipschitz was clip, and is gp now",
        "average_decay was 0.999, and is 0.0 now",
    ):
        assert difference in said
    assert said.count(" now") == 4
    assert "steps was 5, and is 404 now" in error("--epochs", 2)
    assert content(stopped) == before


def test_resume_refuses_other_data_and_versions(stopped, capfd):
    before = content(stopped)

    def error():
        return refused(capfd, "train", "--resume", "run")

    def change(**changes):
        settings = json.loads(before["config.json"]) | changes
        (stopped / "config.json").write_text(json.dumps(settings))
        changed = {"config.json": 0, "checksums.json": 0}
        assert content(stopped) | changed == before | changed

    fingerprints = json.loads(before["config.json"])["fingerprint"]
    change(fingerprint=["another", fingerprints[1]])
    assert "config.json is damaged or was changed" in error()
    write_manifest(stopped, ["config.json"])
    assert "fingerprint was ['another'" in error()
    change(version="0.1.9")
    write_manifest(stopped, ["config.json"])
    assert "begun by version 0.1.9, and this is" in error()
    (stopped / "config.json").write_bytes(before["config.json"])
    (stopped / "checksums.json").unlink()
    assert "start anew" in error()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "nothing"], "nothing is no run: expected a folder that train has"),
        (["--resume", ".", "--out", "b"], "--resume goes on in its own folder"),
        (["--resume", ".", "--overwrite"], "--resume goes on in its own folder"),
        (["--checkpoint-minutes", "0"], "must be a number above 0"),
        (["--checkpoint-steps", "0"], "must be a whole number from 1"),
    ],
)
def test_errors_of_resume(capfd, tmp_path, arguments, message):
    assert message in refused(capfd, "train", *arguments)
    assert list(tmp_path.iterdir()) == []


# === Processes ===


logger = logging.getLogger("wgan_keras")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A function: the run of so many steps that nothing happened to."""
    runs = {}

    def run(steps):
        if steps not in runs:
            folder = tmp_path_factory.mktemp("uninterrupted")
            options = train_options(steps)
            assert Process(folder, *options, "--out", folder / "run").wait()[0] == 0
            runs[steps] = folder / "run"
        return runs[steps]

    return run


def kill(process, run, when, chance):
    """Kills a training, and returns the phase that it was in and the last step kept."""
    folder = run / "checkpoints"

    def names():
        return set(os.listdir(folder)) if folder.exists() else set()

    def last_step():
        return max((int(name[:8]) for name in names() if name[0] != "."), default=0)

    def wait_for(condition):
        while process.process.poll() is None and not condition():
            time.sleep(0.0005)

    def unfinished():
        return any(name.startswith(".unfinished") for name in names())

    before = last_step()
    if when == "starting":
        time.sleep(chance.uniform(0, 4))
    else:
        later = before + chance.randint(1, 10)
        wait_for(lambda: last_step() >= later)
        time.sleep(chance.uniform(0, 0.03))
    if when == "writing":
        wait_for(unfinished)
    process.process.send_signal(signal.SIGKILL)
    assert process.wait()[0] == -signal.SIGKILL, "the run was over before its kill"
    if unfinished():
        return "writing a checkpoint", last_step()
    return "training" if last_step() > before else "starting", last_step()


@pytest.mark.parametrize(
    ("moments", "writing", "steps"),
    [
        (["training", "writing"], 0, 60),
        pytest.param(
            ["starting", "training", "writing", "writing"] * 6,
            5,
            600,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_killed_at_any_moment_it_ends_the_same(
    uninterrupted, tmp_path, moments, writing, steps
):
    chance = random.Random()
    run, phases = tmp_path / "run", []
    start = [*train_options(steps), "--out", run]
    for moment in moments:
        resumable = (run / "config.json").exists()
        again = ["--resume", run, "--checkpoint-steps", 1]
        process = Process(tmp_path, *(again if resumable else start))
        phase, step = kill(process, run, moment, chance)
        phases.append(phase)
        logger.warning("kill %d: %s, last step kept %d", len(phases), phase, step)
    assert phases.count("writing a checkpoint") >= writing
    code, errors = Process(tmp_path, "--resume", run).wait()
    assert code == 0, errors
    assert_same_run(run, uninterrupted(steps))


def test_signals_and_the_lock_between_processes(uninterrupted, tmp_path):
    run = tmp_path / "run"
    first = Process(tmp_path, *train_options(60), "--out", run)
    while not list(run.glob("checkpoints/0*")):
        time.sleep(0.005)
    os.kill(first.process.pid, signal.SIGSTOP)  # it is there, and does not move
    others = [
        Process(tmp_path, "--resume", run),
        Process(tmp_path, *train_options(60), "--out", run, "--overwrite"),
    ]
    for other in others:
        code, errors = other.wait()
        assert code == 2
        assert f"error: {run} is in use by another process" in errors[-1]
    first.process.send_signal(signal.SIGTERM)
    os.kill(first.process.pid, signal.SIGCONT)
    code, errors = first.wait()
    assert code == 130
    assert len(errors) == 1
    assert errors[0].startswith("stopped by SIGTERM at step ")
    assert errors[0].endswith(f"go on with: python -m wgan_keras train --resume {run}")
    assert Process(tmp_path, "--resume", run).wait()[0] == 0
    assert_same_run(run, uninterrupted(60))


@pytest.fixture
def small_disk(tmp_path):
    """A folder with little room, the limit of a file's size there, and how to end both."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        yield disk, 400_000, lambda: None
        return
    grow = ["mount", "-o", "remount,size=50m", str(disk)]
    yield disk, None, lambda: subprocess.run(grow, check=True)
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_full_disk_ends_the_run_with_one_line_until_there_is_room(
    uninterrupted, tmp_path, small_disk
):
    disk, limit, make_room = small_disk
    run = disk / "run"
    options = [*train_options(90), "--out", run]
    code, errors = Process(tmp_path, *options, limit=limit).wait()
    assert code == 2
    assert len(errors) == 1, errors
    assert f"error: {run}" in errors[0]
    assert "cannot be written: " in errors[0]
    assert errors[0].endswith(f"go on with: python -m wgan_keras train --resume {run}")
    kept = list(run.glob("checkpoints/*.checkpoint"))
    assert kept
    assert all(read_checkpoint(file) for file in kept)
    make_room()
    code, errors = Process(tmp_path, "--resume", run).wait()
    assert code == 0, errors
    assert f"going on from step {max(int(file.stem) for file in kept)}." in errors[0]
    assert_same_run(run, uninterrupted(90))


# === compare ===


@pytest.mark.slow
def test_compare_trains_models_alike(capsys, tmp_path, data_dir):
    options = ["--dataset", "mnist", "--data-dir", data_dir, *SMALL]
    run_command("compare", "--models", "dcgan,wgan-gp", *options, "--out", "both")
    printed = capsys.readouterr().out.splitlines()
    assert printed[-4].startswith(
        "model dcgan, generator steps 3, critic steps each 1, sec"
    )
    assert printed[-3].startswith("model wgan-gp, generator steps 3, critic steps each 1")
    assert printed[-2].startswith("model real images, Fréchet distance ")
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == [
        "comparison.gif",
        "comparison.json",
        "config.json",
        "dcgan",
        "report.html",
        "wgan-gp",
    ]
    one, other = (
        json.loads((tmp_path / "both" / name / "config.json").read_text())
        for name in ("dcgan", "wgan-gp")
    )
    same = ["steps", "batch_size", "width", "latent_dim", "average_decay", "seed"]
    assert [one[name] for name in same] == [other[name] for name in same]
    assert (one["model"], one["lipschitz"]) == ("dcgan", None)
    assert (other["model"], other["lipschitz"]) == ("wgan", "gp")
    assert "--overwrite" in refused(capsys, "compare", *options, "--out", "both")
    run_command("compare", "--models", "wgan", *options, "--out", "both", "--overwrite")
    assert not (tmp_path / "both" / "dcgan").exists()


@pytest.mark.parametrize("models", ["wgan,gan", "wgan,wgan", ""])
def test_compare_needs_models_that_differ(capsys, models):
    assert "must be different ones of wgan," in refused(
        capsys, "compare", "--models", models
    )
