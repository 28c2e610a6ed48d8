"""The samplers that come with the package are what their descriptions say."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import wgan_keras
from wgan_keras import Classifier
from wgan_keras import Evaluator
from wgan_keras import load_images
from wgan_keras.cli.common import SHIPPED
from wgan_keras.cli.main import main
from wgan_keras.evaluation.metrics import class_shares

# How far a score may be from the recorded one, written down before the samplers were made:
# pictures are the same on every machine but for the last bits.
BOUND = 0.05


@pytest.fixture(params=SHIPPED, scope="module")
def shipped(request):
    folder = Path(wgan_keras.__file__).parent / "samplers" / request.param
    about = json.loads((folder / "sampler.json").read_text())
    return request.param, folder, about, tf.saved_model.load(str(folder))


def test_they_are_small_and_say_where_they_come_from(shipped):
    dataset, folder, about, _ = shipped
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert size < 3e6
    assert about["dataset"] == dataset
    assert {"data", "settings", "seed", "steps", "command", "scores"} <= about.keys()
    assert about["scores"]["classifier"] == Classifier.shipped(dataset).about


def test_they_draw_all_classes(shipped):
    dataset, _, _, sampler = shipped
    pictures = sampler.sample(1000, 5)["images"].numpy()
    assert pictures.shape == (1000, 28, 28, 1)
    shares = class_shares(Classifier.shipped(dataset)(pictures)[1])
    assert shares.min() > 0.02


def test_they_score_as_recorded(shipped):
    dataset, _, about, sampler = shipped
    try:
        test = load_images(dataset, "test")
    except FileNotFoundError:
        pytest.skip(f"{dataset} is not at hand")
    evaluator = Evaluator(Classifier.shipped(dataset), test)
    pictures = sampler.sample(about["scores"]["count"], 0)["images"].numpy()
    recorded = about["scores"]["scores"]["frechet_distance"]["generated"][0]
    assert evaluator.frechet_distance(pictures) == pytest.approx(recorded, rel=BOUND)


def test_they_are_drawn_from_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["sample", "mnist", "-n", "3", "--out", "three.npy"])
    assert np.load("three.npy").shape == (3, 28, 28, 1)
    main(["info", "fashion-mnist"])
    assert "dataset: fashion-mnist" in capsys.readouterr().out
