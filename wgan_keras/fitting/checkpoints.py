"""Checkpoints: a training that was stopped, however it was, goes on to the bit."""

import contextlib
import hashlib
import io
import json
import logging
import os
import signal
import threading
import time
from pathlib import Path

import keras
import numpy as np

from wgan_keras.data.stream import TrainingStream
from wgan_keras.errors import UserError
from wgan_keras.files import atomic_write
from wgan_keras.files import locked
from wgan_keras.fitting.replicas import from_chief
from wgan_keras.fitting.replicas import is_chief

logger = logging.getLogger("wgan_keras")

KEEP_LAST = 2  # checkpoints: the last, and the one before in case the last is damaged
MAX_TIME_FRACTION = (
    0.02  # of the time that checkpoints may take where each epoch's end has one
)
_CHECKSUM = 32  # bytes of SHA-256, at the start of a file
# What Keras numbers anew in each process, or says twice, and so tells nothing.
_NAMES = {"name", "inbound_nodes", "input_layers", "output_layers", "registered_name"}


class Stopped(KeyboardInterrupt):
    """A signal ended the training, after its step was done and a checkpoint written."""


class Checkpoint(keras.callbacks.Callback):
    """Keeps what a training needs to go on, and goes on from it in the next `fit`.

    The same call of `fit`, made again after the process was killed, ends with the same
    weights to the bit, and with the same files of `LearningCurve` and `TrainingGif`, as if
    nothing had happened: on the same machine, with the same versions of everything, and
    with data from `training_data` and `steps_per_epoch`. Where the order of the data is
    not known from the step, as for an array or a `tf.data` pipeline of one's own, there
    are checkpoints at the ends of epochs only, and the training goes on from the last of
    them. A folder belongs to one training: once that has been through all its epochs,
    `fit` finds nothing left to do.

    Where several workers train together, the chief alone writes, reads and needs the
    folder, and heeds signals; the others go on from what it has read, and end when it does.

    The first SIGINT (Ctrl-C) or SIGTERM lets the step end, writes a checkpoint, lets the
    other callbacks end, and raises `Stopped`; a second one acts as it did before.

    A checkpoint is a new file with a checksum, put on the disk before it gets its name.
    The last two are kept; a damaged one is passed over, with a warning. Before each, those
    of the other callbacks that have a method `on_checkpoint` are called; the array that it
    returns is kept in the checkpoint, and given to `on_resume` when a training goes on.

    Args:
        folder: Where the checkpoints are; made if needed.
        every_minutes: Time between two checkpoints.
        every_steps: Generator steps after which there is one in any case; `None` to go by
            the time alone.

    Raises:
        ValueError: `every_minutes` or `every_steps` is not above 0.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        every_minutes: float = 1,
        every_steps: int | None = None,
    ):
        super().__init__()
        if not every_minutes > 0 or not (every_steps is None or every_steps > 0):
            raise UserError(
                "every_minutes and every_steps must be above 0, not "
                f"{every_minutes} and {every_steps}."
            )
        self.folder = Path(folder)
        self.every_minutes, self.every_steps = every_minutes, every_steps

    # === Fitting ===

    def fit(self, model, keras_fit, x, y=None, callbacks=None, **options):
        """What `GAN.fit` does where this is among its callbacks.

        Args:
            model: The `GAN`.
            keras_fit: `keras.Model.fit` of it.
            x: Data, as for `GAN.fit`.
            y: Ignored.
            callbacks: Those of `fit`, this one included.
            **options: The others of `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History` of the epochs that were left to do.

        Raises:
            ValueError: The checkpoint is of a training with other settings, which are
                named, or all checkpoints are damaged.
            BlockingIOError: Another process uses the folder.
            ConnectionError: Another worker has ended, or does not answer.
            Stopped: By a signal.
        """
        history = keras.callbacks.History()
        self.others = [c for c in keras.tree.flatten(callbacks) if c is not self]
        options["callbacks"] = [*self.others, self, history]  # this one after the others
        epochs, steps = options.pop("epochs"), options.pop("steps_per_epoch", None)
        self.stream = x if isinstance(x, TrainingStream) and steps else None
        self.settings = _settings(model, steps, options["batch_size"], self.stream)
        self.epoch, self.batch = options.pop("initial_epoch", 0), 0
        self.data_lead = self.stream.start - _step(model) if self.stream else 0
        self.saved, self.written, self.cost, self.means = None, time.monotonic(), 0, []
        self.is_chief = is_chief(model.distribute_strategy)
        folder = contextlib.nullcontext()
        if self.is_chief:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = locked(self.folder)

        def run_epochs(epochs, steps):
            data = x
            if self.stream:
                data = self.stream.starting_at(self.data_lead + _step(model))
            keras_fit(
                data,
                y,
                initial_epoch=self.epoch,
                epochs=epochs,
                steps_per_epoch=steps,
                **options,
            )

        with folder, self._signals_caught():
            if not self._restore(model) and self.stream is None:
                logger.warning(
                    "%s: the order of this data set is not known from the step, as that of "
                    "training_data is, so that a stopped training will go on from the end "
                    "of an epoch, and not to the bit.",
                    self.folder,
                )
            model.stop_training = False
            try:
                if self.batch:  # the rest of the epoch in which the training was stopped
                    run_epochs(self.epoch + 1, steps - self.batch)
                if not model.stop_training:
                    run_epochs(epochs, steps)
            except ConnectionError as error:
                if self.caught:  # by all workers, and the chief has ended
                    raise self._stopped() from error
                raise
            if self.caught:  # after the last step
                raise self._stopped()
        return history

    @contextlib.contextmanager
    def _signals_caught(self):
        self.caught = None
        handlers = {}
        if threading.current_thread() is threading.main_thread():  # no other may
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    handlers[number] = signal.getsignal(number)

        def restore_handlers():
            for number, handler in handlers.items():
                signal.signal(number, handler)

        def catch(number, frame):
            self.caught = number
            restore_handlers()

        for number in handlers:
            signal.signal(number, catch)
        try:
            yield
        finally:
            restore_handlers()

    # === Called by Keras ===

    def on_epoch_begin(self, epoch, logs=None):
        for variable, value in self.means:  # which Keras has just reset
            variable.assign(value)
        self.means = []

    def on_train_batch_end(self, batch, logs=None):
        if self.stream is None:
            self._stop_if_caught()
        elif batch + 1 < self.params["steps"] and not self.model.stop_training:
            if self.caught or self._is_due():
                self._write(self.batch + batch + 1, logs)
            self._stop_if_caught()

    def on_epoch_end(self, epoch, logs=None):
        self.epoch, self.batch = epoch + 1, 0
        over = self.model.stop_training or self.epoch == self.params["epochs"]
        cheap = time.monotonic() - self.written >= self.cost / MAX_TIME_FRACTION
        if over or self.caught or self._is_due() or (self.stream is None and cheap):
            self._write(0, logs)
        self._stop_if_caught()

    def _is_due(self):
        steps = _step(self.model) - (self.saved or 0)
        return time.monotonic() - self.written >= 60 * self.every_minutes or (
            self.every_steps is not None and steps >= self.every_steps
        )

    def _stop_if_caught(self):
        if self.caught and self.is_chief:
            for callback in self.others:
                callback.on_train_end()
            raise self._stopped()

    def _stopped(self):
        name, step = signal.Signals(self.caught).name, _step(self.model)
        kept = "no checkpoint"
        if self.saved is not None:
            kept = f"a checkpoint of step {self.saved}"
        return Stopped(f"stopped by {name} at step {step}, with {kept}")

    # === Files ===

    def _files(self):
        """The checkpoints, the newest first."""
        return sorted(self.folder.glob("[0-9]*.checkpoint"), reverse=True)

    def _write(self, batch, logs):
        if not self.is_chief:
            return
        if not np.isfinite([float(value) for value in logs.values()]).all():
            return  # a broken training is not to go on
        begin = time.monotonic()
        kept = {}
        for index, callback in enumerate(self.others):
            if hasattr(callback, "on_checkpoint"):
                kept[f"callback_{index}"] = callback.on_checkpoint()
        step = _step(self.model)
        place = {
            "epoch": self.epoch,
            "batch": batch,
            "data_start": self.data_lead + step,
            "settings": self.settings,
        }
        state = {str(i): v.numpy() for i, v in enumerate(self.model.state)}
        content = pack_checkpoint(state | kept | {"place": json.dumps(place)})
        atomic_write(
            self.folder / f"{step:08d}.checkpoint",
            lambda unfinished: unfinished.write_bytes(content),
        )
        for old in self._files()[KEEP_LAST:]:
            old.unlink()
        self.saved, self.written = step, time.monotonic()
        self.cost = self.written - begin

    def _restore(self, model):
        """Takes model, place in the epoch and data from the newest whole checkpoint."""
        content = self._newest() if self.is_chief else b""
        content = from_chief(content, model.distribute_strategy)
        if not content:
            return False
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                arrays = dict(file)
            place = json.loads(str(arrays.pop("place")))
            refuse_differences(place["settings"], self.settings, self.folder)
            for index, variable in enumerate(model.state):
                variable.assign(arrays[str(index)].view(variable.numpy().dtype))
            self.saved = _step(model)
            self.epoch, self.batch = int(place["epoch"]), int(place["batch"])
            self.data_lead = int(place["data_start"]) - self.saved
        except UserError:
            raise
        except Exception as error:  # of many kinds, by what was written there
            raise UserError(
                f"{self.newest} has the right checksum, but is no checkpoint of this "
                f"training ({error}): remove it, and the one before it is taken."
            ) from error
        for index, callback in enumerate(self.others):
            if self.is_chief and f"callback_{index}" in arrays:
                callback.on_resume(arrays[f"callback_{index}"])
        if self.batch:
            self.means = [(v, v.numpy()) for m in model.metrics for v in m.variables]
        logger.warning(
            "%s: going on from step %d%s.",
            self.folder,
            self.saved,
            ""
            if self.stream
            else f", the end of epoch {self.epoch}, and not to the bit: the order of this "
            "data set is not known from the step, as that of training_data is",
        )
        return True

    def _newest(self):
        """Content of the newest whole checkpoint; none, if there is no checkpoint."""
        for left_over in self.folder.glob(".unfinished-*"):
            left_over.unlink()
        damaged = []
        for file in self._files():
            content = read_checkpoint(file)
            if content is not None:
                self.newest = file
                for other in damaged:
                    other.unlink()
                return content
            logger.warning("%s is damaged; the one before it is taken.", file)
            damaged.append(file)
        if damaged:
            raise UserError(
                f"All checkpoints in {self.folder} are damaged: remove the folder to "
                "start anew."
            )
        return b""


def _step(model):
    return int(model.steps_done.numpy())


def pack_checkpoint(arrays):
    """What a checkpoint's file holds: a checksum, and arrays by name."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    return hashlib.sha256(content).digest() + content


def read_checkpoint(file):
    """The content of a checkpoint's file after its checksum; `None` if it is damaged."""
    content = file.read_bytes()
    checksum, content = content[:_CHECKSUM], content[_CHECKSUM:]
    return content if hashlib.sha256(content).digest() == checksum else None


# === Settings ===


def _settings(model, steps_per_epoch, batch_size, stream):
    """Dict of all that determines the training, by dotted names."""
    data = stream.identity() if stream else {}
    tree = {
        "model": type(model).__name__,
        **model.get_config(),
        **model.get_compile_config(),
        "data": {"steps_per_epoch": steps_per_epoch, "batch_size": batch_size, **data},
    }
    return dict(_leaves(json.loads(json.dumps(tree, default=str)), ""))


def _leaves(tree, path):
    if not isinstance(tree, (dict, list)):
        yield path[1:], tree
        return
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for name, branch in branches:
        if name not in _NAMES:
            yield from _leaves(branch, f"{path}.{name}")


def refuse_differences(past, present, where):
    """Refuses to go on with other settings.

    Args:
        past: Dict of the settings that the training began with.
        present: Dict of those that it is to go on with.
        where: Folder of the training, for the message.

    Raises:
        ValueError: They differ; all that differs is named.
    """
    names = [
        name
        for name in sorted(past.keys() | present.keys())
        if past.get(name) != present.get(name)
    ]
    if names:
        differences = ", ".join(
            f"{name} was {past.get(name)}, and is {present.get(name)} now" for name in names
        )
        raise UserError(
            f"{where} is of a training with other settings: {differences}. Go on with the "
            "same, or start anew in another folder."
        )
