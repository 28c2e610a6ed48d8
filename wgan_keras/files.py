"""Files that are complete or not there, and folders that one process has to itself."""

import contextlib
import logging
import os
from pathlib import Path

logger = logging.getLogger("wgan_keras")


def write_whole(path, write):
    """Lets `write(unfinished_path)` make a file, which then takes the place of `path`.

    Whatever happens meanwhile, a loss of power included, `path` is the old file or the
    new one, complete.

    Args:
        path: The file; folders that it needs are made.
        write: Function that writes a file at the path that it is given.

    Raises:
        OSError: Writing failed; `path` is as it was, or new.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".unfinished-{path.name}")
    try:
        write(unfinished)
        _flush(unfinished)
        os.replace(unfinished, path)
        _flush(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"{path} cannot be written: {reason}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _flush(path):
    """Has the system put a file's content, or a folder's names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(folder):
    """Keeps an existing folder from every other process that asks for it in this way.

    The lock ends with the process, however that ends; nothing is left in the folder.

    Raises:
        BlockingIOError: Another process has the folder.
    """
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"{folder} is in use by another process: wait for its end, or name "
                "another folder."
            ) from None
        except OSError as error:  # some network file systems lock no folders
            logger.warning("%s cannot be kept from other processes (%s).", folder, error)
        yield
    finally:
        os.close(handle)
