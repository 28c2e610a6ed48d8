import json

import pytest
from helpers import refused
from helpers import run_command
from helpers import tiny_wgan

from wgan_keras.sampling.card import model_card


def test_the_card_of_a_sampler_is_printed_or_written(sampler, tmp_path, capsys):
    expected = model_card(json.loads((sampler / "sampler.json").read_text()))
    run_command("card", sampler)
    assert capsys.readouterr().out == expected
    assert (sampler / "README.md").read_text() == expected
    run_command("card", sampler, "--out", "card.md", "--license", "mit")
    assert (tmp_path / "card.md").read_text().startswith("---\nlicense: mit\n")
    assert "card.md exists" in refused(capsys, "card", sampler, "--out", "card.md")
    run_command("card", sampler.parent, "--out", "card.md", "--overwrite")
    assert (tmp_path / "card.md").read_text() == expected


def test_scores_are_those_that_evaluate_has_printed(sampler, tmp_path, capsys):
    scores = {
        "count": 100,
        "sets": 1,
        "classifier": {"sha256": "f00d"},
        "scores": {"recall": {"generated": [0.5], "real": [0.875]}},
    }
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    run_command("card", sampler, "--scores", "scores.json")
    assert "| recall | 0.5 | 0.875 |" in capsys.readouterr().out
    (tmp_path / "scores.json").write_text("{}")
    error = refused(capsys, "card", sampler, "--scores", "scores.json")
    assert "A model card cannot be written" in error


@pytest.mark.parametrize("format", ["keras", "litert"])
def test_formats_that_only_others_open_have_a_card_too(format, tmp_path, capsys):
    tiny_wgan().export_sampler(tmp_path / "a", format=format)
    run_command("card", "a")
    assert f"library_name: {format}\n" in capsys.readouterr().out
    assert "open it as its README.md shows" in refused(capsys, "sample", "a")


def test_a_card_gives_a_terminal_no_orders(tmp_path, capsys):
    tiny_wgan().export_sampler(tmp_path / "a", format="keras", dataset="\x1b[2Jmnist")
    run_command("card", "a")
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\\x1b[2Jmnist" in printed
