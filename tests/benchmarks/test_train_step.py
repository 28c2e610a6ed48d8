import sys
from pathlib import Path

import numpy as np
import pytest

from wgan_keras import load_images
from wgan_keras.runs.building import build_model


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    import train_step

    yield train_step
    for name in ("train_step", "runs", "pytorch_gan"):
        sys.modules.pop(name, None)


def test_a_machine_that_slows_down_changes_no_ratio(benchmark):
    slower = np.linspace(1, 5, 15)
    ms = {"fit": list(10 * slower), "torch": list(13 * slower)}
    middle, spread = benchmark.ratio_of({"ms": ms}, "torch", "fit")
    assert middle == pytest.approx(1.3) and spread == pytest.approx(0, abs=1e-9)


def test_pairs_that_disagree_are_marked(benchmark):
    quiet = {"ms": {"fit": [10.0] * 6, "torch": [12.0, 12.1, 12.0, 12.1, 12.0, 12.0]}}
    busy = {"ms": {"fit": [10.0] * 6, "torch": [12.0, 15.0, 10.0, 18.0, 12.0, 14.0]}}
    assert benchmark.said_ratio(quiet, "torch", "fit") == "1.20 (1%)"
    assert benchmark.said_ratio(busy, "torch", "fit").endswith("%!)")


def test_classes_of_operators_share_a_step(benchmark):
    found = {"MklNativeConv2D": 6.0, "ReluGrad": 1.0, "AssignVariableOp": 1.0, "Mul": 2.0}
    shares = benchmark.by_class(found)
    assert shares["convolutions and products"] == pytest.approx(0.6)
    assert shares["activations"] == shares["reading and writing weights"]
    assert shares["other arithmetic"] == pytest.approx(0.2)
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["fit", "bare"])
def test_a_way_takes_turns(benchmark, way, monkeypatch):
    try:
        load_images("mnist")
    except FileNotFoundError:
        pytest.skip("mnist is not at hand")
    monkeypatch.setattr(benchmark, "TURN", 0.1)
    one = benchmark.Way(way, "clip", cores=1)
    assert one.steps >= 3 and 0 < one.turn() < 60_000
    one.stop()
    assert one.process.returncode == 0


@pytest.mark.parametrize("case", ["dcgan", "clip", "gp", "sn"])
def test_pytorch_has_the_same_networks_and_learns(benchmark, case):
    pytest.importorskip("torch")
    from pytorch_gan import Training

    settings = benchmark.settings_of(case)
    training = Training(settings, load_images("digits"))
    model = build_model(settings)
    for theirs, ours in (
        (training.generator, model.generator),
        (training.adversary, model.adversary),
    ):
        count = sum(parameter.numel() for parameter in theirs.parameters())
        assert count == sum(int(np.prod(w.shape)) for w in ours.trainable_variables)
    before = [p.detach().clone() for p in training.generator.parameters()]
    losses = [float(training.step()) for _ in range(3)]
    assert np.isfinite(losses).all()
    after = list(training.generator.parameters())
    assert not any(bool((a == b).all()) for a, b in zip(after, before, strict=True))
    pictures = training.sample(5)
    assert pictures.shape == (5, 28, 28, 1)
    assert -0.001 < pictures.min() < pictures.max() < 1.001
