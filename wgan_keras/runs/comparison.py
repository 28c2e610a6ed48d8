"""Several runs, trained alike, side by side."""

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from wgan_keras import __version__
from wgan_keras import files
from wgan_keras.errors import UserError
from wgan_keras.runs.folders import empty
from wgan_keras.runs.folders import refuse_used
from wgan_keras.runs.report import compare_report
from wgan_keras.runs.report import comparison_rows
from wgan_keras.runs.run import Run
from wgan_keras.runs.settings import Settings


class Comparison:
    """A folder of runs that differ in their model only.

    `Comparison.create` begins one, `Comparison.open` finds one again; `train` trains each
    run that is not finished yet, and writes what shows them together.

    Args:
        folder: The folder; each run is a subfolder with its model's name.
        runs: List of `Run`.
    """

    def __init__(self, folder, runs):
        self.folder, self.runs = Path(folder), runs

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike,
        settings: Sequence[Settings],
        overwrite: bool = False,
    ) -> "Comparison":
        """Begins a comparison.

        Args:
            folder: The folder, which must be new or empty.
            settings: List of `Settings`, of different models.
            overwrite: Whether an earlier comparison in the folder may be deleted.

        Raises:
            FileExistsError: The folder is in use.
            BlockingIOError: Another process compares in the folder.
            ValueError: Two settings are of one model, or some cannot be built.
        """
        folder = Path(folder)
        names = [one.name for one in settings]
        if len(set(names)) < len(names):
            raise UserError(f"Each model can be compared once, and these are {names}.")
        refuse_used(folder, overwrite)
        runs = [Run(folder / name, one) for name, one in zip(names, settings, strict=True)]
        for run in runs:  # what cannot be built is refused before anything is deleted
            run.settle(runs[0].data)
            run.prepare()
        folder.mkdir(parents=True, exist_ok=True)
        with files.locked(folder):
            refuse_used(folder, overwrite)
            empty(folder)
            about = {"model": ",".join(names), "steps": None, "version": __version__}
            files.write_json(folder / "config.json", about)
            for run in runs:
                run.folder.mkdir()
                run.begin()
        return cls(folder, runs)

    @classmethod
    def open(cls, folder: str | os.PathLike) -> "Comparison":
        """Finds a comparison again, finished or not.

        Raises:
            FileNotFoundError: The folder holds no comparison.
            ValueError: A run's files are damaged.
        """
        folder = Path(folder)
        names = str(files.read_json(folder / "config.json").get("model", "")).split(",")
        if not all((folder / name / "config.json").is_file() for name in names):
            raise FileNotFoundError(
                f"{folder} is no comparison: expected a folder that compare has made."
            )
        return cls(folder, [Run.open(folder / name) for name in names])

    def train(self, verbose: bool = True, **options) -> list[dict]:
        """Trains the runs that are not finished, and writes the comparison.

        Args:
            verbose: Whether to show the settings and the progress.
            **options: As for `Run.train`.

        Returns:
            List of a dict for each run: what it took, and how good its pictures are.
        """
        again = f"python -m wgan_keras compare --resume {shlex.quote(str(self.folder))}"
        seconds = {}
        with files.locked(self.folder):
            for run in self.runs:
                run.settle(self.runs[0].data)
                run.resume_command = again
                begun, started = (run.folder / "checkpoints").exists(), time.monotonic()
                begun |= run.is_finished
                run.train(verbose=verbose, **options)
                took = time.monotonic() - started
                seconds[run.settings.name] = None if begun else took
            rows = comparison_rows(self.folder, seconds)
            if self.runs[0].is_scored:
                images, _ = self.runs[0].data
                distance = self.runs[0].evaluator.frechet_distance(images[:1000])
                rows.append({"model": "real images", "Fréchet distance": distance})
            files.write_json(self.folder / "comparison.json", rows)
            compare_report(self.folder, list(seconds), rows)
        return rows
