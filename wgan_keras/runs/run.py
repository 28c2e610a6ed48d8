"""A run: settings and a folder, out of which come a model, a sampler and a report."""

import contextlib
import dataclasses
import json
import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from wgan_keras import __version__
from wgan_keras import files
from wgan_keras.data.images import load_images
from wgan_keras.data.stream import TrainingStream
from wgan_keras.data.stream import evaluation_data
from wgan_keras.data.stream import fingerprint
from wgan_keras.errors import UserError
from wgan_keras.evaluation.classifier import SCORED
from wgan_keras.evaluation.classifier import Classifier
from wgan_keras.evaluation.scores import Evaluator
from wgan_keras.fitting import replicas
from wgan_keras.fitting.checkpoints import Checkpoint
from wgan_keras.fitting.checkpoints import refuse_differences
from wgan_keras.models.gan import GAN
from wgan_keras.models.loading import load_model
from wgan_keras.runs.building import build_model
from wgan_keras.runs.building import check_memory
from wgan_keras.runs.folders import empty
from wgan_keras.runs.folders import is_run
from wgan_keras.runs.folders import refuse_used
from wgan_keras.runs.folders import saying_how_to_resume
from wgan_keras.runs.report import read_history
from wgan_keras.runs.report import run_report
from wgan_keras.runs.settings import Settings
from wgan_keras.sampling.saved_model import ExportedSampler
from wgan_keras.watching.callbacks import HealthCheck
from wgan_keras.watching.callbacks import LearningCurve
from wgan_keras.watching.callbacks import Quality
from wgan_keras.watching.callbacks import StopAfter
from wgan_keras.watching.callbacks import TrainingGif
from wgan_keras.watching.plots import image_grid
from wgan_keras.watching.plots import save_image
from wgan_keras.watching.progress import Progress

HELD_OUT = 2000  # held-out images that the learning curve is measured on
FRAMES = 60  # frames that a training's GIF has, about
SCORES = 20  # times that a training's pictures are scored, about
SCORED_PICTURES = 1000  # pictures that are scored each time


class Run:
    """A training in a folder: made, trained, stopped, resumed and read.

    `Run.create` begins one, `Run.open` finds one again; `train` trains it, or goes on
    with what was stopped. The same is `python -m wgan_keras train`.

    Args:
        folder: The run's folder.
        settings: Its `Settings`.
        strategy: The `tf.distribute.Strategy` that it trains under; `None` for one device.

    Attributes:
        folder: `pathlib.Path` of the folder.
        settings: Its `Settings`.

    Example:

    >>> from wgan_keras import Run, Settings                          # doctest: +SKIP
    >>> run = Run.create("run", Settings(dataset="fashion-mnist"))     # doctest: +SKIP
    >>> run.train()                                                   # doctest: +SKIP
    >>> run.sampler.draw(64, seed=7).shape                            # doctest: +SKIP
    (64, 28, 28, 1)
    """

    def __init__(self, folder: str | os.PathLike, settings: Settings, strategy=None):
        self.folder, self.settings, self.strategy = Path(folder), settings, strategy
        again = f"python -m wgan_keras train --resume {shlex.quote(str(folder))}"
        self.resume_command = again  # as a message says it to who has to stop
        self._data = self._model = None

    # === Making and finding ===

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike,
        settings: Settings | None = None,
        overwrite: bool = False,
        strategy=None,
    ) -> "Run":
        """Begins a run in a folder, which must be new or empty.

        Args:
            folder: The folder.
            settings: `Settings`; the default ones if left out.
            overwrite: Whether an earlier run in the folder may be deleted.
            strategy: As in `Run`; of its workers, the chief alone writes.

        Raises:
            FileExistsError: The folder holds a run and `overwrite` is not set, or it holds
                something else.
            BlockingIOError: Another process trains in the folder.
            ValueError: The data set or the settings are not usable.
        """
        run = cls(folder, settings or Settings(), strategy)
        if run.is_chief:
            refuse_used(run.folder, overwrite)
        run.settle()
        run.prepare()  # what cannot be built is refused before anything is deleted
        if run.is_chief:
            run.folder.mkdir(parents=True, exist_ok=True)
            with files.locked(run.folder):
                refuse_used(run.folder, overwrite)
                empty(run.folder)  # of an earlier run, which `overwrite` gives up
                run.begin()
        return run

    def begin(self):
        """Writes the settings into the folder, which must be there and locked."""
        files.write_json(self.folder / "config.json", self.config)
        files.write_manifest(self.folder, ["config.json"])

    @classmethod
    def open(cls, folder: str | os.PathLike, strategy=None) -> "Run":
        """Finds a run again, finished or not.

        Raises:
            FileNotFoundError: The folder holds no run.
            ValueError: Its files are damaged, or of an older version.
        """
        folder = Path(folder)
        advice = "Put the original back, or start anew in another folder."
        checksum = files.verify_manifest(folder, advice=advice)
        if not is_run(folder):
            raise FileNotFoundError(
                f"{folder} is no run: expected a folder that train has made."
            )
        config = files.read_json(folder / "config.json")
        if config["version"] != __version__:
            raise UserError(
                f"{folder} was begun by version {config['version']}, and this is "
                f"{__version__}: start anew in another folder."
            )
        if checksum is None:
            raise UserError(
                f"{folder} has lost its {files.MANIFEST}, so that nobody can tell whether "
                "its files are whole: start anew in another folder."
            )
        known = {field.name for field in dataclasses.fields(Settings)}
        try:
            settings = Settings(**{n: v for n, v in config.items() if n in known})
        except (TypeError, ValueError) as error:
            raise UserError(
                f"{folder / 'config.json'} is damaged: these are no settings ({error})"
            ) from error
        return cls(folder, settings, strategy)

    @property
    def is_chief(self):
        """Whether this process writes the run's files: of several workers, one does."""
        return self.strategy is None or replicas.is_chief(self.strategy)

    @property
    def is_finished(self) -> bool:
        return (self.folder / "report.html").exists()  # the last of the results

    # === Data ===

    @property
    def data(self):
        """`(images, held_out)`: training images, and some for the learning curve."""
        if self._data is None:
            settings = self.settings
            source = {
                "data_dir": settings.data_dir,
                "image_shape": settings.image_shape,
            }
            held_out = load_images(settings.dataset, "test", **source)[:HELD_OUT]
            self._data = load_images(settings.dataset, "train", **source), held_out
        return self._data

    def settle(self, data=None):
        """Fills in what follows from the images: their shape, and an epoch's steps.

        Args:
            data: `data` of another run on the same images; read from the source if left
                out.
        """
        self._data = data
        images, _ = self.data
        changes = {"image_shape": tuple(images.shape[1:])}
        if self.settings.epochs:
            changes |= {"steps": self.steps_of(self.settings.epochs), "epochs": None}
        self.settings = dataclasses.replace(self.settings, **changes)
        check_memory(self.settings)

    def steps_of(self, epochs):
        """Generator steps in so many passes over the data."""
        return epochs * self._stream(self.data[0]).steps_per_epoch

    def _stream(self, images):
        settings = self.settings
        return TrainingStream(images, settings.batch_size, settings.n_critic, settings.seed)

    @property
    def config(self):
        """Dict of the settings and of what the run depends on besides, as in its file."""
        images, held_out = self.data
        config = dataclasses.asdict(self.settings) | {
            "images": len(images),
            "fingerprint": [fingerprint(images), fingerprint(held_out)],
            "version": __version__,
        }
        return json.loads(json.dumps(config))

    # === Training ===

    def train(
        self,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: bool = True,
        checkpoint_minutes: float = 1,
        checkpoint_steps: int | None = None,
    ) -> "Run":
        """Trains, or goes on with what was stopped; leaves all results in the folder.

        Args:
            callbacks: More Keras callbacks.
            verbose: Whether to show the settings and the progress.
            checkpoint_minutes: Time between two checkpoints.
            checkpoint_steps: Generator steps after which there is one in any case.

        Returns:
            The run itself, finished.

        Raises:
            ValueError: The data are others than at the beginning, or the training broke
                down.
            BlockingIOError: Another process trains in the folder.
            KeyboardInterrupt: By a signal, after a checkpoint; the message says how to go
                on.
        """
        if self.is_finished:
            return self
        if self.is_chief:
            before = files.read_json(self.folder / "config.json")
            refuse_differences(before, self.config, self.folder)
        if self._model is None or int(self._model.steps_done.numpy()):
            self.prepare()
        checkpoint = Checkpoint(
            self.folder / "checkpoints", checkpoint_minutes, checkpoint_steps
        )
        lock = files.locked(self.folder) if self.is_chief else contextlib.nullcontext()
        with lock, saying_how_to_resume(self.resume_command):
            self._fit([*callbacks, checkpoint], verbose and self.is_chief)
            if self.is_chief:
                self._export()
                shutil.rmtree(self.folder / "checkpoints")
                run_report(self.folder, self.settings.name)
        return self

    def prepare(self):
        """Builds the model that the training begins with, under the run's strategy."""
        scope = self.strategy.scope() if self.strategy else contextlib.nullcontext()
        with replicas.lost_worker_errors(), scope:
            self._model = build_model(self.settings)

    def _fit(self, more_callbacks, verbose):
        images, held_out = self.data
        steps, folder = self.settings.steps, self.folder
        stream, health = self._stream(images), HealthCheck()
        callbacks = [
            health,
            StopAfter(steps),
            TrainingGif(folder / "training.gif", every=max(1, steps // FRAMES)),
            LearningCurve(folder / "history.csv", folder / "curve.png"),
            *more_callbacks,
        ]
        if self.is_scored:  # before the curve, which shows its scores
            every = max(1, steps // SCORES)
            quality = Quality(self.evaluator, every, SCORED_PICTURES)
            callbacks.insert(0, quality)
        if verbose:
            callbacks.append(Progress(self.settings, steps))
        self._model.fit(
            stream,
            epochs=-(-steps // stream.steps_per_epoch),
            validation_data=evaluation_data(held_out, 250),
            verbose=0,
            callbacks=callbacks,
        )
        if health.broken:
            raise UserError(
                f"The training broke down ({', '.join(health.broken)}): there is no model "
                f"to keep; {folder} holds its curve and pictures up to there."
            )

    @property
    def is_scored(self):
        """Whether the package has a classifier for the data set."""
        return self.settings.dataset in SCORED

    @property
    def evaluator(self):
        """The `Evaluator` on the run's held-out images, of a data set that has one."""
        return Evaluator(Classifier.shipped(self.settings.dataset), self.data[1])

    def _export(self):
        model, folder = self._model, self.folder
        files.atomic_write(folder / "model.keras", model.save)
        shutil.rmtree(folder / "sampler", ignore_errors=True)  # of a run killed after it
        self.export_sampler(folder / "sampler")
        save_image(folder / "samples.png", image_grid(model.sample(64, seed=1)))
        files.write_manifest(folder, ["config.json", "history.csv", "model.keras"])

    # === Results ===

    @property
    def model(self) -> GAN:
        """The `WGAN` or `DCGAN`: as trained, or, while it trains, as far as it has got.

        Raises:
            FileNotFoundError: The run has not finished, and does not train here.
        """
        if self._model is None:
            self._model = load_model(self._result("model.keras"))
        return self._model

    @property
    def sampler(self) -> ExportedSampler:
        """The exported `ExportedSampler`.

        Raises:
            FileNotFoundError: The run has not finished.
        """
        return ExportedSampler(self._result("sampler"))

    def export_sampler(self, path: str | os.PathLike, format: str = "tf_saved_model"):
        """Writes the trained generator for others, with all that the run knows of it.

        Args:
            path: Folder to write; it must not exist, or be empty.
            format: As for `GAN.export_sampler`.

        Raises:
            FileNotFoundError: The run has not finished.
            FileExistsError: The folder is not empty.
            ValueError: The generator cannot be written in this format.
        """
        model = self.model  # at first, since only a finished run has one
        config = files.read_json(self.folder / "config.json")
        about = {name: config[name] for name in ("dataset", "seed", "images")}
        about["settings"] = dataclasses.asdict(self.settings)
        del about["settings"]["data_dir"]  # a folder of this machine's
        history = self.history
        scored = np.flatnonzero(np.isfinite(history.get("frechet_distance", ())))
        if self.is_scored and len(scored):
            about["curve_score"] = {
                "frechet_distance": float(history["frechet_distance"][scored[-1]]),
                "step": int(history["step"][scored[-1]]),
                "pictures": SCORED_PICTURES,
                "held_out": HELD_OUT,
                "classifier": Classifier.shipped(self.settings.dataset).about,
            }
        model.export_sampler(path, format, **about)

    @property
    def history(self) -> dict[str, np.ndarray]:
        """Dict of float arrays by name, a value for each step; NaN where none was taken."""
        return read_history(self.folder)

    def report(self) -> Path:
        """Path of the report, one HTML file with all pictures.

        Raises:
            FileNotFoundError: The run has not finished.
        """
        return self._result("report.html")

    def _result(self, name):
        path = self.folder / name
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is not there: the run has not finished. Call train() to go on."
            )
        return path
