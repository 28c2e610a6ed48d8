import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import cdist

from wgan_keras import build_discriminator
from wgan_keras import build_generator


@pytest.fixture
def robustness(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    import robustness

    yield robustness
    for name in ("robustness", "runs"):
        sys.modules.pop(name)


REFERENCE = {
    "real": {"frechet_distance": 0.1, "spread": 10.0, "classes_missed": 0},
    "reduced": {"frechet_distance": 0.2, "spread": 9.0, "classes_missed": 0},
    "shapeless": {"frechet_distance": 60.0, "spread": 10.0, "classes_missed": 9},
}


def measured(frechet_distance=5.0, spread=9.0, classes_missed=0):
    return {
        "frechet_distance": frechet_distance,
        "spread": spread,
        "classes_missed": classes_missed,
    }


# === The criterion ===


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"frechet_distance": 30.0, "spread": 1.0, "classes_missed": 2}, []),
        ({"frechet_distance": 30.1}, ["no shapes"]),
        ({"spread": 0.99}, ["all alike"]),
        ({"classes_missed": 3}, ["classes missed"]),
        ({"frechet_distance": 99.0, "classes_missed": 9}, ["no shapes", "classes missed"]),
    ],
)
def test_collapse_begins_just_beyond_each_limit(robustness, values, expected):
    assert robustness.reasons(measured(**values), REFERENCE) == expected


def test_pictures_that_are_not_finite_have_collapsed(robustness):
    assert robustness.reasons(None, REFERENCE) == ["not finite"]


def test_spread_is_the_root_mean_square_distance_of_all_pairs(robustness):
    images = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), np.uint8)
    points = images.reshape(20, -1) / 255
    expected = np.sqrt((cdist(points, points) ** 2).mean())
    assert robustness.spread(images) == pytest.approx(expected, rel=1e-5)


# === The models ===


def test_without_normalization_leaves_biases_in_its_place(robustness):
    plain = robustness.without_normalization(build_generator(width=8))
    kinds = [type(layer).__name__ for layer in plain.layers]
    assert "BatchNormalization" not in kinds
    assert kinds.count("Conv2DTranspose") == 2 and kinds.count("ReLU") == 2
    assert all(layer.use_bias for layer in plain.layers if layer.weights)
    assert plain.output_shape == (None, 28, 28, 1)


def test_the_minimax_generator_descends_log_of_1_minus_d(robustness):
    model = robustness.minimax_dcgan()(
        build_generator(width=8), build_discriminator(width=8, dropout=0.0)
    )
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    real = tf.zeros((16, *model.image_shape))
    fake = model.generate(model.draw_latents(1, real), training=True)
    probability = tf.sigmoid(model.score(fake, training=True))
    logs = model.train_step(real)
    expected = np.log(1 - probability.numpy()).mean()
    assert float(logs["generator_loss"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("method", ["dcgan-minimax", "gp"])
@pytest.mark.parametrize("condition", ["plain", "mlp"])
def test_a_condition_changes_the_networks_of_every_method(robustness, method, condition):
    settings = robustness.settings_of("mnist", 0, condition, method)
    model = robustness.build(settings, condition, method)
    layers = [type(layer) for layer in model.generator.layers]
    assert keras.layers.BatchNormalization not in layers
    assert layers.count(keras.layers.Dense) == (5 if condition == "mlp" else 1)
    norms = (keras.layers.BatchNormalization, keras.layers.GroupNormalization)
    has_norm = any(isinstance(layer, norms) for layer in model.adversary.layers)
    assert has_norm == (condition == "mlp")
    assert float(model.optimizer.learning_rate) == pytest.approx(settings.learning_rate)
    assert (type(model).__name__ == "MinimaxDCGAN") == (method == "dcgan-minimax")


# === The document ===


def result(distance, collapsed=()):
    found = None if distance is None else measured(distance)
    about = {"steps": 500, "machine": "processor"}
    return {"measured": found, "collapsed": list(collapsed)} | about


def test_an_unfinished_grid_begins_with_one_seed_of_mnist(robustness):
    assert len(robustness.RUNS) == 300
    assert {places[:2] for places in list(robustness.RUNS.values())[:35]} == {("mnist", 0)}


def test_a_cell_has_medians_and_the_number_of_collapses(robustness):
    results = {
        "0_mnist_recommended_gp": result(3.0),
        "1_mnist_recommended_gp": result(5.0),
        "2_mnist_recommended_gp": result(None, ["not finite"]),
        "0_fashion-mnist_recommended_gp": result(7.0),
    }
    assert robustness.grid_cell(results, "recommended", "gp") == "5 / 7, **1 collapsed**"
    assert robustness.grid_cell(results, "recommended", "sn") == "– / –"


def test_a_condition_under_which_nothing_trains_says_nothing(robustness):
    results = {
        f"0_mnist_{condition}_{method}": result(
            20.0, ["no shapes"] if condition == "mlp" or method == "dcgan" else []
        )
        for condition in ("recommended", "mlp")
        for method in robustness.METHODS
    }
    summary = robustness.summarize(results)
    assert summary["telling"] == ["recommended"]
    assert summary["collapsed"]["dcgan"] == [1, 1]
    assert summary["collapsed"]["gp"] == [0, 1]
    assert "under these conditions: " in "".join(robustness.findings(results))


def test_the_document_counts_what_the_results_say(robustness):
    results = {
        f"0_mnist_{condition}_{method}": result(
            10.0 if method == "gp" else 20.0, ["all alike"] if method == "clip" else []
        )
        for condition in robustness.CONDITIONS
        for method in robustness.METHODS
    }
    text = robustness.document(
        {
            "machine": "processor",
            "tensorflow": "2",
            "references": {name: REFERENCE for name in robustness.DATASETS},
            "runs": results,
        }
    )
    assert "50 of 300 trainings are done." in text
    assert "**WGAN, clipped**: 10 of 10 trainings collapsed" in text
    assert "**WGAN-GP**: 0 of 10 trainings collapsed.\n" in text
    assert "belongs to WGAN-GP in 10.\n" in text
    assert "How often each was found: *all alike* (10)." in text
    assert "above 30 on MNIST and 30 on Fashion-MNIST" in text


def test_the_document_says_which_methods_were_trained_elsewhere(robustness):
    results = {
        f"0_mnist_recommended_{method}": result(5.0)
        | {"machine": "older one" if method in ("gp", "sn") else "processor"}
        for method in robustness.METHODS
    }
    everything = {"machine": "processor", "runs": results}
    assert robustness.elsewhere(everything) == (
        " The trainings of WGAN-GP and WGAN-SN were repeated on an older one, with as many "
        "steps as they had made on the other."
    )


def test_a_training_makes_as_many_steps_as_it_is_told_to(robustness):
    class Model:
        steps_done = tf.Variable(0)

    model = Model()

    def stepper(model, data):
        return lambda: {"loss": model.steps_done.assign_add(1)}

    robustness.runs.stepper = stepper
    steps, seconds = robustness.train(model, None, budget=0, steps=7)
    assert steps == 7 and seconds > 0
