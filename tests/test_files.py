import os
import subprocess
import sys

import pytest

from wgan_keras import files


def test_a_failed_write_leaves_the_old_file(tmp_path):
    file = tmp_path / "curve.png"
    file.write_text("old")

    def write(unfinished):
        unfinished.write_text("ne")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match=r"curve\.png cannot be written: No space"):
        files.atomic_write(file, write)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    done = []

    def noting(name):
        function = getattr(os, name)

        def noted(first, *others):
            what = os.readlink(f"/proc/self/fd/{first}") if name == "fsync" else str(first)
            done.append((name, what))
            return function(first, *others)

        monkeypatch.setattr(os, name, noted)

    noting("fsync")
    noting("replace")
    folder = tmp_path / "new"
    files.atomic_write(folder / "a.txt", lambda unfinished: unfinished.write_text("a"))
    unfinished = str(folder / ".unfinished-a.txt")
    assert done == [("fsync", unfinished), ("replace", unfinished), ("fsync", str(folder))]
    assert [file.name for file in folder.iterdir()] == ["a.txt"]


def test_a_lock_keeps_others_out_and_dies_with_its_holder(tmp_path):
    program = "import sys, time; from wgan_keras import files\n"
    program += f"with files.locked({str(tmp_path)!r}): print('locked', flush=True); "
    program += "time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"locked\n"
    with (
        pytest.raises(BlockingIOError, match="in use by another process"),
        files.locked(tmp_path),
    ):
        pass
    holder.kill()
    holder.communicate()
    with files.locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
