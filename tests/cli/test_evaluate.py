import json

import imageio.v3 as imageio
import numpy as np
import pytest
import tensorflow as tf
from helpers import refused
from helpers import run_command

from wgan_keras import Classifier
from wgan_keras import RandomNetwork
from wgan_keras import load_images
from wgan_keras.evaluation import classifier as classifiers
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
    assert "choose a number from 10 to 179" in error(mnist_sampler, "-n", 500)
    of_another_shape = error(sampler, "--dataset", "mnist", "-n", 50)
    assert "(8, 8, 1), but the real images of 'mnist' have (28, 28, 1)" in of_another_shape
    assert "No data set 'nowhere'" in error(sampler, "--dataset", "nowhere")
    np.save("few.npy", np.zeros((20, 28, 28, 1)))
    few = ["few.npy", "--dataset", "mnist"]
    assert "holds 20 pictures, fewer than the 50" in error(*few, "-n", 50)
    np.save("few.npy", np.zeros((0, 28, 28, 1)))
    assert "holds 0 pictures, fewer than the 10" in error(*few)
    np.save("few.npy", np.full((20, 28, 28, 1), 7.0))
    assert "must lie in [0, 1]" in error(*few, "-n", 20)
    (tmp_path / "few.npy").write_text("no array")
    assert "few.npy cannot be read" in error(*few)
    assert "must end in .png" in error(*few, "--neighbours", "near.jpg")


def test_pictures_are_scored_against_a_folder(sampler, tmp_path, capsys):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, image in enumerate(load_images("digits")[:200, ..., 0]):
        imageio.imwrite(folder / f"{index}.png", image)
    run_command("evaluate", sampler, "--dataset", folder, "--neighbours", "near.png")
    lines = capsys.readouterr().out.splitlines()
    checksum = RandomNetwork((8, 8, 1)).about["sha256"]
    assert lines[0].startswith("3 sets of 20 pictures, against as many test images of /")
    assert lines[1].startswith("random network, untrained")
    assert lines[1].endswith(checksum)
    assert not any(line.startswith("class") for line in lines)
    assert imageio.imread("near.png").shape == (4 * 58 + 2, 10 * 58 + 2)

    run_command("evaluate", sampler, "--dataset", folder, "--json")
    result = json.loads(capsys.readouterr().out)
    assert result["dataset"] == str(folder)
    assert result["random_network"]["sha256"] == checksum
    distances = result["scores"]["frechet_distance"]
    assert min(distances["generated"]) > max(distances["real"]) > 0


def test_a_folder_of_folders_trains_a_classifier(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(classifiers, "STEPS", 150)
    for name, bright in (("dark", 0), ("light", 150)):
        (tmp_path / name).mkdir()
        pictures = np.random.default_rng(bright).integers(0, 100, (150, 8, 8), np.uint8)
        for index, picture in enumerate(pictures + np.uint8(bright)):
            imageio.imwrite(tmp_path / name / f"{index}.png", picture)
    np.save("dark.npy", np.zeros((70, 8, 8, 1)))
    run_command("evaluate", "dark.npy", "--dataset", tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 sets of 30 pictures")
    assert "trained on the spot, on 135 labelled images of 2 classes" in lines[1]
    assert "test accuracy 100.00%, SHA-256 " in lines[1]
    scores = {line.split()[0]: line.split()[1:] for line in lines[3:-1]}
    assert scores["classes_missed"] == ["1", "±", "0", "0", "±", "0"]
