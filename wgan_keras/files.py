"""Files that are whole when they are written, and trusted only once they are checked."""

import contextlib
import csv
import hashlib
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from wgan_keras.errors import UserError

logger = logging.getLogger("wgan_keras")

MANIFEST = "checksums.json"
LOCK = ".lock"  # in a folder that a process has for itself
MAX_JSON_BYTES = 2**20
MAX_PACKING_RATIO = 1032  # bytes that deflate, as in gzip and zip, makes of one at most


# === Writing ===


def atomic_write(path, write):
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
        _flush_folder(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"{path} cannot be written: {reason}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(path, text):
    """Writes text in UTF-8, whatever the locale, complete or not at all."""
    atomic_write(path, lambda unfinished: unfinished.write_bytes(text.encode()))


def write_json(path, values):
    """Writes a dict or a list as JSON, complete or not at all."""
    write_text(path, json.dumps(values, indent=2) + "\n")


def _flush(path):
    """Has the system put a file's content on the disk."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder):
    """The same of a folder's names, where the system can: Windows opens no folder."""
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# === Locks ===


@contextlib.contextmanager
def locked(folder):
    """Keeps an existing folder from every other process that asks for it in this way.

    The lock ends with the process, however that ends. An empty file that a killed process
    leaves in the folder locks nothing.

    Raises:
        BlockingIOError: Another process has the folder.
    """
    from filelock import FileLock
    from filelock import Timeout

    lock = FileLock(Path(folder, LOCK))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise BlockingIOError(
            f"{folder} is in use by another process: wait for its end, or name another "
            "folder."
        ) from None
    except NotImplementedError as error:  # some network file systems have no locks
        logger.warning("%s cannot be kept from other processes (%s).", folder, error)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows deletes no open file
            Path(folder, LOCK).unlink()
        lock.release()


# === Reading ===


def check_size(path, announced):
    """Refuses data of which a file announces more than there can be, before it is read.

    Args:
        path: The file.
        announced: Bytes that it announces, packed or not.

    Raises:
        ValueError: They cannot be in a file of its size, or not in this machine's memory.
    """
    there = os.path.getsize(path)
    if announced > MAX_PACKING_RATIO * there:
        raise UserError(
            f"{path} announces {announced} bytes of data, more than can be packed into its "
            f"{there}: it is damaged; fetch it anew."
        )
    memory = memory_bytes()
    if announced > memory:
        raise UserError(
            f"{path} announces {announced} bytes of data, more than the {memory} of this "
            "machine's memory: split it."
        )


def memory_bytes():
    """Bytes of this machine's memory."""
    import psutil

    return psutil.virtual_memory().total


def read_json(path):
    """Reads a JSON object.

    Args:
        path: A file of at most a megabyte.

    Returns:
        Dict.

    Raises:
        ValueError: It is no such file.
        FileNotFoundError: It is not there.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if os.path.getsize(path) > MAX_JSON_BYTES:
        raise UserError(
            f"{path} is larger than {MAX_JSON_BYTES} bytes: it is none of ours."
        )
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged: it is no JSON ({error}).") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} is damaged: it holds no JSON object.")
    return values


def read_table(path):
    """Reads the table of a `LearningCurve`.

    Args:
        path: The CSV file.

    Returns:
        List of a dict for each row, from names to numbers; empty cells are left out.

    Raises:
        ValueError: It is no such table, or is cut short.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            lines = file.readlines()
        if lines and not lines[-1].endswith("\n"):
            raise UserError("it is cut short")
        names, *rows = [*csv.reader(lines)] or [[]]
        table = []
        for row in rows:
            cells = dict(zip(names, row, strict=True))
            counts = {name: int(cells.pop(name)) for name in ("step", "epoch")}
            table.append(counts | {n: float(cell) for n, cell in cells.items() if cell})
    except (ValueError, KeyError, csv.Error) as error:
        raise UserError(f"{path} is damaged: it is no table of ours ({error}).") from error
    return table


# === Manifests ===


def write_manifest(folder, names):
    """Writes the manifest of a folder: `checksums.json`, of size and SHA-256 of files.

    Args:
        folder: The folder.
        names: Names of files in it, with slashes where they are deeper.
    """
    files = {}
    for name in names:
        path = Path(folder, name)
        files[name] = {"bytes": path.stat().st_size, "sha256": checksum(path)}
    write_json(Path(folder, MANIFEST), files)


_FETCH_ANEW = (
    "Fetch it anew; if you changed it, and it is to be trusted, remove the manifest."
)


def verify_manifest(
    folder: str | os.PathLike,
    names: Iterable[str] | None = None,
    advice: str = _FETCH_ANEW,
) -> str | None:
    """Compares the files of a run or a sampler with the manifest in its folder.

    It tells damage and unnoticed change. It does not tell who made the files: whoever
    changes them on purpose can write another manifest.

    Args:
        folder: The folder.
        names: Those files alone, where they are in the manifest; `None` for all of it.
            Files that it does not name are of no account.
        advice: What a message tells to do about a file that has changed.

    Returns:
        SHA-256 of the manifest, which stands for all that it names; `None` where there is
        none, as in what older versions wrote.

    Raises:
        ValueError: A file is missing or has changed, or the manifest is damaged.
    """
    manifest = Path(folder, MANIFEST)
    if not manifest.is_file():
        return None
    for name, expected in read_json(manifest).items():
        if names is not None and name not in names:
            continue
        path = Path(folder, name)
        if Path(name).is_absolute() or ".." in path.parts[len(Path(folder).parts) :]:
            raise UserError(f"{manifest} is damaged: {name!r} is no file of its folder.")
        if not path.is_file():
            raise UserError(f"{path} is missing, which {MANIFEST} beside it names.")
        found = {"bytes": path.stat().st_size}
        if isinstance(expected, dict) and found["bytes"] == expected.get("bytes"):
            found["sha256"] = checksum(path)
        if found != expected:
            raise UserError(
                f"{path} is damaged or was changed: it is not the file that {MANIFEST} in "
                f"{folder} names. {advice}"
            )
    return checksum(manifest)


def checksum(path):
    """SHA-256 of a file, 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
