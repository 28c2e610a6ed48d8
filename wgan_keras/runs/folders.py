"""Folders of runs: what is one, what may be overwritten, how to go on in one."""

import contextlib
import shlex
import shutil
from pathlib import Path

from wgan_keras import files


@contextlib.contextmanager
def saying_how_to_resume(command):
    """Adds to an interruption, or to an error of the system's, how to go on from there."""
    try:
        yield
    except KeyboardInterrupt as interruption:
        message = f"{str(interruption) or 'interrupted'}; go on with: {command}"
        raise KeyboardInterrupt(message) from interruption
    except OSError as error:
        message = f"{str(error).rstrip('.')}. Once that is mended, go on with: {command}"
        raise OSError(message) from error


def is_run(folder):
    """Whether a folder holds a run."""
    try:
        config = files.read_json(Path(folder, "config.json"))
    except (OSError, ValueError):
        return False
    return {"model", "steps", "version"} <= config.keys()


def refuse_used(folder, overwrite):
    """Refuses a folder in use, unless it is an earlier run and may be overwritten."""
    if not folder.exists() or (folder.is_dir() and not _content(folder)):
        return
    if not overwrite:
        raise FileExistsError(
            f"{folder} exists and is not empty: name another folder with --out, say "
            f"--overwrite, or go on with what was stopped by "
            f"--resume {shlex.quote(str(folder))}."
        )
    if not is_run(folder):
        raise FileExistsError(
            f"{folder} is not a run of this program, and is not overwritten: name another "
            "folder with --out."
        )


def empty(folder):
    """Deletes what a folder holds."""
    for path in _content(folder):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _content(folder):
    return [path for path in folder.iterdir() if path.name != files.LOCK]
