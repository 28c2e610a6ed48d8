import csv
import logging

import imageio.v3 as imageio
import keras
import numpy as np
import pytest
from helpers import assert_same_weights
from helpers import tiny_dcgan
from helpers import tiny_wgan

from wgan_keras import HealthCheck
from wgan_keras import LearningCurve
from wgan_keras import Quality
from wgan_keras import TrainingGif
from wgan_keras import load_model
from wgan_keras.watching import callbacks
from wgan_keras.watching.plots import image_grid
from wgan_keras.watching.plots import learning_curve

# === TrainingGif ===


def test_a_frame_for_every_so_many_steps(images, tmp_path):
    gif = TrainingGif(tmp_path / "training.gif", every=2, count=4)
    wgan = tiny_wgan()
    wgan.fit(images, batch_size=10, epochs=2, verbose=0, callbacks=[gif])  # 12 steps
    frames = sorted(file.name for file in (tmp_path / "training-frames").iterdir())
    assert frames == [f"{step:08d}.png" for step in range(0, 13, 2)]
    assert len(imageio.imread(tmp_path / "training.gif", index=None)) == 7


def test_a_frame_shows_what_sampling_gives(images, tmp_path):
    gif = TrainingGif(tmp_path / "training.gif", count=4, seed=3)
    wgan = tiny_wgan(average_decay=0.5)
    wgan.fit(images, batch_size=20, verbose=0, epochs=2, callbacks=[gif])
    frame = imageio.imread(tmp_path / "training-frames" / "00000006.png")
    grid = image_grid(wgan.sample(4, seed=3), columns=2)
    np.testing.assert_array_equal(frame[-len(grid) :], grid)
    assert sorted(int(f.stem) for f in gif._files()) == [0, 3, 6]


def test_training_on_appends_frames_and_another_training_replaces_them(
    images, tmp_path, caplog
):
    def fit(wgan):
        gif = TrainingGif(tmp_path / "training.gif", count=1)
        wgan.fit(images, batch_size=20, verbose=0, callbacks=[gif])
        return [int(file.stem) for file in gif._files()]

    wgan = tiny_wgan()
    assert fit(wgan) == [0, 3]
    assert fit(wgan) == [0, 3, 6]
    assert caplog.text == ""
    assert fit(tiny_wgan()) == [0, 3]
    assert "2 frames of later steps are replaced" in caplog.text


def test_the_gif_is_thinned_evenly_and_whole_at_any_moment(tmp_path, monkeypatch):
    gif = TrainingGif(tmp_path / "training.gif", every=1, count=1, max_frames=5)
    gif.set_model(tiny_wgan())
    gif.on_train_begin()
    for step in range(1, 17):
        gif.model.steps_done.assign(step)
        gif.on_train_batch_end(step, {"wasserstein_estimate": float(step)})
        assert 1 <= len(imageio.imread(tmp_path / "training.gif", index=None)) <= 5

    shown = []
    monkeypatch.setattr(callbacks, "save_gif", lambda path, frames: shown.extend(frames))
    gif.build()
    expected = [imageio.imread(gif.frames / f"{n:08d}.png") for n in (0, 4, 8, 12, 16)]
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("every", [0, -1, "step", 1.5])
def test_every_must_be_epoch_or_a_number(every):
    with pytest.raises(ValueError, match="every must be 'epoch' or a number of steps"):
        TrainingGif("x.gif", every=every)


# === LearningCurve ===


def test_learning_curve_has_a_row_for_each_step(images, tmp_path):
    curve = LearningCurve(tmp_path / "history.csv", tmp_path / "curve.png")
    wgan = tiny_wgan()
    history = wgan.fit(
        images,
        batch_size=20,
        epochs=2,
        verbose=0,
        validation_data=images[:20],
        callbacks=[curve],
    ).history
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [int(row["epoch"]) for row in rows] == [1, 1, 1, 2, 2, 2]
    estimates = np.array([float(row["wasserstein_estimate"]) for row in rows])
    np.testing.assert_allclose(
        estimates.reshape(2, 3).mean(axis=1), history["wasserstein_estimate"], rtol=1e-5
    )
    held_out = [row["val_wasserstein_estimate"] for row in rows]
    assert [bool(value) for value in held_out] == [False, False, True] * 2
    np.testing.assert_allclose(
        [float(v) for v in held_out if v],
        history["val_wasserstein_estimate"],
        rtol=1e-6,
    )
    assert imageio.imread(tmp_path / "curve.png").ndim == 3


def test_learning_curve_of_a_dcgan(images, tmp_path):
    curve = LearningCurve(tmp_path / "history.csv", tmp_path / "curve.png")
    tiny_dcgan().fit(images, batch_size=20, verbose=0, callbacks=[curve])
    assert len(curve.history["fake_accuracy"]) == 3
    assert (tmp_path / "curve.png").exists()


def test_learning_curve_goes_on_from_its_file(images, tmp_path):
    wgan = tiny_wgan()
    for _ in range(2):
        curve = LearningCurve(tmp_path / "history.csv", tmp_path / "curve.png")
        wgan.fit(images, batch_size=20, verbose=0, callbacks=[curve])
    assert curve.history["step"] == [1, 2, 3, 4, 5, 6]
    assert (tmp_path / "history.csv").read_text().splitlines()[1].startswith("1,1,")


def test_curves_of_a_training_that_broke_at_once(tmp_path):
    nothing = [float("nan")] * 3
    for names in (
        ["wasserstein_estimate", "lipschitz_estimate"],
        ["discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy"],
    ):
        history = {"step": [1, 2, 3], **{name: nothing for name in names}}
        learning_curve(history, tmp_path / "curve.png")
    flat = {"wasserstein_estimate": [0.0] * 3, "lipschitz_estimate": [0.0] * 3}
    learning_curve({"step": [1, 2, 3], **flat})


# === Quality ===


class FirstPixel:
    """An evaluator whose distance can be worked out by hand."""

    def frechet_distance(self, images):
        return float(1 + images[:, 0, 0, 0].mean())


def test_quality_stands_beside_the_curve(images, tmp_path):
    quality = Quality(FirstPixel(), every=4, count=7, seed=2)
    curve = LearningCurve(tmp_path / "history.csv", tmp_path / "curve.png")
    wgan = tiny_wgan()
    wgan.fit(images, batch_size=10, epochs=2, verbose=0, callbacks=[quality, curve])
    scores = curve.history["frechet_distance"]
    measured = [step for step, s in enumerate(scores, start=1) if not np.isnan(s)]
    assert measured == [4, 8, 12]
    assert scores[-1] == FirstPixel().frechet_distance(wgan.sample(7, seed=2))
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["frechet_distance"]) for row in rows[:4]] == [False] * 3 + [True]
    assert len(learning_curve(curve.history).axes) == 3


def test_scoring_changes_nothing_in_the_training(images):
    one, other = tiny_wgan(), tiny_wgan()
    other.set_weights(one.get_weights())
    one.fit(images, batch_size=10, verbose=0)
    quality = Quality(FirstPixel(), every=1)
    other.fit(images, batch_size=10, verbose=0, callbacks=[quality])
    assert_same_weights(one, other)


# === HealthCheck ===


def feed(health, logs):
    for batch, values in enumerate(logs):
        health.on_train_batch_end(batch, values)


@pytest.fixture
def health():
    health = HealthCheck(patience=50)
    health.set_model(tiny_wgan())
    health.model.stop_training = False
    return health


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["generator_loss", "lipschitz_estimate", "anything"])
def test_a_value_that_is_not_finite_stops_and_is_named(health, caplog, name, value):
    feed(health, [{"critic_loss": 1.0, name: 0.0}])
    assert not health.model.stop_training
    feed(health, [{"critic_loss": 1.0, name: value}])
    assert health.model.stop_training
    assert f"{name} is not finite" in caplog.text


def test_a_broken_training_stops(images, caplog):
    wgan = tiny_wgan(lipschitz=None, compiled=False)
    wgan.compile(None, keras.optimizers.RMSprop(1e30))
    wgan.fit(images, batch_size=10, epochs=50, verbose=0, callbacks=[HealthCheck()])
    assert wgan.steps_done.numpy() < 20
    assert "is not finite" in caplog.text


def estimates(mean, noise, count=50):
    rng = np.random.default_rng(0)
    return [{"wasserstein_estimate": v} for v in rng.normal(mean, noise, count)]


def kill(critic):
    """All scores become the bias."""
    kernel, bias = critic.layers[-1].get_weights()
    critic.layers[-1].set_weights([0 * kernel, 0 * bias + 0.01])


def test_a_dead_critic_is_warned_of_once(health, caplog):
    kill(health.model.critic)
    feed(health, estimates(0, 1e-8, 200))
    assert caplog.text.count("The critic seems dead") == 1
    assert not health.model.stop_training


@pytest.mark.parametrize(
    ("dead", "values"),
    [
        (False, estimates(0, 1e-8)),  # small, but the critic still tells images apart
        (True, estimates(1e-6, 1e-8)),  # small, but no noise
        (True, estimates(0, 1e-8, 49)),  # not long enough
        (False, [*estimates(1, 0.1, 49), {"wasserstein_estimate": 0.0}]),
    ],
)
def test_what_is_no_death(health, caplog, dead, values):
    if dead:
        kill(health.model.critic)
    feed(health, values)
    assert caplog.text == ""


def test_a_negative_estimate_is_warned_of(health, caplog):
    feed(health, estimates(-0.5, 0.5, 50))
    assert caplog.text.count("has been negative for 50 steps") == 1
    caplog.clear()
    feed(health, estimates(-0.01, 0.5, 50))
    assert caplog.text == ""


def test_a_healthy_training_is_left_alone(images, caplog):
    caplog.set_level(logging.INFO)
    health = HealthCheck(patience=20)
    wgan = tiny_wgan(compiled=False)
    wgan.compile(None, keras.optimizers.RMSprop(1e-3))
    wgan.fit(images, batch_size=20, epochs=14, verbose=0, callbacks=[health])
    assert [r for r in caplog.records if r.name == "wgan_keras"] == []


# === Keras' own ===


def test_keras_own_callbacks(images, tmp_path, capsys):
    pytest.importorskip("tensorboard")
    wgan = tiny_wgan()
    checkpoint = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras",
        monitor="val_wasserstein_estimate",
        save_best_only=True,
        mode="min",
    )
    wgan.fit(
        images,
        batch_size=20,
        epochs=2,
        verbose=2,
        validation_data=images[:20],
        callbacks=[
            keras.callbacks.TensorBoard(
                tmp_path / "board", update_freq=1, histogram_freq=1
            ),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.BackupAndRestore(tmp_path / "backup"),
            checkpoint,
        ],
    )
    assert "wasserstein_estimate" in capsys.readouterr().out
    assert list((tmp_path / "board").rglob("events*"))
    with open(tmp_path / "log.csv", newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1"]
    assert load_model(tmp_path / "best.keras").steps_done.numpy() in (3, 6)
