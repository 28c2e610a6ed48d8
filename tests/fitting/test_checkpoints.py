import os
import signal
import time

import keras
import numpy as np
import pytest
from helpers import SHAPE
from helpers import At
from helpers import Breakdown
from helpers import assert_same_weights
from helpers import break_down
from helpers import content
from helpers import interrupt
from helpers import tiny_dcgan
from helpers import tiny_wgan

from wgan_keras import Checkpoint
from wgan_keras import HealthCheck
from wgan_keras import LearningCurve
from wgan_keras import TrainingGif
from wgan_keras import steps_per_epoch
from wgan_keras import training_data
from wgan_keras.fitting import checkpoints


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


def saved_steps(folder):
    return sorted(int(f.stem) for f in (folder / "checkpoints").glob("*.checkpoint"))


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
        pytest.param("dcgan", [8], marks=pytest.mark.slow),
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
        assert checkpoints.read_checkpoint(file)
        damage(file)
        assert checkpoints.read_checkpoint(file) is None
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
    for file in (tmp_path / "checkpoints").glob("*.checkpoint"):
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
