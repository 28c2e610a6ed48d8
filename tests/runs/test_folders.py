import json

import pytest

from wgan_keras import files
from wgan_keras.runs import folders


def make_run(folder):
    folder.mkdir()
    settings = {"model": "wgan", "steps": 3, "version": "0"}
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


def test_what_is_a_run(tmp_path):
    assert folders.is_run(make_run(tmp_path / "run"))
    assert not folders.is_run(tmp_path)
    assert not folders.is_run(tmp_path / "nothing")
    for content in ("", "[]", '{"model": "wgan"}'):
        (tmp_path / "config.json").write_text(content)
        assert not folders.is_run(tmp_path)


def test_folders_that_may_be_used(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / files.LOCK).write_text("")  # as a killed process leaves it
    for name in ("new", "empty"):
        folders.refuse_used(tmp_path / name, overwrite=False)
    run = make_run(tmp_path / "a run")
    with pytest.raises(FileExistsError, match=r"--overwrite.*--resume '.*/a run'"):
        folders.refuse_used(run, overwrite=False)
    folders.refuse_used(run, overwrite=True)
    with pytest.raises(FileExistsError, match="is not a run of this program"):
        folders.refuse_used(tmp_path, overwrite=True)
    (tmp_path / "file").write_text("")
    for overwrite in (False, True):
        with pytest.raises(FileExistsError):
            folders.refuse_used(tmp_path / "file", overwrite)


def test_a_folder_is_emptied_but_for_its_lock(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "deeper").mkdir()
    (run / "deeper" / "file").write_text("")
    (run / files.LOCK).write_text("")
    folders.empty(run)
    assert [path.name for path in run.iterdir()] == [files.LOCK]


def test_what_stops_a_run_says_how_to_go_on():
    with (
        pytest.raises(KeyboardInterrupt, match=r"^interrupted; go on with: again$"),
        folders.saying_how_to_resume("again"),
    ):
        raise KeyboardInterrupt
    with (
        pytest.raises(
            OSError, match=r"^No space\. Once that is mended, go on with: again$"
        ),
        folders.saying_how_to_resume("again"),
    ):
        raise OSError("No space.")
    with (
        pytest.raises(ValueError, match=r"^other$"),
        folders.saying_how_to_resume("again"),
    ):
        raise ValueError("other")
