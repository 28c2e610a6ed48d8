import json

import imageio.v3 as imageio
import numpy as np
import pytest
import tensorflow as tf
from helpers import refused
from helpers import run_command

from wgan_keras import Classifier
from wgan_keras import load_images
from wgan_keras.watching.plots import image_grid


def test_evaluate_scores_made_beside_real_pictures(
    mnist_sampler, data_dir, tmp_path, capsys
):
    scored = ["--data-dir", data_dir, "-n", 50, "--sets", 2]
    run_command("evaluate", mnist_sampler, *scored, "--neighbours", "near.png")
    table = capsys.readouterr().out
    about = Classifier.shipped("mnist").about
    assert about["sha256"] in table
    assert f"{about['test_accuracy']:.2%}" in table
    assert imageio.imread("near.png").shape == (8 * 58 + 2, 10 * 58 + 2)

    run_command("evaluate", mnist_sampler, *scored, "--json")
    result = json.loads(capsys.readouterr().out)
    distances = result["scores"]["frechet_distance"]
    assert len(distances["generated"]) == len(distances["real"]) == 2
    assert min(distances["generated"]) > 2 * max(distances["real"]) > 0
    assert f"{np.mean(distances['generated']):.4g} ± " in table

    # The same pictures from a file score the same.
    loaded = tf.saved_model.load(str(mnist_sampler))
    pictures = [loaded.sample(50, seed)["images"] for seed in range(2)]
    np.save("made.npy", np.concatenate(pictures))
    run_command("evaluate", "made.npy", "--dataset", "mnist", *scored, "--json")
    assert json.loads(capsys.readouterr().out)["scores"] == result["scores"]


def test_the_test_images_themselves_score_best(data_dir, capsys):
    np.save("real.npy", load_images("digits", "test")[:100])
    run_command(
        "evaluate", "real.npy", "--dataset", "mnist", "--data-dir", data_dir, "-n", 100
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 set of 100 pictures, against as many test images of")
    scores = {line.split()[0]: line.split()[1] for line in lines[3:-1]}
    assert float(scores["frechet_distance"]) == pytest.approx(0, abs=1e-6)
    assert scores["precision"] == scores["recall"] == scores["coverage"] == "1"
    assert "±" not in "".join(lines)
    copies = load_images("digits")[:20]
    np.save("copies.npy", copies)
    scored = ["--dataset", "mnist", "--data-dir", data_dir, "-n", 20]
    run_command("evaluate", "copies.npy", *scored, "--neighbours", "near.png")
    rows = [half[i : i + 10] for i in (0, 10) for half in (copies, copies)]
    expected = image_grid(np.concatenate(rows), 10)
    np.testing.assert_array_equal(imageio.imread("near.png"), expected)


def test_errors_of_evaluate(sampler, mnist_sampler, data_dir, tmp_path, capsys):
    def error(*arguments):
        return refused(capsys, "evaluate", *arguments, "--data-dir", data_dir)

    assert "Say --dataset mnist" in error(sampler)
    assert "'digits' cannot be scored" in error(sampler, "--dataset", "digits")
    assert "choose a number from 10 to 179" in error(mnist_sampler, "-n", 500)
    assert "not (50, 8, 8, 1)" in error(sampler, "--dataset", "mnist", "-n", 50)
    np.save("few.npy", np.zeros((20, 28, 28, 1)))
    few = ["few.npy", "--dataset", "mnist"]
    assert "holds 20 pictures, fewer than the 50" in error(*few, "-n", 50)
    np.save("few.npy", np.full((20, 28, 28, 1), 7.0))
    assert "must lie in [0, 1]" in error(*few, "-n", 20)
    (tmp_path / "few.npy").write_text("no array")
    assert "few.npy cannot be read" in error(*few)
    assert "must end in .png" in error(*few, "--neighbours", "near.jpg")
