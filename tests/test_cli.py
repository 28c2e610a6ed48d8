import csv
import json
import shutil
import subprocess
import sys

import imageio.v3 as imageio
import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import tiny_wgan

import wgan_keras
from wgan_keras import WGAN
from wgan_keras import Classifier
from wgan_keras import build_critic
from wgan_keras import build_generator
from wgan_keras import cli
from wgan_keras import files
from wgan_keras import load_images
from wgan_keras import load_model
from wgan_keras.datasets import load_labels
from wgan_keras.plots import image_grid

SMALL = ["--width", "2", "--latent-dim", "4", "--batch-size", "8", "--steps", "3"]


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    keras.mixed_precision.set_global_policy("float32")


def run(*arguments):
    cli.main([str(argument) for argument in arguments])


def refused(capsys, *arguments):
    """Runs a command that must fail, and returns its one line of error."""
    with pytest.raises(SystemExit) as exit_:
        run(*arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def sampler(tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "sampler"
    tiny_wgan().export_sampler(path)
    return path


# === train ===


@pytest.mark.parametrize("model", ["wgan", "dcgan"])
def test_train_leaves_a_whole_run(model, capsys, tmp_path):
    run("train", "--model", model, *SMALL, "--out", "runs/one")
    folder = tmp_path / "runs" / "one"
    assert sorted(path.name for path in folder.iterdir()) == [
        "checksums.json",
        "config.json",
        "curve.png",
        "history.csv",
        "model.keras",
        "report.html",
        "sampler",
        "samples.png",
        "training-frames",
        "training.gif",
    ]
    settings = json.loads((folder / "config.json").read_text())
    assert settings["model"] == model
    assert settings["steps"] == 3
    recipe = cli.RECIPES["recommended"]["clip" if model == "wgan" else "dcgan"]
    assert settings["learning_rate"] == recipe["learning_rate"]
    assert f"learning_rate={settings['learning_rate']}" in capsys.readouterr().out
    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert any(name.startswith("val_") and rows[-1][name] for name in rows[0])
    assert len(imageio.imread(folder / "training.gif", index=None)) == 4
    loaded = load_model(folder / "model.keras")
    assert loaded.steps_done.numpy() == 3

    run("sample", folder, "-n", 5, "--seed", 9, "--out", "five.npy")
    np.testing.assert_allclose(np.load("five.npy"), loaded.sample(5, seed=9), atol=1e-5)
    run("info", folder)
    printed = capsys.readouterr().out
    assert f"model: {model}" in printed
    assert "step: 3" in printed
    assert "sample_range(" in printed


def test_options_reach_the_training(tmp_path):
    options = ["--n-critic", "3", "--clip", "0.02", "--learning-rate", "0.001"]
    options += ["--mixed-precision", "--average-decay", "0.9", "--seed", "5"]
    run("train", *SMALL[:-2], "--epochs", "2", "--batch-size", "200", *options)
    model = load_model(tmp_path / "runs" / "wgan-digits" / "model.keras")
    assert model.n_critic == 3
    assert model.lipschitz.clip_value == 0.02
    assert float(model.critic_optimizer.learning_rate) == pytest.approx(0.001)
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.average_decay == 0.9
    assert model.seed == 5
    assert model.steps_done.numpy() == 2 * (1618 // 600)


@pytest.mark.parametrize(
    ("name", "strategy"), [("gp", "GradientPenalty"), ("sn", "SpectralNormalization")]
)
def test_other_lipschitz_strategies(tmp_path, name, strategy):
    run("train", *SMALL, "--lipschitz", name, "--out", "run")
    model = load_model(tmp_path / "run" / "model.keras")
    assert type(model.lipschitz).__name__ == strategy
    assert model.critic_optimizer.beta_1 == 0


def test_the_same_seed_gives_the_same_run(tmp_path):
    for out in ("a", "b"):
        run("train", *SMALL, "--out", out)
    for file in ("history.csv", "training.gif"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_train_on_a_folder_and_an_array(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(12):
        picture = rng.integers(0, 256, (9, 12, 3), np.uint8)
        imageio.imwrite(tmp_path / "pictures" / f"{number}.png", picture)
    run("train", "--dataset", "pictures", "--image-shape", "16x16x3", *SMALL)
    np.save("array.npy", rng.integers(0, 256, (20, 8, 8), np.uint8))
    run("train", "--dataset", "array.npy", *SMALL)
    shapes = [
        imageio.imread(tmp_path / "runs" / name / "samples.png").ndim
        for name in ("wgan-pictures", "wgan-array")
    ]
    assert shapes == [3, 2]


def test_a_run_is_not_overwritten_in_silence(tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years")
    assert "--overwrite" in refused(capsys, "train", *SMALL, "--out", mine)
    error = refused(capsys, "train", *SMALL, "--out", mine, "--overwrite")
    assert "is not a run of this program" in error
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]

    run("train", *SMALL, "--out", "run")
    (tmp_path / "run" / "left-over").write_text("")
    for wrong in (["--dataset", "nmist"], ["--clip", "-1"]):
        refused(capsys, "train", *SMALL, *wrong, "--out", "run", "--overwrite")
    assert (tmp_path / "run" / "model.keras").exists()  # an error loses nothing
    assert "not empty" in refused(capsys, "train", *SMALL, "--out", "run")
    run("train", *SMALL, "--out", "run", "--overwrite")
    assert not (tmp_path / "run" / "left-over").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "nmist"], "error: No data set 'nmist'"),
        (["--data-dir", "nowhere", "--dataset", "mnist"], "'nowhere' does not exist"),
        (["--clip", "-1"], "clip_value must be a number above 0"),
        (["--clip", "0.1", "--model", "dcgan"], "--lipschitz and --clip are for a WGAN"),
        (["--clip", "0.1", "--lipschitz", "gp"], "--clip goes with --lipschitz clip only"),
        (["--learning-rate", "0"], "--learning-rate must lie between"),
        (["--average-decay", "2"], "average_decay must lie between 0 and 1"),
        (["--n-critic", "0"], "must be a whole number from 1, not 0"),
        (["--seed", "-1"], "must be a whole number from 0, not -1"),
        (["--steps", "many"], "must be a whole number from 1, not many"),
        (["--epochs", "1", "--steps", "1"], "not allowed with"),
        (["--image-shape", "32"], "must be like 32x32x3"),
    ],
)
def test_errors_of_train(capsys, tmp_path, arguments, message):
    assert message in refused(capsys, "train", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_picture_in_a_streamed_folder_is_named(tmp_path, capsys, monkeypatch):
    from wgan_keras import datasets

    monkeypatch.setattr(datasets, "STREAM_ABOVE", 100)
    (tmp_path / "pictures").mkdir()
    for number in range(12):
        picture = np.full((8, 8), number, np.uint8)
        imageio.imwrite(tmp_path / "pictures" / f"{number:02}.png", picture)
    (tmp_path / "pictures" / "07.png").write_bytes(b"damaged")
    arguments = ["--dataset", "pictures", "--image-shape", "8x8x1", *SMALL]
    assert "07.png cannot be read as a picture" in refused(capsys, "train", *arguments)


# === sample and info ===


def test_sample_writes_pictures_arrays_and_walks(sampler, tmp_path):
    for name in ("a.png", "a.npy", "a.npz", "a.gif"):
        run("sample", sampler, "-n", 6, "--seed", 2, "--out", name)
    array = np.load("a.npy")
    assert array.shape == (6, 8, 8, 1)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(np.load("a.npz")["images"], array)
    assert imageio.imread("a.png").shape == (60, 6 * 58 + 2)
    assert len(imageio.imread("a.gif", index=None)) == 6 + 4


def test_errors_of_sample_and_info(sampler, tmp_path, capsys):
    assert "must end in .png" in refused(capsys, "sample", sampler, "--out", "a.txt")
    assert "neither a sampler nor a run" in refused(capsys, "sample", tmp_path)
    assert "neither a sampler nor a run" in refused(capsys, "info", tmp_path / "nothing")
    (tmp_path / "mine.png").write_text("")
    error = refused(capsys, "sample", sampler, "--out", "mine.png")
    assert "mine.png exists" in error
    run("sample", sampler, "--out", "mine.png", "--overwrite", "-n", 1)
    assert imageio.imread("mine.png").any()


def test_a_saved_model_of_another_kind_is_refused(tmp_path, capsys):
    import tensorflow as tf

    tf.saved_model.save(tf.Module(), str(tmp_path / "other"))
    assert "but not a sampler" in refused(capsys, "sample", "other")


def test_arrays_stream_to_the_disk(sampler, capsys, monkeypatch):
    """A batch is written before the next is drawn, and gone when it is."""
    import weakref

    from wgan_keras.sampling import ExportedSampler

    batches_made, alive = [], []

    def batches(self, seed, count):
        for start in range(0, count, 1000):
            batch = np.full((1000, 8, 8, 1), start / count, np.float32)
            batches_made.append(weakref.ref(batch))
            alive.append(sum(made() is not None for made in batches_made))
            yield batch

    monkeypatch.setattr(ExportedSampler, "batches", batches)
    for name in ("a.npy", "a.npz"):
        run("sample", sampler, "-n", 20_000, "--out", name)
    assert max(alive) == 2  # the one that is drawn, and the loop's last
    assert len(alive) == 40
    array = np.load("a.npy")
    assert array.shape == (20_000, 8, 8, 1)
    np.testing.assert_array_equal(
        array[:, 0, 0, 0], np.repeat(np.arange(0, 1, 0.05), 1000).astype(np.float32)
    )
    np.testing.assert_array_equal(np.load("a.npz")["images"], array)
    for kind in ("png", "gif"):
        error = refused(capsys, "sample", sampler, "-n", 20_000, "--out", f"a.{kind}")
        assert f"A .{kind} of 20000 pictures is too large to look at" in error


def test_what_a_sampler_says_gives_a_terminal_no_orders(tmp_path, capsys):
    tiny_wgan().export_sampler(tmp_path / "a", dataset="\x1b[2Jmnist\x9b1m")
    run("info", "a")
    run("sample", "a", "-n", 1)
    printed = "".join(capsys.readouterr())
    assert "\x1b" not in printed
    assert "\x9b" not in printed
    assert printed.count("\\x1b[2Jmnist") == 2


def test_info_of_a_sampler(sampler, capsys):
    run("info", sampler)
    printed = capsys.readouterr().out
    assert (
        f"SHA-256 of its manifest: {files.checksum(sampler / 'checksums.json')}" in printed
    )
    assert f"package: wgan_keras {wgan_keras.__version__}" in printed
    assert "seed: 0" in printed
    assert "image_shape: [8, 8, 1]" in printed
    assert "sample(n: int64, seed: int64)" in printed


def test_info_of_an_unfinished_run(tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"model": "wgan", "version": "0", "steps": 9}')
    run("info", tmp_path)
    assert "has not finished" in capsys.readouterr().out
    (tmp_path / "history.csv").write_text("")
    run("info", tmp_path)
    assert "no step yet" in capsys.readouterr().out


def test_a_training_that_breaks_is_no_success(capsys, tmp_path, monkeypatch):
    from wgan_keras.models import wgan

    monkeypatch.setattr(wgan, "critic_loss", lambda real, fake: float("nan") * fake[0, 0])
    error = refused(capsys, "train", *SMALL, "--out", "run")
    assert "training broke down" in error
    assert "critic_loss" in error
    assert (tmp_path / "run" / "curve.png").exists()
    assert not (tmp_path / "run" / "sampler").exists()


def test_an_interruption_is_no_traceback(capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_refuse_used", interrupted)
    with pytest.raises(SystemExit) as exit_:
        run("train")
    assert exit_.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_damaged_sampler_is_named(sampler, tmp_path, capsys):
    shutil.copytree(sampler, "copy")
    for file in (tmp_path / "copy" / "variables").iterdir():
        file.write_bytes(file.read_bytes()[:20])
    assert "is damaged or was changed" in refused(capsys, "sample", "copy")
    (tmp_path / "copy" / "checksums.json").unlink()  # as an older version left it
    assert "copy is damaged: it cannot be loaded" in refused(capsys, "sample", "copy")


# === compare ===


def test_compare_trains_models_alike(capsys, tmp_path, data_dir):
    options = ["--dataset", "mnist", "--data-dir", data_dir, *SMALL]
    run("compare", "--models", "dcgan,wgan-gp", *options, "--out", "both")
    printed = capsys.readouterr().out.splitlines()
    assert printed[-4].startswith(
        "model dcgan, generator steps 3, critic steps each 1, sec"
    )
    assert printed[-3].startswith("model wgan-gp, generator steps 3, critic steps each 1")
    assert printed[-2].startswith("model real images, Fréchet distance ")
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == [
        "comparison.gif",
        "comparison.json",
        "config.json",
        "dcgan",
        "report.html",
        "wgan-gp",
    ]
    one, other = (
        json.loads((tmp_path / "both" / name / "config.json").read_text())
        for name in ("dcgan", "wgan-gp")
    )
    same = ["steps", "batch_size", "width", "latent_dim", "average_decay", "seed"]
    assert [one[name] for name in same] == [other[name] for name in same]
    assert (one["method"], other["method"]) == ("dcgan", "gp")
    assert "--overwrite" in refused(capsys, "compare", *options, "--out", "both")
    run("compare", "--models", "wgan", *options, "--out", "both", "--overwrite")
    assert not (tmp_path / "both" / "dcgan").exists()


@pytest.mark.parametrize("models", ["wgan,gan", "wgan,wgan", ""])
def test_compare_needs_models_that_differ(capsys, models):
    assert "must be different ones of wgan," in refused(
        capsys, "compare", "--models", models
    )


# === evaluate ===


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """Digits under the name of MNIST, whose size they have."""
    path = tmp_path_factory.mktemp("data")
    split = {split: load_images("digits", split) for split in ("train", "test")}
    labels = {split: load_labels("digits", split) for split in ("train", "test")}
    arrays = {f"x_{name}": images for name, images in split.items()}
    arrays |= {f"y_{name}": values for name, values in labels.items()}
    np.savez(path / "mnist.npz", **arrays)
    return path


@pytest.fixture(scope="session")
def mnist_sampler(tmp_path_factory):
    path = tmp_path_factory.mktemp("mnist") / "sampler"
    generator = build_generator(latent_dim=4, width=2)
    tiny = WGAN(generator, build_critic(width=2))
    tiny.export_sampler(path, dataset="mnist")
    return path


def test_evaluate_scores_made_beside_real_pictures(
    mnist_sampler, data_dir, tmp_path, capsys
):
    scored = ["--data-dir", data_dir, "-n", 50, "--sets", 2]
    run("evaluate", mnist_sampler, *scored, "--neighbours", "near.png")
    table = capsys.readouterr().out
    about = Classifier.shipped("mnist").about
    assert about["sha256"] in table
    assert f"{about['test_accuracy']:.2%}" in table
    assert imageio.imread("near.png").shape == (8 * 58 + 2, 10 * 58 + 2)

    run("evaluate", mnist_sampler, *scored, "--json")
    result = json.loads(capsys.readouterr().out)
    distances = result["scores"]["frechet_distance"]
    assert len(distances["made"]) == len(distances["real"]) == 2
    assert min(distances["made"]) > 2 * max(distances["real"]) > 0
    assert f"{np.mean(distances['made']):.4g} ± " in table

    # The same pictures from a file score the same.
    loaded = tf.saved_model.load(str(mnist_sampler))
    pictures = [loaded.sample(50, seed)["images"] for seed in range(2)]
    np.save("made.npy", np.concatenate(pictures))
    run("evaluate", "made.npy", "--dataset", "mnist", *scored, "--json")
    assert json.loads(capsys.readouterr().out)["scores"] == result["scores"]


def test_the_test_images_themselves_score_best(data_dir, capsys):
    np.save("real.npy", load_images("digits", "test")[:100])
    run("evaluate", "real.npy", "--dataset", "mnist", "--data-dir", data_dir, "-n", 100)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 set of 100 pictures, against as many test images of")
    scores = {line.split()[0]: line.split()[1] for line in lines[3:-1]}
    assert float(scores["frechet_distance"]) == pytest.approx(0, abs=1e-6)
    assert scores["precision"] == scores["recall"] == scores["coverage"] == "1"
    assert "±" not in "".join(lines)
    copies = load_images("digits")[:20]
    np.save("copies.npy", copies)
    scored = ["--dataset", "mnist", "--data-dir", data_dir, "-n", 20]
    run("evaluate", "copies.npy", *scored, "--neighbours", "near.png")
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


# === distances and demo ===


def test_distances_prints_all_with_their_meaning(capsys, tmp_path):
    run("distances", "0.5,0.5", "0.75,0.25")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["KL(P‖Q)", "KL(Q‖P)", "JS", "TV", "EM"]
    values = [float(line.split()[1]) for line in lines]
    expected = [0.143841, 0.130812, 0.033822, 0.25, 0.25]
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert all(len(line.split()) > 4 for line in lines)
    open("empty.npy", "w").close()
    assert "empty.npy is neither" in refused(capsys, "distances", "empty.npy", "1")
    np.save("p.npy", [1, 1])
    (tmp_path / "q.csv").write_text("3,1")
    run("distances", "p.npy", "q.csv")
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ("0.5,half", "1,1", "0.5,half is neither a list of numbers"),
        ("nofile.npy", "1,1", "nofile.npy is neither a list of numbers"),
        ("/dev/zero", "1,1", "/dev/zero is neither a list of numbers"),
        ("x" * 300, "1,1", "is neither a list of numbers"),
        ("1,-1", "1,1", "p must hold probabilities"),
        ("1,1,1", "1,1", "of equal length, not 3 and 2"),
    ],
)
def test_errors_of_distances(capsys, p, q, message):
    assert message in refused(capsys, "distances", "--", p, q)


def test_demo_lists_and_draws(capsys, tmp_path):
    run("demo", "--list")
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert "parallel-lines" in names
    run("demo", "moving-earth", "--out", "earth.png")
    assert "earth_mover: 1.6" in capsys.readouterr().out
    assert imageio.imread("earth.png").ndim == 3
    assert "earth.png exists" in refused(
        capsys, "demo", "moving-earth", "--out", "earth.png"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Which demo?"),
        (["nothing"], "No demo 'nothing'"),
        (["moving-earth", "--out", "a.txt"], "must end in .png"),
        (["moving-earth", "--out", "a.gif"], "Nothing moves in moving-earth"),
    ],
)
def test_errors_of_demo(capsys, arguments, message):
    assert message in refused(capsys, "demo", *arguments)


# === As a process ===


def test_help_needs_neither_tensorflow_nor_numpy():
    program = "import sys, wgan_keras.cli as c\ntry: c.main(['--help'])\nfinally: "
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
