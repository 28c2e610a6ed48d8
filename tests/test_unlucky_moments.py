"""What a file that was changed, a number too large or an unlucky moment can still do."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from wgan_keras import Comparison
from wgan_keras import Run
from wgan_keras import Settings
from wgan_keras import UserError
from wgan_keras import earth_mover
from wgan_keras import earth_mover_on_line
from wgan_keras import load_images
from wgan_keras.cli.main import main
from wgan_keras.data.folder import ImageFolder
from wgan_keras.files import locked
from wgan_keras.files import write_manifest
from wgan_keras.fitting.checkpoints import pack_checkpoint
from wgan_keras.nets.networks import build_critic
from wgan_keras.nets.networks import build_generator
from wgan_keras.nets.networks import count_numbers

TINY = {"width": 2, "latent_dim": 4, "batch_size": 8}


@pytest.fixture
def stopped(tmp_path):
    """A run of 12 steps, stopped after 6 with a checkpoint of each second step."""
    import keras

    run = Run.create(tmp_path / "run", Settings(steps=12, **TINY))

    def stop(batch, logs):
        if int(run.model.steps_done.numpy()) == 6:
            os.kill(os.getpid(), signal.SIGTERM)

    watch = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    with pytest.raises(KeyboardInterrupt, match="go on with"):
        run.train([watch], verbose=False, checkpoint_steps=2)
    return run.folder


def resume(folder):
    return Run.open(folder).train(verbose=False)


# === A run's files ===


def test_a_stopped_run_goes_on_from_its_own_table(stopped):
    assert len(resume(stopped).history["step"]) == 12


def _edit(path):
    lines = path.read_text().splitlines(keepends=True)
    cells = lines[3].split(",")
    cells[2] = "0.25"
    lines[3] = ",".join(cells)
    path.write_text("".join(lines))


def _cut(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_edit, r"history\.csv was changed .* row 3 is not the same"),
        (_cut, r"history\.csv was changed .* row 4 is not the same"),
        (lambda path: path.unlink(), r"history\.csv is missing"),
    ],
)
def test_a_table_that_was_changed_is_not_resumed(change, message, stopped):
    change(stopped / "history.csv")
    with pytest.raises(UserError, match=message):
        resume(stopped)


def test_a_damaged_frame_is_named(stopped):
    frame = sorted((stopped / "training-frames").glob("*.png"))[0]
    frame.write_bytes(b"not a picture")
    with pytest.raises(UserError, match=rf"{frame.name} is damaged"):
        resume(stopped)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": "fast"}, r"config\.json.* is damaged"),
        ({"width": -3}, "width must be a whole number"),
        ({"dataset": "mnist-of-mine"}, "No data set 'mnist-of-mine'"),
        ({"seed": 5}, "seed was 0, and is 5 now"),
    ],
)
def test_a_tampered_configuration_is_refused_even_with_its_manifest(
    change, message, stopped
):
    path = stopped / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    write_manifest(stopped, ["config.json"])
    with pytest.raises(UserError, match=message):
        resume(stopped)


def test_a_changed_configuration_is_refused_with_one_piece_of_advice(stopped):
    path = stopped / "config.json"
    path.write_text(path.read_text().replace('"steps": 12', '"steps": 13'))
    with pytest.raises(UserError, match="Put the original back") as refusal:
        resume(stopped)
    assert "remove" not in str(refusal.value)


def test_a_checkpoint_with_a_new_checksum_is_named(stopped):
    newest = sorted((stopped / "checkpoints").glob("*.checkpoint"))[-1]
    for content in (pack_checkpoint({"0": np.zeros(3)}), None):
        if content is None:
            content = hashlib.sha256(b"text").digest() + b"text"
        newest.write_bytes(content)
        with pytest.raises(UserError, match=f"{newest.name} has the right checksum, but"):
            resume(stopped)


def test_a_second_comparison_in_one_folder_is_refused(tmp_path):
    settings = [Settings(steps=2, **TINY)]
    comparison = Comparison.create(tmp_path / "both", settings)
    with locked(comparison.folder):
        with pytest.raises(BlockingIOError, match="in use by another process"):
            comparison.train(verbose=False)
        with pytest.raises(BlockingIOError, match="in use by another process"):
            Comparison.create(comparison.folder, settings, overwrite=True)


# === Signals ===


def _program(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "wgan_keras", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_twice_ends_with_130_and_no_traceback(tmp_path):
    training = _program("train", "--width", 2, "--latent-dim", 4, "--out", tmp_path / "run")
    for line in training.stdout:
        if line.startswith("step"):
            break
    training.send_signal(signal.SIGINT)
    time.sleep(0.05)
    training.send_signal(signal.SIGINT)
    _, error = training.communicate(timeout=120)
    assert training.returncode == 130
    assert "Traceback" not in error
    assert "go on with: python -m wgan_keras train --resume" in error


def test_an_array_that_is_not_finished_leaves_nothing(tmp_path):
    target = tmp_path / "many.npy"
    drawing = _program("sample", "mnist", "-n", 1_000_000, "--out", target)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".unfinished-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    drawing.send_signal(signal.SIGTERM)
    _, error = drawing.communicate(timeout=60)
    assert drawing.returncode == 130
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


# === Numbers that are too large ===


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"batch_size": 2**31 - 1}, "batch_size=2147483647"),
        ({"width": 10**8}, "width=100000000"),
        ({"latent_dim": 2**31 - 1}, "latent_dim=2147483647"),
        ({"n_critic": 2**31 - 1}, "n_critic=2147483647"),
    ],
)
def test_a_training_that_cannot_fit_into_memory_is_computed_not_tried(
    settings, named, tmp_path
):
    with pytest.raises(UserError, match=named):
        Run.create(tmp_path / "run", Settings(**settings))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (64, 48, 3)])
def test_the_weights_that_are_computed_are_those_of_the_networks(shape):
    networks = build_generator(shape, 5, 3), build_critic(shape, 3)
    kernels = [w for network in networks for w in network.weights if w.name == "kernel"]
    counted, _ = count_numbers(shape, 5, 3)
    assert counted == sum(int(np.prod(kernel.shape)) for kernel in kernels)


def test_pictures_that_do_not_fit_on_the_disk_are_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["sample", "mnist", "-n", str(2**31 - 1), "--out", str(tmp_path / "a.npy")])
    assert "6734508716992 bytes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_pictures_larger_than_memory_are_refused(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="30000000000 bytes of a picture"):
        ImageFolder(tmp_path, (100_000, 100_000, 3))


# === Pictures ===


def _decoded(image, path, channels=3):
    image.save(path)
    return load_images(path.parent, image_shape=(4, 4, channels))[0]


def test_transparent_pixels_show_white(tmp_path):
    (tmp_path / "a").mkdir()
    image = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    assert _decoded(image, tmp_path / "a" / "a.png").tolist() == [[[255] * 3] * 4] * 4
    (tmp_path / "b").mkdir()
    image = Image.new("LA", (4, 4), (0, 0))
    assert (_decoded(image, tmp_path / "b" / "b.png", 1) == 255).all()
    (tmp_path / "c").mkdir()
    image = Image.new("RGBA", (4, 4), (100, 0, 0, 128))
    pixel = _decoded(image, tmp_path / "c" / "c.png")[0, 0]
    np.testing.assert_allclose(pixel, [177, 127, 127], atol=1)  # half red, half white


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_of_32_bits_are_refused_by_name(dtype, tmp_path):
    image = Image.fromarray(np.full((4, 4), 100, dtype))
    with pytest.raises(UserError, match=r"deep\.tif .* mode '[IF]' holds 32-bit numbers"):
        _decoded(image, tmp_path / "deep.tif")


def test_sixteen_bits_are_scaled_and_twelve_in_them_refused(tmp_path):
    (tmp_path / "a").mkdir()
    image = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    assert (_decoded(image, tmp_path / "a" / "a.png", 1) == 40_000 >> 8).all()
    (tmp_path / "b").mkdir()
    image = Image.fromarray(np.full((4, 4), 4000, np.uint16))
    with pytest.raises(UserError, match=r"twelve\.png .* the lowest 12"):
        _decoded(image, tmp_path / "b" / "twelve.png", 1)


def test_a_folder_is_decoded_in_its_order_by_several_threads(tmp_path):
    for shade in range(100):
        Image.new("L", (4, 4), shade).save(tmp_path / f"{shade:03d}.png")
    folder = ImageFolder(tmp_path, (4, 4, 1))
    order = np.random.default_rng(0).permutation(100)
    assert folder[order][:, 0, 0, 0].tolist() == order.tolist()


# === Numbers ===


def test_on_a_line_the_closed_form_is_the_cheapest_plan():
    rng = np.random.default_rng(0)
    for size in (1, 2, 5, 40):
        for _ in range(10):
            p, q = rng.random(size), rng.random(size)
            assert earth_mover_on_line(p, q) == pytest.approx(
                earth_mover(p, q)[0], abs=1e-12
            )


def test_a_million_places_are_compared_without_a_plan(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for name in ("p", "q"):
        np.save(tmp_path / f"{name}.npy", rng.random(1_000_000))
    main(["distances", str(tmp_path / "p.npy"), str(tmp_path / "q.npy")])
    assert "EM" in capsys.readouterr().out


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.float32])
def test_counts_of_any_kind_are_distributions(dtype, tmp_path, capsys):
    np.save(tmp_path / "p.npy", np.array([1, 0, 1], dtype))
    main(["distances", str(tmp_path / "p.npy"), "0.5,0,0.5"])
    assert capsys.readouterr().out.count(" 0 ") >= 5  # all five distances are 0


def test_a_negative_number_is_refused_as_one(capsys):
    with pytest.raises(SystemExit):
        main(["distances", "-1,2", ".5,.5"])
    assert "not negative" in capsys.readouterr().err


# === Output ===


def _shell(command, **environment):
    return subprocess.run(
        ["bash", "-c", command.replace("wgan", f"{sys.executable} -m wgan_keras")],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
    )


def test_output_may_be_cut_off_closed_or_of_few_signs():
    listed = _shell("set -o pipefail; wgan info mnist | head -1")
    assert listed.stdout.startswith("sampler")
    assert "Traceback" not in listed.stderr
    closed = _shell("wgan distances 1,2 2,1 >&-; echo done with $?")
    assert closed.stdout == "done with 0\n"
    assert closed.stderr == ""
    few = _shell("wgan distances 1,2 2,1", PYTHONIOENCODING="latin-1")
    assert few.returncode == 0
    assert "KL(P?Q)" in few.stdout


def test_what_is_meant_for_pasting_is_quoted(tmp_path, capsys):
    folder = tmp_path / "my runs"
    run = ["train", "--steps", "2", "--width", "2", "--latent-dim", "4"]
    main([*run, "--out", str(folder)])
    assert f"wgan_keras sample '{folder}' -n 64" in capsys.readouterr().out


def test_a_mistake_of_the_packages_own_is_not_called_the_users(monkeypatch, capsys):
    def fail(*arguments):
        raise ValueError("nobody thought of this")

    monkeypatch.setattr("wgan_keras.theory.distances.kl_divergence", fail)
    with pytest.raises(SystemExit) as end:
        main(["distances", "1,2", "2,1"])
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert "a mistake in wgan_keras, and not yours" in error
    assert "Traceback" not in error
    with pytest.raises(SystemExit):
        main(["distances", "--debug", "1,2", "2,1"])
    assert "Traceback" in capsys.readouterr().err
