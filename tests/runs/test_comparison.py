import json

import pytest
from helpers import At
from helpers import content
from helpers import interrupt
from helpers import run_command

from wgan_keras import Comparison
from wgan_keras import Settings
from wgan_keras import UserError

SMALL = {"width": 2, "latent_dim": 4, "batch_size": 8, "steps": 5}


def settings(**changes):
    return [
        Settings(model="dcgan", **SMALL | changes),
        Settings(lipschitz="gp", **SMALL | changes),
    ]


@pytest.mark.slow
def test_runs_are_trained_alike_and_shown_together(tmp_path):
    comparison = Comparison.create(tmp_path / "both", settings())
    assert [run.settings.name for run in comparison.runs] == ["dcgan", "wgan-gp"]
    rows = comparison.train(verbose=False)
    assert [row["model"] for row in rows] == ["dcgan", "wgan-gp"]  # digits have no scores
    assert all(row["seconds"] >= 0 for row in rows)
    assert json.loads((tmp_path / "both" / "comparison.json").read_text()) == rows
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == [
        *("comparison.gif", "comparison.json", "config.json", "dcgan", "report.html"),
        "wgan-gp",
    ]
    for run in Comparison.open(tmp_path / "both").runs:
        assert run.is_finished


def test_a_stopped_comparison_goes_on_where_it_was(tmp_path, capsys):
    folder = tmp_path / "both"
    comparison = Comparison.create(folder, settings())

    def stop_the_second():
        if (folder / "dcgan" / "report.html").exists():
            interrupt()

    with pytest.raises(KeyboardInterrupt) as interruption:
        comparison.train(verbose=False, callbacks=[At(3, stop_the_second)])
    said = str(interruption.value)
    assert said.startswith("stopped by SIGINT at step 3, with a checkpoint of step 3")
    assert said.endswith(f"go on with: python -m wgan_keras compare --resume {folder}")
    first, second = Comparison.open(folder).runs
    assert first.is_finished
    assert not second.is_finished
    before = content(first.folder)

    run_command("compare", "--resume", folder)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-3] == "model dcgan, generator steps 5, critic steps each 1"
    assert printed[-2] == "model wgan-gp, generator steps 5, critic steps each 1"
    assert content(first.folder) == before
    assert (folder / "report.html").exists()

    whole = Comparison.create(tmp_path / "whole", settings())
    whole.train(verbose=False)
    for name in ("history.csv", "samples.png", "training.gif"):
        one, other = (tmp_path / kind / "wgan-gp" / name for kind in ("both", "whole"))
        assert one.read_bytes() == other.read_bytes(), name


def test_models_must_differ(tmp_path):
    with pytest.raises(UserError, match="Each model can be compared once"):
        Comparison.create(tmp_path / "both", [Settings(**SMALL), Settings(**SMALL)])
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_is_not_overwritten_in_silence(tmp_path):
    Comparison.create(tmp_path / "both", settings())
    before = content(tmp_path / "both")
    with pytest.raises(FileExistsError, match="--overwrite"):
        Comparison.create(tmp_path / "both", settings())
    with pytest.raises(UserError):
        wrong = settings(dataset="nmist")
        Comparison.create(tmp_path / "both", wrong, overwrite=True)
    assert content(tmp_path / "both") == before
    Comparison.create(tmp_path / "both", settings()[:1], overwrite=True)
    assert not (tmp_path / "both" / "wgan-gp").exists()


def test_a_folder_that_is_no_comparison(tmp_path):
    with pytest.raises(FileNotFoundError):
        Comparison.open(tmp_path)
    (tmp_path / "config.json").write_text('{"model": "wgan", "steps": 3, "version": "0"}')
    with pytest.raises(FileNotFoundError, match="is no comparison"):
        Comparison.open(tmp_path)
