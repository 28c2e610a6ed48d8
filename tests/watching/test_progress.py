import io
import re
import sys

import pytest
from helpers import tiny_dcgan
from helpers import tiny_wgan
from rich.console import Console

from wgan_keras import Settings
from wgan_keras import training_data
from wgan_keras.watching import progress
from wgan_keras.watching.progress import Progress


def train(model, images, steps, callback):
    data = training_data(images, 5, 2)
    model.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[callback])


def test_without_a_terminal_there_are_some_twenty_plain_lines(images, capsys):
    wgan = tiny_wgan(compiled=False)
    wgan.compile(run_eagerly=True)
    settings = Settings(dataset="digits", image_shape=(8, 8, 1), seed=7)
    train(wgan, images, 45, Progress(settings, 45))
    *table, last = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    lines = [line for line in [*table, last] if line.startswith("step ")]
    assert 20 <= len(lines) <= 24
    steps = [int(re.match(r"step (\d+)/45  \d+:\d\d left  ", line)[1]) for line in lines]
    assert steps == [*range(2, 45, 2), 45]
    assert "estimate " in last
    assert "mean slope " in last
    assert "\x1b" not in "".join(table) + last
    shown = {re.split(r"\s{2,}", line)[0]: line for line in table if line not in lines}
    for name, value in {
        "model": "wgan, recommended recipe",
        "data": "digits",
        "images": "8×8×1",
        "batch": "32 images for each critic step",
        "critic": "1 step for each generator step",
        "optimizer": "RMSprop, learning rate 0.002",
        "seed": "7",
        "clip value": "0.05",
    }.items():
        assert shown[name].endswith(value), name
    assert "device" in shown


def test_steps_before_a_resumption_count(images, capsys):
    dcgan = tiny_dcgan(n_discriminator=2)
    dcgan.steps_done.assign(30)
    train(dcgan, images, 3, Progress(Settings(model="dcgan"), 40))
    printed = capsys.readouterr().out
    assert "step 32/40" in printed
    assert "discriminator loss" in printed
    assert "clip value" not in printed


@pytest.mark.parametrize("steps", [3])
def test_a_terminal_has_one_bar(steps, images, monkeypatch):
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.setattr(progress, "Console", lambda **options: terminal)
    train(tiny_wgan(), images, steps, Progress(Settings(), steps))
    drawn = screen.getvalue()
    assert "3/3" in drawn
    assert "estimate" in drawn
    assert "step 3/3" not in drawn


def test_without_any_output_nothing_is_shown(images, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    wgan = tiny_wgan()
    train(wgan, images, 2, Progress(Settings(), 2))
    assert wgan.steps_done.numpy() == 2
