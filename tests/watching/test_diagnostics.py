import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import SHAPE
from helpers import assert_same_weights
from helpers import normalised_critic
from helpers import tiny_critic
from helpers import tiny_dcgan
from helpers import tiny_generator
from helpers import tiny_wgan

from wgan_keras import DCGAN
from wgan_keras import WGAN
from wgan_keras import Balance
from wgan_keras import CriticDiagnostics
from wgan_keras import HealthCheck
from wgan_keras import LearningCurve
from wgan_keras import WeightClipping
from wgan_keras.nets import latents
from wgan_keras.nets import slopes
from wgan_keras.nets.losses import non_saturating_generator_loss


@pytest.fixture
def diagnostics(images, tmp_path):
    """A function from a model to its diagnostics, ready to measure."""

    def ready(model, **options):
        callback = CriticDiagnostics(
            tmp_path / "critic.csv",
            tmp_path / "critic.png",
            images[:40],
            images[40:],
            **options,
        )
        callback.set_model(model)
        callback.on_train_begin()
        return callback

    return ready


def scaled(images):
    return tf.constant(images / 127.5 - 1, tf.float32)


def fakes(wgan, count):
    rows = latents.latents(wgan.seed, latents.DIAGNOSTICS_DRAW, 0, count, 6)
    return wgan.generator(rows, training=False)


def layer_gradients(measured):
    return [v for name, v in measured.items() if name.startswith("gradient_at_layer_")]


# === Gradients ===


def linear_critic():
    """f(x) = x A B C: BC = (3, 4, 6), and ABC = 6.5 at each of the 64 pixels."""
    critic = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(3, use_bias=False),
            keras.layers.Dense(2, use_bias=False),
            keras.layers.Dense(1, use_bias=False),
        ]
    )
    middle, last = [[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]], [[3.0], [4.0]]
    critic.set_weights([np.full((64, 3), 0.5), np.array(middle), np.array(last)])
    return critic


def test_gradients_of_a_linear_chain_by_hand(diagnostics):
    measured = diagnostics(
        WGAN(tiny_generator(), linear_critic(), lipschitz=None)
    ).measure()
    expected = [6.5 * 8, np.sqrt(9 + 16 + 36), 5.0]
    np.testing.assert_allclose(layer_gradients(measured), expected, rtol=1e-5)
    for place in ("real", "fake", "mixed"):
        np.testing.assert_allclose(measured[f"gradient_at_{place}"], 52, rtol=1e-5)


def test_gradients_under_spectral_normalisation_are_those_of_the_normalised_chain(
    diagnostics,
):
    measured = diagnostics(
        WGAN(tiny_generator(), linear_critic(), lipschitz="sn")
    ).measure()
    first, middle, last = 0.5 * np.sqrt(64 * 3), np.sqrt(5), 5  # largest singular values
    expected = [52 / (first * middle * last), np.sqrt(61) / (middle * last), 5 / last]
    np.testing.assert_allclose(layer_gradients(measured), expected, rtol=1e-5)


@pytest.mark.parametrize("strategy", ["clip", "sn", None])
def test_gradients_at_the_images(strategy, images, diagnostics):
    wgan = WGAN(tiny_generator(), normalised_critic(), lipschitz=strategy)
    measured = diagnostics(wgan).measure()
    real, fake = scaled(images[:40]), fakes(wgan, 40)
    mixed = slopes.mixtures(real, fake, (wgan.seed, latents.DIAGNOSTICS_DRAW))
    for place, points in {"real": real, "fake": fake, "mixed": mixed}.items():
        norms = slopes.gradient_norms(lambda x: wgan.score(x, training=False), points)
        assert np.std(norms) > 1e-3 * np.mean(norms)  # or the points would not matter
        np.testing.assert_allclose(
            measured[f"gradient_at_{place}"], np.mean(norms), rtol=1e-5
        )


def test_gradients_at_layers_are_those_of_what_is_left_of_the_critic(images, diagnostics):
    wgan = tiny_wgan(lipschitz=None)
    first, second = layer_gradients(diagnostics(wgan).measure())
    points = tf.concat([scaled(images[:40]), fakes(wgan, 40)], axis=0)
    _, convolution, activation, flatten, scores = wgan.critic.layers
    for norm, rest, x in (
        (first, wgan.critic, points),
        (second, lambda x: scores(flatten(x)), activation(convolution(points))),
    ):
        expected = np.mean(slopes.gradient_norms(rest, x))
        np.testing.assert_allclose(norm, expected, rtol=1e-5)


class Subclassed(keras.Model):
    def __init__(self, critic):
        super().__init__()
        self.inner = critic

    def call(self, images, training=False):
        return 2 * self.inner(images, training=training)


@pytest.mark.parametrize(
    "wrapped", [lambda c: keras.Sequential([c, keras.layers.Rescaling(2)]), Subclassed]
)
@pytest.mark.parametrize("strategy", ["sn", None])
def test_layers_within_models_are_found(wrapped, strategy, diagnostics):
    plain = diagnostics(WGAN(tiny_generator(), critic := tiny_critic(), 2, strategy))
    twice = diagnostics(WGAN(plain.model.generator, wrapped(critic), 2, strategy))
    np.testing.assert_allclose(
        layer_gradients(twice.measure()),
        2 * np.array(layer_gradients(plain.measure())),
        rtol=1e-5,
    )


def test_layers_are_left_as_they_were(diagnostics, monkeypatch):
    callback = diagnostics(tiny_wgan())
    callback.measure()
    monkeypatch.setattr(callback.model.lipschitz, "score", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        callback.on_train_begin()
    assert not any("call" in vars(layer) for layer in callback.model.critic.layers)


# === Estimates and weights ===


def test_estimates(images, diagnostics):
    wgan = tiny_wgan()
    wgan.critic.set_weights([100 * w for w in wgan.critic.get_weights()])
    measured = diagnostics(wgan).measure()

    def mean_score(points):
        return np.mean(wgan.critic(points))

    fake = mean_score(fakes(wgan, 40))
    on_training = mean_score(scaled(images[:40])) - fake
    on_held_out = mean_score(scaled(images[40:])) - fake
    assert abs(on_training - on_held_out) > 1e-3
    np.testing.assert_allclose(measured["estimate_on_training"], on_training, rtol=1e-4)
    np.testing.assert_allclose(measured["estimate_on_held_out"], on_held_out, rtol=1e-4)


def test_images_are_taken_evenly_from_the_whole_set(diagnostics, images):
    callback = diagnostics(tiny_wgan(), count=4)
    np.testing.assert_array_equal(callback.images, images[[0, 13, 26, 39]])
    assert callback.measure().keys() == diagnostics(tiny_wgan()).measure().keys()


@pytest.mark.parametrize("clip_value", [0.05, 0.1, 0.3])  # rounded up and down
def test_share_of_weights_at_the_clip_value(clip_value, diagnostics):
    wgan = WGAN(tiny_generator(), linear_critic(), lipschitz=WeightClipping(clip_value))
    middle = np.array([[0.0, clip_value], [-clip_value, 0.99 * clip_value], [0, 0]])
    wgan.critic.layers[2].set_weights([middle])  # 2 of 6 stand there
    for index, value in ((1, 0.5), (3, -0.5)):  # 0 of 192, 2 of 2
        kernel = np.full(wgan.critic.layers[index].kernel.shape, value * clip_value)
        wgan.critic.layers[index].set_weights([kernel if index == 1 else 2 * kernel])
    measured = diagnostics(wgan).measure()
    assert measured["weights_at_clip"] == np.float32(4 / 200)


def test_no_share_without_clipping(diagnostics):
    assert "weights_at_clip" not in diagnostics(tiny_wgan(lipschitz="gp")).measure()


# === In a training ===


@pytest.mark.parametrize("strategy", [pytest.param("clip", marks=pytest.mark.slow), "sn"])
def test_it_changes_nothing_in_the_training(strategy, images, tmp_path):
    def trained(callbacks):
        keras.utils.set_random_seed(0)
        critic = keras.Sequential(
            [tiny_critic(), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        )
        wgan = WGAN(tiny_generator(), critic, 2, strategy, average_decay=0.9)
        wgan.compile()
        wgan.fit(images, batch_size=20, epochs=2, verbose=0, callbacks=callbacks)
        return wgan

    files = tmp_path / "critic.csv", tmp_path / "critic.png"
    watched = trained([CriticDiagnostics(*files, images, images, every=1)])
    assert_same_weights(watched, trained([]))


def test_numbers_reach_the_logs_and_the_table(images, tmp_path):
    diagnostics = CriticDiagnostics(
        tmp_path / "critic.csv", tmp_path / "critic.png", images, images, every=4
    )
    curve = LearningCurve(tmp_path / "history.csv", tmp_path / "curve.png")
    wgan = tiny_wgan()
    history = wgan.fit(
        images, batch_size=20, epochs=3, verbose=0, callbacks=[diagnostics, curve]
    )
    assert diagnostics.history["step"] == [1, 4, 8]
    assert diagnostics.history["epoch"] == [1, 2, 3]
    names = diagnostics.history.keys() - {"step", "epoch"}
    assert not names & history.history.keys()
    for name in names:
        at_those = [curve.history[name][step - 1] for step in (1, 4, 8)]
        assert at_those == diagnostics.history[name]
        assert np.isfinite(curve.history[name]).sum() == 3
    assert (tmp_path / "critic.png").stat().st_size > 10_000


def test_a_continued_training_goes_on_from_the_table(images, tmp_path):
    wgan = tiny_wgan()

    def fit(diagnostics):
        wgan.fit(images, batch_size=20, epochs=2, verbose=0, callbacks=[diagnostics])
        with open(tmp_path / "critic.csv", newline="") as file:
            return [int(row["step"]) for row in csv.DictReader(file)]

    def fresh():
        files = tmp_path / "critic.csv", tmp_path / "critic.png"
        return CriticDiagnostics(*files, images, images, every=5)

    first = fresh()
    assert fit(first) == [1, 5]
    assert fit(first) == [1, 5, 10]
    assert fit(fresh()) == [1, 5, 10, 15]
    wgan.steps_done.assign(4)  # another training, or one taken back
    first.on_train_begin()
    assert first.history["step"] == [1]


def test_it_measures_another_model_when_it_is_given_one(images, tmp_path):
    files = tmp_path / "critic.csv", tmp_path / "critic.png"
    diagnostics = CriticDiagnostics(*files, images, images)
    for critic in (linear_critic(), tiny_critic()):
        wgan = WGAN(tiny_generator(), critic, 2, lipschitz=None)
        diagnostics.set_model(wgan)
        diagnostics.on_train_begin()
        slope = slopes.gradient_norms(wgan.critic, scaled(images))
        measured = diagnostics.measure()["gradient_at_real"]
        np.testing.assert_allclose(measured, np.mean(slope), rtol=1e-5)


@pytest.mark.parametrize("wrong", [{"every": 0}, {"count": 0}, {"every": "epoch"}])
def test_numbers_that_are_none(wrong, images):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be a whole number"):
        CriticDiagnostics("critic.csv", "critic.png", images, images, **wrong)


def test_a_model_without_a_critic_is_refused(images):
    diagnostics = CriticDiagnostics("critic.csv", "critic.png", images, images)
    with pytest.raises(
        ValueError, match="needs a WGAN, whose critic it measures, not a DCGAN"
    ):
        tiny_dcgan().fit(images, batch_size=20, verbose=0, callbacks=[diagnostics])


def test_images_that_do_not_fit_are_refused(images):
    for wrong, message in (
        (images[:, :4], r"Expected images of shape \(N, 8, 8, 1\)"),
        (images.astype("float32"), r"must lie in \[-1, 1\]"),
    ):
        diagnostics = CriticDiagnostics("critic.csv", "critic.png", images, wrong)
        with pytest.raises(ValueError, match=message):
            tiny_wgan().fit(images, batch_size=20, verbose=0, callbacks=[diagnostics])
    with pytest.raises(ValueError, match="must hold an image each"):
        CriticDiagnostics("critic.csv", "critic.png", images, images[:0])


def test_a_training_that_broke_ends_with_a_picture(images, tmp_path, caplog):
    files = tmp_path / "critic.csv", tmp_path / "critic.png"
    diagnostics = CriticDiagnostics(*files, images, images, every=1)
    wgan = tiny_wgan(lipschitz=None, compiled=False)
    wgan.compile(None, keras.optimizers.RMSprop(1e30))
    callbacks = [diagnostics, HealthCheck()]
    wgan.fit(images, batch_size=10, epochs=9, verbose=0, callbacks=callbacks)
    assert wgan.steps_done.numpy() < 20
    assert "is not finite" in caplog.text
    assert files[1].exists()


# === Balance ===


@pytest.fixture(params=["wgan", "dcgan"])
def linear_game(request):
    """A model whose adversary is 0.01 times the pixels' sum, plus 0.5."""
    adversary = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    adversary.set_weights([np.full((64, 1), 0.01), np.array([0.5])])
    if request.param == "wgan":
        return WGAN(tiny_generator(), adversary, lipschitz=None)
    return DCGAN(tiny_generator(), adversary)


def balance_of(model, held_out):
    callback = Balance(held_out)
    callback.set_model(model)
    callback.on_train_begin()
    return callback.measure()


def test_balance_by_hand(linear_game, images):
    measured = balance_of(linear_game, images)
    real, fake = (
        0.01 * np.sum(points, axis=(1, 2, 3)) + 0.5
        for points in (scaled(images), fakes(linear_game, 60))
    )
    assert 0 < np.mean(real[:, None] > fake) < 1
    np.testing.assert_allclose(measured["told_apart"], np.mean(real[:, None] > fake))
    slope, probability = 0.01 * np.sqrt(64), 1 / (1 + np.exp(-fake))
    expected = {"generator_gradient": slope}
    if isinstance(linear_game, DCGAN):
        expected = {
            "generator_gradient": np.mean(1 - probability) * slope,
            "saturating_gradient": np.mean(probability) * slope,
        }
    assert measured.keys() == {"told_apart", *expected}
    for name, value in expected.items():
        np.testing.assert_allclose(measured[name], value, rtol=1e-5)


def test_balance_follows_the_losses_own_gradient(images):
    dcgan = tiny_dcgan()
    fake = tf.constant(fakes(dcgan, 60))
    with tf.GradientTape() as tape:
        tape.watch(fake)
        logits = dcgan.discriminator(fake, training=False)
        loss = 60 * non_saturating_generator_loss(logits)
    expected = np.linalg.norm(tape.gradient(loss, fake).numpy().reshape(60, -1), axis=1)
    measured = balance_of(dcgan, images)
    np.testing.assert_allclose(measured["generator_gradient"], expected.mean(), rtol=1e-4)


@pytest.mark.parametrize("build", [tiny_wgan, tiny_dcgan])
def test_balance_is_in_the_table_and_changes_nothing(build, images, tmp_path):
    def trained(callbacks):
        keras.utils.set_random_seed(0)
        model = build()
        model.fit(images, batch_size=12, epochs=2, verbose=0, callbacks=callbacks)
        return model

    curve = LearningCurve(tmp_path / "curve.csv", tmp_path / "curve.png")
    watched = trained([Balance(images, every=4, count=20), curve])
    assert_same_weights(watched, trained([]))
    table = curve.history
    measured = np.isfinite(table["told_apart"])
    assert np.array(table["step"])[measured].tolist() == [1, 4, 8]
    assert np.isfinite(np.array(table["generator_gradient"])[measured]).all()


@pytest.mark.parametrize("wrong", [{"every": 0}, {"count": -1}, {"every": 2.5}])
def test_balance_refuses_numbers_that_are_none(wrong, images):
    [name] = wrong
    with pytest.raises(ValueError, match=f"{name} must be a whole number above 0"):
        Balance(images, **wrong)


def test_balance_refuses_images_that_do_not_fit(images):
    with pytest.raises(ValueError, match="hold an image"):
        Balance(images[:0])
    with pytest.raises(ValueError, match="Expected images of shape"):
        balance_of(tiny_dcgan(), images[:, :4])
