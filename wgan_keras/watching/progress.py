"""What a person sees while a run trains: its settings, one bar, a few numbers."""

import sys
import time

import keras
import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress as Bar
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn
from rich.table import Table

LINES = 20  # that are printed, about, where there is no terminal to draw a bar in
SHOWN = {  # logs, and what they are called in a line
    "wasserstein_estimate": "estimate",
    "lipschitz_estimate": "mean slope",
    "discriminator_loss": "discriminator loss",
    "frechet_distance": "Fréchet distance",
}


class Progress(keras.callbacks.Callback):
    """Shows the settings, then one progress bar over all steps, with the time left.

    Where the output is no terminal, it is some twenty plain lines.

    Args:
        settings: The run's `Settings`.
        steps: Generator steps of the whole run.
    """

    chief_only = True

    def __init__(self, settings, steps):
        super().__init__()
        self.settings, self.steps = settings, steps
        self.shown, self.bar = {}, None

    def on_train_begin(self, logs=None):
        if sys.stdout is None:
            return
        self.console = Console(highlight=False)
        self.first, self.begun = self._step(), time.monotonic()
        self.line_every = max(1, self.steps // LINES)
        self.console.print(self._table())
        if self.console.is_terminal:
            self.bar = Bar(
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.description}"),
                console=self.console,
            )
            self.task = self.bar.add_task("", total=self.steps, completed=self.first)
            self.bar.start()

    def on_train_batch_end(self, batch, logs=None):
        if sys.stdout is None:
            return
        named = {SHOWN[n]: float(v) for n, v in (logs or {}).items() if n in SHOWN}
        self.shown |= named
        numbers = "  ".join(f"{name} {value:.3g}" for name, value in self.shown.items())
        step = self._step()
        if self.bar:
            self.bar.update(self.task, completed=step, description=numbers)
        elif step % self.line_every == 0 or step == self.steps:
            passed = time.monotonic() - self.begun
            left = passed / max(1, step - self.first) * (self.steps - step)
            clock = f"{int(left) // 60}:{int(left) % 60:02d} left"
            self.console.print(f"step {step}/{self.steps}  {clock}  {numbers}")

    def on_train_end(self, logs=None):
        if self.bar:
            self.bar.stop()

    def _step(self):
        return int(self.model.steps_done.numpy())

    def _table(self):
        settings = self.settings
        gpus = tf.config.list_physical_devices("GPU")
        device = ", ".join(gpu.name for gpu in gpus) or "CPU, since TensorFlow sees no GPU"
        s = "s" * (settings.n_critic > 1)
        rows = {
            "model": f"{settings.name}, {settings.recipe} recipe",
            "data": settings.dataset,
            "images": "×".join(map(str, settings.image_shape)),
            "batch": f"{settings.batch_size} images for each critic step",
            "critic": f"{settings.n_critic} step{s} for each generator step",
            "optimizer": f"{settings.optimizer}, learning rate {settings.learning_rate:g}",
            "seed": str(settings.seed),
            "device": device,
        }
        if settings.method == "clip":
            rows["clip value"] = f"{settings.clip_value:g}"
        table = Table.grid(padding=(0, 2))
        for name, value in rows.items():
            table.add_row(name, value)
        return table
