import csv
import json
import re
from html.parser import HTMLParser

import imageio.v3 as imageio
import numpy as np
import pytest

from wgan_keras.runs import report as reports
from wgan_keras.watching import plots


class Page(HTMLParser):
    """Checks that what is opened is closed, and collects addresses and cells."""

    def __init__(self, path):
        super().__init__()
        self.open, self.addresses, self.cells = [], [], []
        self.feed(path.read_text())
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.addresses += [v for name, v in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)


def make_run(folder, model, frames, **columns):
    """A run's folder, as far as reports read it."""
    folder.mkdir(parents=True)
    settings = {"model": model, "dataset": "<digits>", "n_critic": 2, "clip": None}
    (folder / "config.json").write_text(json.dumps(settings))
    with open(folder / "history.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["step", "epoch", *columns])
        table.writerows(zip([1, 2, 3, 4], [1] * 4, *columns.values(), strict=True))
    for step, grey in frames.items():
        frame = np.full((70, 80), grey, np.uint8)
        plots.save_image(folder / "training-frames" / f"{step:08d}.png", frame)
    plots.save_gif(folder / "training.gif", [np.zeros((8, 8), np.uint8)])
    for name in ("samples.png", "curve.png"):
        plots.save_image(folder / name, np.zeros((8, 8), np.uint8))


@pytest.fixture
def two_runs(tmp_path):
    scores = ["", 30.0, "", 3.0]
    dcgan = {"discriminator_loss": [3, 2, 1, 1], "frechet_distance": scores}
    wgan = {"wasserstein_estimate": [1, 2, 1, 0], "frechet_distance": scores}
    make_run(tmp_path / "dcgan", "dcgan", {0: 0, 2: 60, 4: 120}, **dcgan)
    make_run(tmp_path / "wgan", "wgan", {0: 200, 4: 250}, **wgan)
    return tmp_path


def test_a_report_is_whole_and_needs_no_network(two_runs):
    reports.run_report(two_runs / "wgan", "wgan-gp")
    path = two_runs / "wgan" / "report.html"
    page = Page(path)
    assert len(page.addresses) == 3
    assert all(address.startswith("data:image/") for address in page.addresses)
    assert "http" not in path.read_text()
    assert "<h1>wgan-gp on &lt;digits&gt;</h1>" in path.read_text()
    assert page.cells[:2] == ["setting", "value"]
    assert page.cells[2:] == ["model", "wgan", "dataset", "<digits>", "n_critic", "2"]


def test_a_comparison_shows_models_side_by_side(two_runs):
    rows = reports.comparison_rows(two_runs, {"dcgan": 12.3, "wgan": 45.6})
    assert rows[1] == {
        "model": "wgan",
        "generator steps": 4,
        "critic steps each": 2,
        "seconds": 46,
        "Fréchet distance": 3.0,
    }
    reports.compare_report(two_runs, ["dcgan", "wgan"], [*rows, {"model": "real images"}])
    page = Page(two_runs / "report.html")
    assert len(page.addresses) == 1 + 2 * 3
    assert page.cells[:5] == list(rows[0])
    assert "real images" in page.cells
    frames = imageio.imread(two_runs / "comparison.gif", index=None)
    assert len(frames) == 2  # steps 0 and 4, which both have
    half = frames.shape[2] // 2
    first, last = (frame[:200].astype(int) for frame in frames)
    for panel, expected in ((np.s_[:, :half], (0, 120)), (np.s_[:, half:], (200, 250))):
        for frame, grey in zip((first, last), expected, strict=True):
            flat = frame[panel].reshape(-1, 3)
            near = np.abs(flat - grey).max(axis=1) < 8  # as the palette has it
            assert near.mean() > 0.3


def test_without_scores_there_are_no_curves_of_them(tmp_path):
    make_run(tmp_path / "one", "wgan", {4: 9}, wasserstein_estimate=[1, 2, 3, 4])
    reports.side_by_side(tmp_path / "one.gif", {"one": tmp_path / "one"})
    assert imageio.imread(tmp_path / "one.gif", index=0).shape[0] == 5 * 120
    (row,) = reports.comparison_rows(tmp_path, {"one": 1})
    assert "Fréchet distance" not in row


def test_numbers_are_short_and_right_aligned(tmp_path):
    table = reports._table([{"a": 1.23456, "b": True, "c": "<"}, {"a": 7}])
    cells = re.findall(r"<td.*?</td>", table)
    assert cells == [
        '<td class="number">1.235</td>',
        "<td>True</td>",
        "<td>&lt;</td>",
        '<td class="number">7</td>',
        "<td></td>",
        "<td></td>",
    ]
