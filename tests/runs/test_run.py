import dataclasses
import json

import imageio.v3 as imageio
import numpy as np
import pytest
from helpers import At
from helpers import content
from helpers import interrupt
from helpers import stopped_run

from wgan_keras import Run
from wgan_keras import Settings
from wgan_keras import UserError
from wgan_keras import __version__
from wgan_keras import files

SMALL = {"width": 2, "latent_dim": 4, "batch_size": 8, "steps": 5}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run; not to be changed."""
    run = Run.create(tmp_path_factory.mktemp("runs") / "run", Settings(**SMALL))
    assert run.train(verbose=False) is run
    return run


def test_a_new_run_is_a_folder_with_its_settings(tmp_path):
    run = Run.create(tmp_path / "deep" / "run", Settings(**SMALL))
    assert sorted(content(run.folder)) == ["checksums.json", "config.json"]
    config = json.loads((run.folder / "config.json").read_text())
    assert config["model"] == "wgan"
    assert config["lipschitz"] == "clip"
    assert config["clip_value"] == 0.05
    assert config["steps"] == 5
    assert config["image_shape"] == [28, 28, 1]  # the data's
    assert config["images"] == 1618
    assert config["version"] == __version__
    assert "method" not in config
    assert "clip" not in config
    assert not run.is_finished
    assert run.is_chief
    found = Run.open(run.folder)
    assert found.settings == run.settings
    assert found.config == run.config


def test_epochs_become_steps(tmp_path):
    settings = Settings(**SMALL | {"steps": None, "epochs": 2, "batch_size": 200})
    run = Run.create(tmp_path / "run", settings)
    assert (run.settings.steps, run.settings.epochs) == (2 * (1618 // 200), None)


def test_a_finished_run_has_all_results(finished):
    assert finished.is_finished
    assert int(finished.model.steps_done.numpy()) == 5
    assert finished.history["step"].tolist() == [1, 2, 3, 4, 5]
    assert np.isfinite(finished.history["critic_loss"]).all()
    assert finished.report() == finished.folder / "report.html"
    assert finished.report().read_text().startswith("<!doctype html>")
    drawn = np.concatenate(list(finished.sampler.batches(seed=7, count=5)))
    np.testing.assert_allclose(drawn, finished.model.sample(5, seed=7), atol=1e-5)
    assert imageio.imread(finished.folder / "samples.png").ndim == 2
    assert files.verify_manifest(finished.folder)
    named = files.read_json(finished.folder / files.MANIFEST).keys()
    assert named == {"config.json", "history.csv", "model.keras"}
    assert not (finished.folder / "checkpoints").exists()
    assert not (finished.folder / files.LOCK).exists()


def test_a_finished_run_is_found_again_and_left_as_it_is(finished):
    before = content(finished.folder)
    again = Run.open(finished.folder)
    assert again.is_finished
    again.train(verbose=False)
    assert content(again.folder) == before
    np.testing.assert_array_equal(again.model.sample(3), finished.model.sample(3))
    assert again.model.compiled


def test_a_stopped_run_is_found_again_and_ends_the_same(finished, tmp_path):
    run, said = stopped_run(tmp_path / "run")
    assert said.startswith("stopped by SIGINT at step 3, with a checkpoint of step 3")
    assert said.endswith(f"go on with: python -m wgan_keras train --resume {run.folder}")
    again = Run.open(run.folder)
    for read in (
        lambda: again.model,
        lambda: again.sampler,
        again.report,
    ):
        with pytest.raises(FileNotFoundError, match=r"has not finished\. Call train\(\)"):
            read()
    again.train(verbose=False)
    for name in ("history.csv", "curve.png", "training.gif", "samples.png", "config.json"):
        one, other = (run.folder / name, finished.folder / name)
        assert one.read_bytes() == other.read_bytes(), name
    for one, other in zip(
        again.model.get_weights(), finished.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_checkpoints_are_as_often_as_is_said(tmp_path):
    run = Run.create(tmp_path / "run", Settings(**SMALL))
    kept = []

    def look():
        kept.append(
            sorted(int(f.stem) for f in run.folder.glob("checkpoints/*.checkpoint"))
        )

    looks = [At(step, look) for step in range(1, 6)]
    run.train(callbacks=looks, verbose=False, checkpoint_steps=2)
    assert kept == [[], [], [2], [2], [2, 4]]


@pytest.mark.parametrize("options", [{"checkpoint_minutes": 0}, {"checkpoint_steps": 0}])
def test_a_spacing_of_nothing_is_refused(options, tmp_path):
    run = Run.create(tmp_path / "run", Settings(**SMALL))
    with pytest.raises(UserError, match="must be above 0"):
        run.train(**options, verbose=False)


def test_other_data_are_refused(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    np.save(tmp_path / "images.npy", images)
    settings = Settings(**SMALL, dataset=str(tmp_path / "images.npy"))
    run = Run.create(tmp_path / "run", settings)
    images[0, 0, 0] ^= 1
    np.save(tmp_path / "images.npy", images)
    with pytest.raises(UserError, match=r"other settings: fingerprint was .* now"):
        Run.open(run.folder).train(verbose=False)


def test_a_run_that_is_none(tmp_path, finished):
    with pytest.raises(FileNotFoundError, match="nothing is no run"):
        Run.open(tmp_path / "nothing")
    run = Run.create(tmp_path / "run", Settings(**SMALL))
    config = json.loads((run.folder / "config.json").read_text())

    def open_with(**changes):
        (run.folder / "config.json").write_text(json.dumps(config | changes))
        files.write_manifest(run.folder, ["config.json"])
        return Run.open(run.folder)

    assert open_with().settings == run.settings
    with pytest.raises(UserError, match=r"begun by version 0\.1\.9, and this is"):
        open_with(version="0.1.9")
    with pytest.raises(UserError, match=r"config\.json is damaged: these are no settings"):
        open_with(n_critic=0)
    (run.folder / "config.json").write_text("{}")
    with pytest.raises(UserError, match="damaged or was changed"):
        Run.open(run.folder)


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("ten years")
    for overwrite in (False, True):
        with pytest.raises(FileExistsError):
            Run.create(tmp_path / "mine", Settings(**SMALL), overwrite=overwrite)
    assert content(tmp_path / "mine") == {"thesis.txt": b"ten years"}

    run = Run.create(tmp_path / "run", Settings(**SMALL))
    (run.folder / "left-over").write_text("")
    before = content(run.folder)
    with pytest.raises(FileExistsError, match="not empty"):
        Run.create(run.folder, Settings(**SMALL))
    for wrong in (
        {"dataset": "nmist"},
        {"image_shape": (8, 8), "dataset": str(tmp_path)},
        {"clip_value": -1.0},
        {"clip_value": 0.0},
        {"clip_value": float("nan")},
        {"seed": -1},
    ):
        with pytest.raises(UserError):
            Run.create(run.folder, Settings(**SMALL, **wrong), overwrite=True)
        with pytest.raises(UserError):
            Run.create(tmp_path / "new", Settings(**SMALL, **wrong))
    assert not (tmp_path / "new").exists()
    with files.locked(run.folder), pytest.raises(BlockingIOError, match="in use"):
        Run.create(run.folder, Settings(**SMALL), overwrite=True)
    with files.locked(run.folder), pytest.raises(BlockingIOError, match="in use"):
        run.train(verbose=False)
    assert content(run.folder) == before
    Run.create(run.folder, Settings(**SMALL), overwrite=True)
    assert content(run.folder).keys() == {"config.json", "checksums.json"}


def test_settings_that_cannot_be_built_lose_nothing(tmp_path):
    """Known before anything is written or deleted: networks are built of them."""
    np.save(tmp_path / "images.npy", np.zeros((40, 9, 9), np.uint8))
    odd = Settings(**SMALL, dataset=str(tmp_path / "images.npy"))
    with pytest.raises(UserError, match="does not fit these networks"):
        Run.create(tmp_path / "new", odd)
    assert not (tmp_path / "new").exists()
    run = Run.create(tmp_path / "run", Settings(**SMALL))
    before = content(run.folder)
    with pytest.raises(UserError, match="does not fit these networks"):
        Run.create(run.folder, odd, overwrite=True)
    assert content(run.folder) == before


def test_a_training_that_breaks_is_no_success(tmp_path, monkeypatch):
    from wgan_keras.models import wgan

    monkeypatch.setattr(wgan, "critic_loss", lambda real, fake: float("nan") * fake[0, 0])
    run = Run.create(tmp_path / "run", Settings(**SMALL))
    with pytest.raises(UserError, match=r"The training broke down \(.*critic_loss"):
        run.train(verbose=False)
    assert (run.folder / "curve.png").exists()
    assert not (run.folder / "sampler").exists()
    assert not run.is_finished


def test_what_is_shown_and_what_is_not(tmp_path, capsys):
    run = Run.create(tmp_path / "quiet", Settings(**SMALL))
    run.train(verbose=False)
    assert capsys.readouterr().out == ""
    run = Run.create(tmp_path / "loud", Settings(**SMALL))
    run.train()
    printed = capsys.readouterr().out
    assert "wgan, recommended recipe" in printed
    assert "step 5/5" in printed


def test_an_interruption_in_its_first_step_keeps_the_run(tmp_path):
    run = Run.create(tmp_path / "run", Settings(**SMALL))
    with pytest.raises(KeyboardInterrupt, match="at step 1, with a checkpoint of step 1"):
        run.train(callbacks=[At(1, interrupt)], verbose=False)
    assert Run.open(run.folder).settings == run.settings


def test_a_sampler_is_exported_with_what_the_run_knows(finished, tmp_path):
    finished.export_sampler(tmp_path / "a", format="keras")
    about = files.read_json(tmp_path / "a" / "sampler.json")
    assert about["format"] == "keras"
    assert (about["dataset"], about["images"], about["seed"]) == ("digits", 1618, 0)
    assert about["settings"]["batch_size"] == 8
    assert "data_dir" not in about["settings"]
    assert "curve_score" not in about  # there is no classifier for digits
    card = (finished.folder / "sampler" / "README.md").read_text()
    assert "# WGAN with weight clipping, trained on digits" in card
    assert "| `batch_size` | 8 |" in card


def test_the_last_score_of_the_curve_goes_with_it(finished, tmp_path, monkeypatch):
    run = Run.open(finished.folder)
    run.settings = dataclasses.replace(run.settings, dataset="mnist")
    run._model = finished.model
    scored = {"step": np.array([2, 4, 5]), "frechet_distance": np.array([9, 3.5, np.nan])}
    monkeypatch.setattr(Run, "history", scored)
    run.export_sampler(tmp_path / "a", format="keras")
    score = files.read_json(tmp_path / "a" / "sampler.json")["curve_score"]
    assert (score["frechet_distance"], score["step"]) == (3.5, 4)
    assert (score["pictures"], score["held_out"]) == (1000, 2000)
    assert len(score["classifier"]["sha256"]) == 64
    assert score["classifier"]["sha256"] in (tmp_path / "a" / "README.md").read_text()
