"""Every block of code in the README does what the README says."""

import math
import re
import shlex
from pathlib import Path

import pytest
from helpers import run_command

import wgan_keras
from wgan_keras.files import read_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.S)
LINES = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]


def arguments_after(program, line):
    """The arguments of a line's last command, if that is the program."""
    words = shlex.split(line.split("&&")[-1])
    return words[len(program) :] if words[: len(program)] == program else None


def test_all_blocks_are_of_kinds_that_are_executed_here():
    assert {kind for kind, _ in BLOCKS} == {"sh", "python"}


def test_the_first_line_installs_and_trains_and_leaves_what_is_promised():
    [line] = [line for line in LINES if "train" in line]
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install -e . && ")
    train = arguments_after([".venv/bin/python", "-m", "wgan_keras"], line)
    run_command(*train, "--steps", 3)
    folder = Path("runs/wgan-gp-digits")
    assert f"`{folder}`" in README
    for name in ("training.gif", "curve.png", "samples.png", "report.html"):
        assert (folder / name).stat().st_size > 1000
    assert len(read_table(folder / "history.csv")) == 3


def test_the_test_line_is_the_one_that_continuous_integration_runs():
    [line] = [line for line in LINES if "pytest" in line]
    assert arguments_after([".venv/bin/pytest"], line) == []
    pattern = re.search(r"grep -m 1 '(.*)' README.md", (ROOT / ".ci" / "run").read_text())
    assert re.search(pattern[1], line)


def test_the_three_commands(data_dir, monkeypatch, capsys):
    served = []
    monkeypatch.setattr("wgan_keras.lab.serve", lambda *given: served.append(given))
    program = ["python", "-m", "wgan_keras"]
    commands = [arguments_after(program, line) for line in LINES]
    lab, sample, compare = [command for command in commands if command]
    run_command(*lab)
    assert served == [(0, True, "race")]
    run_command(*sample)
    assert Path("pictures.png").stat().st_size > 10_000
    run_command(*compare, "--width", 4, "--steps", 2, "--data-dir", data_dir)
    assert Path("runs/compare-mnist/comparison.gif").exists()
    assert "dcgan" in capsys.readouterr().out


def test_the_python_runs(tmp_path):
    [block] = [block for kind, block in BLOCKS if kind == "python"]
    assert "epochs=40" in block
    names = {}
    exec(block.replace("epochs=40", "epochs=1"), names)
    assert names["wgan"].steps_done.numpy() == math.ceil(1618 / 32)
    assert (tmp_path / "wgan.gif").exists()
    sampler = wgan_keras.ExportedSampler(tmp_path / "sampler")
    assert sampler.draw(4, seed=7).shape == (4, 28, 28, 1)


@pytest.mark.parametrize("name", ["README.md", "README.zh-TW.md"])
def test_it_is_two_screens_and_its_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    for target in re.findall(r"\]\(((?!http).*?)\)", text):
        assert (ROOT / target).exists(), target
