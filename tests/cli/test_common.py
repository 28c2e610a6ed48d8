import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wgan_keras import UserError
from wgan_keras.cli import common


@pytest.mark.parametrize(("kind", "least"), [(common.positive, 1), (common.natural, 0)])
def test_whole_numbers_of_options(kind, least):
    assert kind(str(least)) == least
    assert kind(str(common.MAX_INTEGER)) == common.MAX_INTEGER
    for text in (str(least - 1), str(common.MAX_INTEGER + 1), "1.5", "many", ""):
        with pytest.raises(argparse.ArgumentTypeError, match=f"from {least}, not {text}"):
            kind(text)


def test_a_file_is_replaced_only_where_that_is_said(tmp_path):
    common.refuse_existing(tmp_path / "new", overwrite=False)
    (tmp_path / "old").write_text("")
    with pytest.raises(FileExistsError, match="old exists"):
        common.refuse_existing(tmp_path / "old", overwrite=False)
    common.refuse_existing(tmp_path / "old", overwrite=True)


def test_a_sampler_is_found_in_its_folder_in_a_runs_or_by_its_name(tmp_path, sampler):
    assert common.find_sampler(sampler) == sampler
    sampler.parent.joinpath("notes.txt").write_text("")
    assert common.find_sampler(sampler.parent) == sampler
    for name in common.SHIPPED:
        assert common.find_sampler(Path(name)).name == name
    with pytest.raises(FileNotFoundError, match=r"expected a folder with saved_model\.pb"):
        common.find_sampler(tmp_path)


def test_endings_that_cannot_be_written():
    common.require_suffix(Path("a.png"), (".png", ".gif"))
    with pytest.raises(
        UserError, match=r"--out must end in \.png, \.npy or \.gif, not a\.x"
    ):
        common.require_suffix(Path("a.x"), (".png", ".npy", ".gif"))
    with pytest.raises(UserError, match=r"--near must end in \.png, not a\."):
        common.require_suffix(Path("a."), (".png",), "--near")


def test_a_terminal_gets_no_orders():
    assert common.printable("\x1b[2Jé\n\x9b數") == "\\x1b[2Jé\\n\\x9b數"


def test_tensorflow_starts_in_silence_and_errors_are_heard_again():
    program = "import sys; from wgan_keras.cli.common import quiet_tensorflow\n"
    program += "quiet_tensorflow(); print('heard', file=sys.stderr)"
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.stderr == "heard\n"


@pytest.mark.parametrize(("chosen", "expected"), [(None, "1"), ("0", "0")])
def test_convolutions_are_onednns_unless_the_user_chose(monkeypatch, chosen, expected):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", chosen or "")  # and restored afterwards
    if chosen is None:
        monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    common.quiet_tensorflow()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == expected
