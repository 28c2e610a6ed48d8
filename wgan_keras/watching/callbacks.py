"""Callbacks to watch a training: pictures as they change, the curve, the health."""

import csv
import json
import logging
import os
import time
import zlib
from collections import deque
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import keras
import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.files import atomic_write
from wgan_keras.files import read_table
from wgan_keras.watching.plots import image_grid
from wgan_keras.watching.plots import learning_curve
from wgan_keras.watching.plots import save_gif
from wgan_keras.watching.plots import save_image

logger = logging.getLogger("wgan_keras")


class TrainingGif(keras.callbacks.Callback):
    """Keeps a picture of the same latents through a training, and makes a GIF of them.

    Each frame is a PNG file of its own; the GIF is built anew from them as they grow
    in number and at the end, each time into a new file that then takes the old one's
    place. So it is complete at any moment, and memory holds `max_frames` at the most.

    Args:
        path: The GIF; frames go to the folder `<stem>-frames` beside it.
        every: `"epoch"`, or a number of generator steps between two frames.
        count: Pictures in a frame.
        seed: Seed of their latents, as in `GAN.sample`.
        max_frames: Frames of the GIF at most; more are thinned evenly.

    Raises:
        ValueError: `every` is neither `"epoch"` nor a number above 0.
    """

    chief_only = True  # of several workers, one writes the files

    def __init__(
        self,
        path: str | os.PathLike,
        every: str | int = "epoch",
        count: int = 36,
        seed: int = 0,
        max_frames: int = 200,
    ):
        super().__init__()
        if every != "epoch" and not (isinstance(every, int) and every > 0):
            raise UserError(
                f"every must be 'epoch' or a number of steps above 0, not {every!r}."
            )
        self.path, self.every = Path(path), every
        self.count, self.seed, self.max_frames = count, seed, max_frames
        self.frames = self.path.with_name(f"{self.path.stem}-frames")
        self.epoch, self.built_from = 0, 0

    def on_train_begin(self, logs=None):
        step = _steps_done(self.model)
        later = [file for file in self._files() if int(file.stem) > step]
        if later:
            logger.warning(
                "%s: %d frames of later steps are replaced.",
                self.frames,
                len(later),
            )
        for file in later:
            file.unlink()
        self.last_step = step
        if not self._files():
            self._add_frame({})

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.every != "epoch":
            step = _steps_done(self.model)
            if step // self.every > self.last_step // self.every:
                self.last_step = step
                self._add_frame(logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.every == "epoch":
            self._add_frame(logs)

    def on_train_end(self, logs=None):
        self.build()

    def _add_frame(self, logs):
        step = _steps_done(self.model)
        caption = f"epoch {self.epoch + bool(step)}   step {step}"
        if "wasserstein_estimate" in (logs or {}):
            caption += f"   estimate {float(logs['wasserstein_estimate']):.3g}"
        pictures = self.model.sample(self.count, self.seed)
        columns = int(np.ceil(np.sqrt(self.count)))
        save_image(self._frame(step), image_grid(pictures, columns, caption=caption))
        if len(self._files()) >= 1.5 * self.built_from:
            self.build()

    def _frame(self, step):
        return self.frames / f"{step:08d}.png"

    def _files(self):
        return sorted(self.frames.glob("[0-9]*.png"))

    def build(self):
        """Builds the GIF from the frames that there are."""
        files = self._files()
        self.built_from = len(files)
        kept = np.linspace(0, len(files) - 1, min(len(files), self.max_frames))
        save_gif(self.path, [_read_frame(files[round(index)]) for index in kept])


class LearningCurve(keras.callbacks.Callback):
    """Writes each generator step's logs to a CSV file, and draws the learning curve.

    Held-out values stand in the row of the step at which they were measured. Both files
    are renewed at the end of an epoch, at most every `seconds`, and of the training; the
    table before each checkpoint, too, so that a training that goes on finds its rows.

    Args:
        csv_path: The table: `step`, `epoch`, and the logged names.
        png_path: The picture that `plots.learning_curve` draws.
        seconds: Time between two renewals at the least.
    """

    chief_only = True  # of several workers, one writes the files

    def __init__(
        self,
        csv_path: str | os.PathLike,
        png_path: str | os.PathLike,
        seconds: float = 30,
    ):
        super().__init__()
        self.csv_path, self.png_path, self.seconds = csv_path, png_path, seconds
        self.rows, self.epoch, self.written = [], 0, time.monotonic()

    @property
    def history(self) -> dict[str, list[float]]:
        """Dict of lists by name, NaN where nothing was measured."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        return {name: [row.get(name, float("nan")) for row in self.rows] for name in names}

    def on_train_begin(self, logs=None):
        step = _steps_done(self.model)
        if not self.rows and step and Path(self.csv_path).is_file():
            self.rows = read_table(self.csv_path)
        self.rows = [row for row in self.rows if row["step"] <= step]

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        values = {name: float(value) for name, value in logs.items()}
        step = _steps_done(self.model)
        if not self.rows or self.rows[-1]["step"] < step:  # no step: too small a batch
            self.rows.append({"step": step, "epoch": self.epoch + 1, **values})

    def on_epoch_end(self, epoch, logs=None):
        held_out = {name: float(logs[name]) for name in logs if name.startswith("val_")}
        if not self.rows:
            return
        self.rows[-1].update(held_out)
        if time.monotonic() - self.written >= self.seconds:
            self.write()

    def on_checkpoint(self):
        """Writes the table, and returns a checksum of each row, which is kept with it."""
        atomic_write(self.csv_path, self._write_csv)
        return np.array([_row_checksum(row) for row in self.rows], np.uint32)

    def on_resume(self, checksums):
        """Takes the rows of the table, which have to be those of the checkpoint.

        Args:
            checksums: What `on_checkpoint` returned.

        Raises:
            ValueError: The table is not there, or has another row, which is named.
        """
        path = Path(self.csv_path)
        advice = "put the original back, or remove the checkpoints to start anew."
        if not path.is_file():
            raise UserError(
                f"{path} is missing, which the checkpoint was written with: {advice}"
            )
        rows = read_table(path)[: len(checksums)]
        for index, expected in enumerate(checksums):
            if index >= len(rows) or _row_checksum(rows[index]) != expected:
                raise UserError(
                    f"{path} was changed since the checkpoint was written: row {index + 1} "
                    f"is not the same; {advice}"
                )
        self.rows = rows

    def on_train_end(self, logs=None):
        if self.rows:
            self.write()

    def write(self):
        """Writes both files."""
        atomic_write(self.csv_path, self._write_csv)
        self.draw()
        self.written = time.monotonic()

    def draw(self):
        """Draws the picture."""
        learning_curve(self.history, self.png_path)

    def _write_csv(self, path):
        with open(path, "w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(self.history), restval="")
            table.writeheader()
            table.writerows(self.rows)


class StopAfter(keras.callbacks.Callback):
    """Ends a training at a generator step, be it in the middle of an epoch.

    Args:
        steps: Generator steps of the whole training, those before a resumption included.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        if _steps_done(self.model) >= self.steps:
            self.model.stop_training = True


class LinkedLearningRates(keras.callbacks.Callback):
    """Has the adversary's learning rate follow the generator's, in its proportion to it.

    Keras' own callbacks, such as `LearningRateScheduler` and `ReduceLROnPlateau`, change
    the generator's optimizer only; behind them in the list of callbacks, this one changes
    the other as they do.

    Raises:
        ValueError: When training begins, an optimizer follows a schedule, which is part of
            it already.
    """

    def on_train_begin(self, logs=None):
        rates = []
        for optimizer in (self.model.optimizer, self.model.adversary_optimizer):
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            if isinstance(inner.get_config()["learning_rate"], dict):
                raise UserError(
                    "LinkedLearningRates changes learning rates that are numbers, and an "
                    "optimizer here follows a schedule: give both optimizers schedules, "
                    "and leave the callback out."
                )
            rates.append(float(optimizer.learning_rate))
        self.ratio = rates[1] / rates[0]

    def _follow(self):
        rate = self.ratio * float(self.model.optimizer.learning_rate)
        self.model.adversary_optimizer.learning_rate = rate

    def on_epoch_begin(self, epoch, logs=None):
        self._follow()

    def on_train_batch_begin(self, batch, logs=None):
        self._follow()

    def on_epoch_end(self, epoch, logs=None):
        self._follow()


class Quality(keras.callbacks.Callback):
    """Scores the pictures while they get better: `frechet_distance` in a step's logs.

    It stands in the table and the picture of a `LearningCurve` that comes after it in the
    list of callbacks.

    Args:
        evaluator: An `Evaluator`, on real images that the training does not see.
        every: Generator steps between two scores.
        count: Pictures that are scored. The distance is biased upwards in small samples,
            so that it compares with those of as many pictures only.
        seed: Seed of their latents, as in `GAN.sample`.
    """

    def __init__(self, evaluator: Any, every: int, count: int = 1000, seed: int = 0):
        super().__init__()
        self.evaluator, self.every = evaluator, every
        self.count, self.seed = count, seed

    def on_train_begin(self, logs=None):
        self.last_step = _steps_done(self.model)

    def on_train_batch_end(self, batch, logs=None):
        step = _steps_done(self.model)
        if step // self.every > self.last_step // self.every:
            pictures = self.model.sample(self.count, self.seed)
            logs["frechet_distance"] = self.evaluator.frechet_distance(pictures)
        self.last_step = step


class HealthCheck(keras.callbacks.Callback):
    """Stops a training that has broken, and warns, once each, of one that is ill.

    - A logged value that is not finite ends the training, and is named.
    - A dead critic: over `patience` steps the estimate cannot be told from its own
      noise, and the critic gives all images the same score.
    - A negative estimate over `patience` steps, by more than its noise: the critic
      rates generated images above real ones.

    A training that is resumed starts counting its `patience` steps anew. Keras'
    `TerminateOnNaN` does not serve here: it reads a log named `loss`, and a GAN has two
    losses and none of that name.

    Args:
        patience: Generator steps that a judgement of the estimate rests on.

    Attributes:
        broken: Names of the values that were not finite; empty while all is well.
    """

    def __init__(self, patience: int = 200):
        super().__init__()
        self.patience = patience
        self.on_train_begin()

    def on_train_begin(self, logs=None):
        self.estimates = deque(maxlen=self.patience)
        self.warned, self.broken = set(), []

    def on_train_batch_end(self, batch, logs=None):
        self._stop_if_broken(logs)
        if "wasserstein_estimate" in logs:
            self.estimates.append(float(logs["wasserstein_estimate"]))
            if len(self.estimates) == self.patience:
                self._judge_estimates()
                self.estimates.clear()

    def on_epoch_end(self, epoch, logs=None):
        self._stop_if_broken(logs)

    def _stop_if_broken(self, logs):
        broken = [name for name, value in logs.items() if not np.isfinite(value)]
        if broken and not self.broken:
            self.broken, self.model.stop_training = broken, True
            logger.error(
                "Training stopped at step %d: %s is not finite. The likely cause is a "
                "learning rate that is too high, or a critic without a Lipschitz "
                "constraint; lower the rate or the clip value, and start anew.",
                _steps_done(self.model),
                ", ".join(broken),
            )

    def _judge_estimates(self):
        mean, noise = np.mean(self.estimates), np.std(self.estimates)
        noise /= np.sqrt(self.patience)
        if abs(mean) <= 2 * noise and self._scores_are_all_the_same():
            self._warn_once(
                "The critic seems dead: it gives every image the same score, and the "
                "estimate has been nothing but noise for %d steps. The likely cause is a "
                "clip value too small for its depth; try a larger one, or normalisation "
                "in the critic."
            )
        elif mean < -2 * noise:
            self._warn_once(
                "The estimate has been negative for %d steps: the critic rates generated "
                "images above real ones. The likely cause is a critic that cannot follow "
                "the generator; try more critic steps (n_critic), or a lower learning "
                "rate for the generator."
            )

    def _scores_are_all_the_same(self):
        pictures = 2 * self.model.sample(16) - 1
        noise = np.random.default_rng(0).uniform(-1, 1, pictures.shape)
        images = np.concatenate([pictures, noise]).astype(np.float32)
        scores = np.asarray(self.model.score(images), np.float64)
        return np.ptp(scores) <= 1e-3 * np.abs(scores).max()

    def _warn_once(self, message):
        if message not in self.warned:
            self.warned.add(message)
            logger.warning(message, self.patience)


def _steps_done(model):
    return int(model.steps_done.numpy())


def _row_checksum(row):
    return zlib.crc32(json.dumps(row, sort_keys=True).encode())


def _read_frame(path):
    try:
        return imageio.imread(path)
    except Exception as error:  # of many kinds, by what is damaged
        raise UserError(
            f"{path} is damaged: it is no picture ({error}); remove it, and the animation "
            "is made without it."
        ) from error
