import os
import signal
import subprocess
import sys

import pytest
from helpers import refused
from helpers import run_command

import wgan_keras
from wgan_keras import Run
from wgan_keras import UserError
from wgan_keras import files
from wgan_keras.cli import main as command_line


def raising(error):
    def raise_it(*arguments, **options):
        raise error

    return raise_it


def test_an_interruption_is_no_traceback(capsys, monkeypatch):
    monkeypatch.setattr(Run, "create", raising(KeyboardInterrupt()))
    with pytest.raises(SystemExit) as exit_:
        run_command("train")
    assert exit_.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_what_an_interruption_leaves_half_made_does_not_complain(capsys, monkeypatch):
    class HalfMade:
        def __del__(self):
            raise AttributeError("what it was about to write to")

    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}
    with pytest.raises(KeyboardInterrupt, match="interrupted"):
        command_line.interrupt(signal.SIGINT, None)
    for number, handler in before.items():
        signal.signal(number, handler)
    half_made = HalfMade()
    del half_made
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("wrong,\nand \x1b[2J"), "error: wrong, and \\x1b[2J"),
        (FileNotFoundError("it is not there"), "error: it is not there"),
        (MemoryError(), "error: there is not enough memory (MemoryError)."),
    ],
)
def test_errors_that_the_user_can_mend_are_one_line(error, line, capsys, monkeypatch):
    monkeypatch.setattr(Run, "create", raising(error))
    assert refused(capsys, "train") == line


@pytest.mark.parametrize("error", [ValueError("odd\nshape"), KeyError("x"), TypeError()])
def test_a_mistake_of_the_packages_is_said_to_be_one(error, capsys, monkeypatch):
    monkeypatch.setattr(Run, "create", raising(error))
    line = refused(capsys, "train", status=1)
    assert line.startswith("This is a mistake in wgan_keras, and not yours (")
    assert type(error).__name__ in line
    assert "--debug" in line


def test_debug_shows_the_traceback(capsys, monkeypatch):
    monkeypatch.setattr(Run, "create", raising(ValueError("odd shape")))
    with pytest.raises(SystemExit) as exit_:
        run_command("train", "--debug")
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "raise_it" in error
    assert error.splitlines()[-1].startswith("This is a mistake in wgan_keras")


def test_a_reader_that_has_seen_enough_is_no_error(sampler):
    command = [sys.executable, "-m", "wgan_keras", "info", str(sampler)]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0
    assert done.stderr == ""


def test_the_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        run_command("--version")
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"{wgan_keras.__version__}\n"


def test_help_needs_neither_tensorflow_nor_numpy():
    program = "import sys, wgan_keras.cli.main as c\ntry: c.main(['--help'])\nfinally: "
    program += "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_a_process_is_silent_but_for_its_answer(sampler):
    result = subprocess.run(
        [sys.executable, "-m", "wgan_keras", "sample", sampler, "-n", "1"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout == "samples.png\n"
    checksum = files.checksum(sampler / "checksums.json")
    assert result.stderr == (
        f"sampler {sampler}: wgan_keras {wgan_keras.__version__}, data set unknown, "
        f"seed 0, SHA-256 of its manifest {checksum}\n"
    )
