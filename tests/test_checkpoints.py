import json
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest
from conftest import SHAPE
from conftest import assert_same_weights
from conftest import tiny_dcgan
from conftest import tiny_wgan

from wgan_keras import Checkpoint
from wgan_keras import HealthCheck
from wgan_keras import LearningCurve
from wgan_keras import TrainingGif
from wgan_keras import checkpoints
from wgan_keras import cli
from wgan_keras import steps_per_epoch
from wgan_keras import training_data
from wgan_keras.files import write_manifest

logger = logging.getLogger("wgan_keras")


@pytest.fixture(autouse=True, scope="module")
def signals_as_in_a_terminal():
    """A shell lets what it starts in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Breakdown(Exception):
    pass


class At(keras.callbacks.Callback):
    """Does something at a generator step."""

    def __init__(self, step, action):
        super().__init__()
        self.step, self.action = step, action

    def on_train_batch_end(self, batch, logs=None):
        if self.model.steps_done.numpy() == self.step:
            self.action()


def break_down():
    raise Breakdown


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def fit(model, images, folder, *others, epochs=3, every_steps=1, start=0, batch_size=5):
    """Trains 6 steps an epoch; every file in `folder` is a function of the training."""
    data = training_data(images, batch_size, n_critic=2, seed=4, start=start)
    return model.fit(
        data,
        steps_per_epoch=steps_per_epoch(images, batch_size, 2),
        epochs=epochs,
        verbose=0,
        validation_data=images[:20],
        callbacks=[
            Checkpoint(folder / "checkpoints", every_steps=every_steps),
            LearningCurve(folder / "history.csv", folder / "curve.png"),
            TrainingGif(folder / "steps.gif", every=4, count=2),
            TrainingGif(folder / "epochs.gif", count=2),
            *others,
        ],
    )


def content(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "checkpoints" not in file.parts
    }


def saved_steps(folder):
    return sorted(int(f.stem) for f in (folder / "checkpoints").iterdir())


def eager():
    """Without a graph, which takes longer to make than a few steps take."""
    wgan = tiny_wgan(average_decay=0.9, compiled=False)
    wgan.compile(run_eagerly=True)
    return wgan


def annealed():
    schedules = keras.optimizers.schedules
    rates = [schedules.PolynomialDecay(1e-3, steps, 0.0) for steps in (18, 36)]
    wgan = tiny_wgan(compiled=False)
    wgan.compile(*map(keras.optimizers.RMSprop, rates))
    return wgan


MODELS = {
    "annealed": annealed,
    "wgan": lambda: tiny_wgan(average_decay=0.9),
    "eager": eager,
    "gp": lambda: tiny_wgan(lipschitz="gp"),
    "sn": lambda: tiny_wgan(lipschitz="sn"),
    "dcgan": lambda: tiny_dcgan(n_discriminator=2),
}


def fresh(name="eager"):
    keras.utils.set_random_seed(0)
    return MODELS[name]()


@pytest.fixture(scope="module")
def uninterrupted_fit(tmp_path_factory):
    """A function: the model and the folder of a `fit` that nothing happened to."""
    fits = {}
    images = np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)

    def run(name="eager"):
        if name not in fits:
            folder = tmp_path_factory.mktemp("whole")
            fits[name] = model, _ = fresh(name), folder
            fit(model, images, folder, every_steps=100)
        return fits[name]

    return run


def assert_same_training(model, folder, whole):
    assert_same_weights(model, whole[0])
    assert content(folder) == content(whole[1])
    assert len(content(folder)) == 4 + 5 + 4  # tables, pictures, frames


# === fit ===


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("eager", [1, 6, 7, 18]),  # in the middle of epochs and at their ends
        ("wgan", [8]),
        pytest.param("annealed", [8], marks=pytest.mark.slow),
        ("gp", [8]),
        pytest.param("sn", [8], marks=pytest.mark.slow),
        ("dcgan", [8]),
    ],
)
def test_a_training_that_is_stopped_goes_on_to_the_bit(
    images, tmp_path, uninterrupted_fit, name, stops
):
    for step in stops:
        with pytest.raises(Breakdown):
            fit(fresh(name), images, tmp_path, At(step, break_down))
    resumed = fresh(name)
    fit(resumed, images, tmp_path)
    assert_same_training(resumed, tmp_path, uninterrupted_fit(name))


def test_steps_since_the_last_checkpoint_are_done_again(
    images, tmp_path, uninterrupted_fit, caplog
):
    with pytest.raises(Breakdown):
        fit(fresh(), images, tmp_path, At(14, break_down), every_steps=5)
    assert saved_steps(tmp_path) == [5, 10]
    resumed = fresh()
    fit(resumed, images, tmp_path, every_steps=5)
    assert "going on from step 10." in caplog.text
    assert_same_training(resumed, tmp_path, uninterrupted_fit())


def test_a_model_that_has_been_trained_before(images, tmp_path):
    models = [fresh(), fresh()]
    for model in models:
        data = training_data(images, 5, 2, seed=9)
        model.fit(data, steps_per_epoch=4, verbose=0)
    fit(models[0], images, tmp_path / "whole", start=2)
    with pytest.raises(Breakdown):
        fit(models[1], images, tmp_path / "parts", At(13, break_down), start=2)
    resumed = fresh()
    fit(resumed, images, tmp_path / "parts", start=2)
    assert resumed.steps_done.numpy() == 4 + 18
    assert_same_weights(models[0], resumed)


def test_means_of_the_interrupted_epoch_are_those_of_all_its_steps(images, tmp_path):
    whole = fit(fresh(), images, tmp_path / "whole").history
    with pytest.raises(Breakdown):
        fit(fresh(), images, tmp_path / "parts", At(10, break_down))
    parts = fit(fresh(), images, tmp_path / "parts").history
    assert parts == {name: values[1:] for name, values in whole.items()}


def test_a_finished_training_has_nothing_left_to_do_unless_epochs_are_added(
    images, tmp_path, uninterrupted_fit
):
    fit(fresh(), images, tmp_path, epochs=2)
    again = fresh()
    assert fit(again, images, tmp_path, epochs=2).history == {}
    assert again.steps_done.numpy() == 12
    fit(again, images, tmp_path, epochs=3)
    assert_same_training(again, tmp_path, uninterrupted_fit())


def test_other_data_goes_on_from_the_end_of_an_epoch(images, tmp_path, caplog):
    def train(*others):
        model = fresh()
        callbacks = [Checkpoint(tmp_path), *others]
        model.fit(images, batch_size=10, epochs=3, verbose=0, callbacks=callbacks)
        return model

    with pytest.raises(Breakdown):
        train(At(8, break_down))
    assert [file.stem for file in tmp_path.iterdir()] == ["00000006"]
    steps = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: steps.append(batch)
    )
    model = train(count)
    assert steps == 2 * list(range(6))
    assert model.steps_done.numpy() == 18
    assert "from step 6, the end of epoch 1, and not to the bit" in caplog.text


def test_other_settings_are_refused_with_all_that_differs(images, tmp_path):
    with pytest.raises(Breakdown):
        fit(fresh(), images, tmp_path, At(3, break_down))
    other = fresh()
    other.compile(keras.optimizers.RMSprop(0.25), run_eagerly=True)
    with pytest.raises(ValueError) as refusal:
        fit(other, images[::-1], tmp_path, batch_size=6)
    message = str(refusal.value)
    assert "generator_optimizer.config.learning_rate was 4.99" in message
    assert "and is 0.25 now" in message
    assert "data.batch_size was 5, and is 6 now" in message
    assert "data.images was " in message
    assert "data.steps_per_epoch was 6, and is 5 now" in message
    assert message.count(" now") == 4
    assert other.steps_done.numpy() == 0


@pytest.mark.parametrize("options", [{"every_minutes": 0}, {"every_steps": 0}])
def test_spacing_must_be_above_0(options):
    with pytest.raises(ValueError, match="must be above 0"):
        Checkpoint("nowhere", **options)


# === Files ===


def test_the_last_two_are_kept(images, tmp_path):
    fit(fresh(), images, tmp_path, epochs=1)
    assert saved_steps(tmp_path) == [5, 6]


def test_by_default_a_short_training_has_one_at_its_end(images, tmp_path):
    fit(fresh(), images, tmp_path, every_steps=None)
    assert saved_steps(tmp_path) == [18]


def test_time_alone_makes_one_due(images, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])
    seen = []

    def tick():
        now[0] += 25.0
        seen.append(saved_steps(tmp_path))

    with pytest.raises(Breakdown):
        fit(
            fresh(),
            images,
            tmp_path,
            *(At(step, tick) for step in range(1, 9)),
            At(9, break_down),
            every_steps=None,
        )
    assert seen == [[], [], [], [3], [3], [3], [3, 6], [3, 6]]


def cut(file):
    file.write_bytes(file.read_bytes()[:-100])


def turn_a_bit(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def empty(file):
    file.write_bytes(b"")


def test_a_damaged_checkpoint_is_passed_over_with_a_word(
    images, tmp_path, uninterrupted_fit, caplog
):
    with pytest.raises(Breakdown):
        fit(fresh(), images, tmp_path, At(9, break_down))
    file = tmp_path / "checkpoints" / "00000008.checkpoint"
    whole = file.read_bytes()
    for damage in (cut, empty, turn_a_bit):
        file.write_bytes(whole)
        assert checkpoints.read(file)
        damage(file)
        assert checkpoints.read(file) is None
    resumed = fresh()
    with pytest.raises(Breakdown):
        fit(resumed, images, tmp_path, At(8, break_down))
    assert "00000008.checkpoint is damaged; the one before it is taken" in caplog.text
    assert "going on from step 7." in caplog.text
    assert saved_steps(tmp_path) == [7]
    fit(resumed, images, tmp_path)
    assert_same_training(resumed, tmp_path, uninterrupted_fit())


def test_nothing_is_begun_anew_where_all_are_damaged(images, tmp_path):
    fit(fresh(), images, tmp_path)
    for file in (tmp_path / "checkpoints").iterdir():
        cut(file)
    with pytest.raises(ValueError, match=r"All checkpoints in .* are damaged"):
        fit(fresh(), images, tmp_path)
    assert saved_steps(tmp_path) == [17, 18]


def test_a_broken_state_is_not_kept(images, tmp_path):
    model = fresh()

    def break_weights():
        model.generator.set_weights([np.nan * w for w in model.generator.get_weights()])

    fit(model, images, tmp_path, At(8, break_weights), HealthCheck())
    assert model.steps_done.numpy() == 9
    # Step 8 was logged before the weights broke: going on from it ends as it did.
    assert saved_steps(tmp_path) == [7, 8]


# === Signals ===


@pytest.mark.parametrize(("number", "step"), [(signal.SIGINT, 4), (signal.SIGTERM, 6)])
def test_a_signal_ends_the_training_after_its_step(
    images, tmp_path, uninterrupted_fit, number, step
):
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    name = signal.Signals(number).name
    with pytest.raises(
        checkpoints.Stopped,
        match=f"stopped by {name} at step {step}, with a checkpoint of step {step}",
    ):
        fit(
            fresh(),
            images,
            tmp_path,
            At(step, lambda: os.kill(os.getpid(), number)),
            every_steps=100,
        )
    assert saved_steps(tmp_path) == [step]
    assert {"steps.gif", "epochs.gif", "history.csv"} <= content(tmp_path).keys()
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    resumed = fresh()
    fit(resumed, images, tmp_path, every_steps=100)
    assert_same_training(resumed, tmp_path, uninterrupted_fit())


def test_a_signal_after_the_last_step_is_not_lost(images, tmp_path):
    late = keras.callbacks.LambdaCallback(on_train_end=lambda logs: interrupt())
    with pytest.raises(checkpoints.Stopped, match="at step 6, with a checkpoint of step 6"):
        fit(fresh(), images, tmp_path, late, epochs=1)


def test_a_second_signal_ends_it_at_once(images, tmp_path):
    def twice():
        interrupt()
        interrupt()
        time.sleep(1)
        pytest.fail("the second signal was not heeded")

    with pytest.raises(KeyboardInterrupt) as interruption:
        fit(fresh(), images, tmp_path, At(4, twice), every_steps=100)
    assert not isinstance(interruption.value, checkpoints.Stopped)
    assert saved_steps(tmp_path) == []


def test_a_signal_with_other_data_says_what_is_kept(images, tmp_path):
    model, callbacks = fresh(), [Checkpoint(tmp_path), At(8, interrupt)]
    with pytest.raises(checkpoints.Stopped, match="at step 8, with a checkpoint of step 6"):
        model.fit(images, batch_size=10, epochs=3, verbose=0, callbacks=callbacks)


# === The command line, in this process ===

SMALL = ["--width", "2", "--latent-dim", "4", "--batch-size", "8", "--steps", "5"]


@pytest.fixture
def stopped(tmp_path, monkeypatch, capfd):
    """A run that was interrupted at its third step."""
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(cli, "_stop_after", lambda steps: At(3, interrupt))
        with pytest.raises(SystemExit) as exit_:
            cli.main(["train", *SMALL, "--out", "run"])
    assert exit_.value.code == 130
    error = capfd.readouterr().err.splitlines()[-1]
    assert error == (
        "stopped by SIGINT at step 3, with a checkpoint of step 3; go on with: "
        "python -m wgan_keras train --resume run"
    )
    return tmp_path / "run"


def refused(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["train", *map(str, arguments)])
    assert exit_.value.code == 2
    return capfd.readouterr().err.strip().splitlines()[-1]


def test_resume_finishes_the_run_and_then_has_nothing_to_do(stopped, tmp_path, capfd):
    assert "not finished" in info(capfd, stopped)
    cli.main(["train", *SMALL, "--seed", "0", "--dataset", "digits", "--resume", "run"])
    cli.main(["train", *SMALL, "--out", "whole"])
    whole, resumed = content(tmp_path / "whole"), content(stopped)
    assert whole.keys() == resumed.keys()
    for name in whole:
        # (Files of Keras, and so their checksums, hold the time at which they were made.)
        if name.endswith((".csv", ".png", ".gif", "config.json", "sampler.json")):
            assert whole[name] == resumed[name], name
    assert not (stopped / "checkpoints").exists()

    capfd.readouterr()
    cli.main(["train", "--resume", "run"])
    assert capfd.readouterr().out == "run has finished: there is nothing left to do.\n"
    assert content(stopped) == resumed


def info(capfd, run):
    cli.main(["info", str(run)])
    return capfd.readouterr().out


def test_resume_refuses_other_settings_by_name(stopped, capfd):
    before = content(stopped)
    options = ["--steps", 6, "--clip", "0.2", "--lipschitz", "gp", "--average-decay", 0]
    error = refused(capfd, "--resume", "run", *options)
    for difference in (
        "steps was 5, and is 6 now",
        "clip was 0.05, and is 0.2 now",
        "method was clip, and is gp now",
        "average_decay was 0.99, and is None now",
    ):
        assert difference in error
    assert error.count(" now") == 4
    settings = json.loads((stopped / "config.json").read_text())
    settings["fingerprint"][0] = settings["version"] = "another"
    (stopped / "config.json").write_text(json.dumps(settings))
    assert "config.json is damaged or was changed" in refused(capfd, "--resume", "run")
    write_manifest(stopped, ["config.json"])
    error = refused(capfd, "--resume", "run", "--epochs", 2)
    assert "fingerprint was ['another'" in error
    assert "version was another" in error
    assert "steps was 5, and is 404 now" in error
    changed = {"config.json": 0, "checksums.json": 0}
    assert content(stopped) | changed == before | changed
    (stopped / "checksums.json").unlink()
    assert "begun by an older version" in refused(capfd, "--resume", "run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "nothing"], "nothing is no run: expected a folder that train has"),
        (["--resume", ".", "--out", "b"], "--resume goes on in its own folder"),
        (["--resume", ".", "--overwrite"], "--resume goes on in its own folder"),
        (["--checkpoint-minutes", "0"], "must be above 0"),
        (["--checkpoint-steps", "0"], "must be a whole number from 1"),
    ],
)
def test_errors_of_resume(capfd, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(capfd, *arguments)
    assert list(tmp_path.iterdir()) == []


# === Processes ===


class Process:
    """`python -m wgan_keras train` in a process of its own, its output in a file."""

    def __init__(self, folder, *arguments, limit=None):
        def prepare():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        command = [sys.executable, "-m", "wgan_keras", "train", *map(str, arguments)]
        self.log = folder / f"{time.time_ns()}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=prepare
            )

    def wait(self):
        code = self.process.wait(timeout=600)
        return code, self.log.read_text().splitlines()


def train_options(steps):
    return [
        *("--width", 4, "--latent-dim", 8, "--batch-size", 16, "--steps", steps),
        *("--checkpoint-steps", 1),
    ]


def weights_in(run):
    with zipfile.ZipFile(run / "model.keras") as archive:
        return archive.read("model.weights.h5")


def assert_same_run(one, other):
    assert weights_in(one) == weights_in(other)
    names = {"history.csv", "curve.png", "training.gif", "samples.png", "config.json"}
    frames = {name for name in content(one) if name.startswith("training-frames/0")}
    assert len(frames) > 10
    for name in names | frames:
        assert content(one)[name] == content(other)[name], name


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
        (["starting", "training", "writing"], 0, 90),
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
    first = Process(tmp_path, *train_options(90), "--out", run)
    while not list(run.glob("checkpoints/0*")):
        time.sleep(0.005)
    os.kill(first.process.pid, signal.SIGSTOP)  # it is there, and does not move
    others = [
        Process(tmp_path, "--resume", run),
        Process(tmp_path, *train_options(90), "--out", run, "--overwrite"),
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
    assert_same_run(run, uninterrupted(90))


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
    kept = list(run.glob("checkpoints/*"))
    assert kept
    assert all(checkpoints.read(file) for file in kept)
    make_room()
    code, errors = Process(tmp_path, "--resume", run).wait()
    assert code == 0, errors
    assert f"going on from step {max(int(file.stem) for file in kept)}." in errors[0]
    assert_same_run(run, uninterrupted(90))
