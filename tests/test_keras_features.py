"""What a Keras user brings along: scaling, policies, XLA, data of all kinds, callbacks."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import wgan_keras
from wgan_keras import DCGAN
from wgan_keras import WGAN
from wgan_keras import ExportedSampler
from wgan_keras import LinkedLearningRates
from wgan_keras import build_critic
from wgan_keras import build_discriminator
from wgan_keras import build_generator
from wgan_keras import training_data
from wgan_keras.nets.latents import half_normals
from wgan_keras.nets.latents import latents
from wgan_keras.nets.latents import mixing_shares

SHAPE, LATENT_DIM = (8, 8, 1), 6
METHODS = ("clip", "gp", "sn", None, "dcgan")
# One of each kind in every run; all combinations with the slow tests.
SLOW = {method: pytest.mark.slow for method in ("clip", "sn", None)}
SOME_METHODS = [pytest.param(m, marks=SLOW.get(m, ())) for m in METHODS]
POLICIES = ("float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
POLICIES_AND_METHODS = [
    pytest.param(policy, method, marks=() if i == k else pytest.mark.slow)
    for i, policy in enumerate(POLICIES)
    for k, method in enumerate(METHODS)
]
IMAGES = np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)


@pytest.fixture(autouse=True)
def float32():
    yield
    keras.mixed_precision.set_global_policy("float32")


def build(method="clip", compiled=True, **options):
    keras.utils.set_random_seed(0)
    generator = build_generator(SHAPE, LATENT_DIM, 4)
    if method == "dcgan":
        discriminator = build_discriminator(SHAPE, 4, dropout=0.0)
        model = DCGAN(generator, discriminator, 2, **options)
    else:
        model = WGAN(generator, build_critic(SHAPE, 4), 2, method, **options)
    if compiled:
        model.compile()
    return model


def optimizers(model):
    if isinstance(model, DCGAN):
        return [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    return [model.lipschitz.default_optimizer() for _ in range(2)]


def train(model, steps=3, **options):
    data = training_data(IMAGES, 5, 2)
    return model.fit(data, steps_per_epoch=steps, verbose=0, **options)


def weights(network):
    arrays = [w.astype(np.float64).ravel() for w in network.get_weights()]
    return np.concatenate(arrays)


def both(model):
    return np.concatenate([weights(model.generator), weights(model.adversary)])


# === Loss scaling and dtype policies ===


@pytest.mark.parametrize("method", SOME_METHODS)
def test_a_scaled_loss_trains_as_an_unscaled_one(method):
    plain = build(method)
    train(plain)
    scaled = build(method, compiled=False)
    wrap = keras.optimizers.LossScaleOptimizer
    scaled.compile(*(wrap(optimizer) for optimizer in optimizers(scaled)))
    train(scaled)
    np.testing.assert_allclose(both(scaled), both(plain), atol=1e-7)
    assert np.abs(both(plain) - both(build(method))).max() > 1e-4  # it did train


def test_mixed_float16_adds_loss_scaling_unless_told_not_to():
    keras.mixed_precision.set_global_policy("mixed_float16")
    wgan = build()
    for optimizer in (wgan.optimizer, wgan.critic_optimizer):
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    wgan.compile(auto_scale_loss=False)
    assert not isinstance(wgan.optimizer, keras.optimizers.LossScaleOptimizer)


def test_a_step_that_is_not_finite_is_skipped_for_its_network_alone():
    keras.mixed_precision.set_global_policy("mixed_float16")
    wgan = build(None)
    wgan.critic_optimizer.dynamic_scale.assign(2.0**120)
    critic, generator = weights(wgan.critic), weights(wgan.generator)
    train(wgan, steps=1)
    np.testing.assert_array_equal(weights(wgan.critic), critic)
    assert np.abs(weights(wgan.generator) - generator).max() > 0
    assert float(wgan.critic_optimizer.dynamic_scale) == 2.0**118  # halved at both steps


@pytest.mark.parametrize(("policy", "method"), POLICIES_AND_METHODS)
def test_every_policy_trains_with_averages(policy, method):
    keras.mixed_precision.set_global_policy(policy)
    model = build(method, average_decay=0.9)
    before = both(model)
    train(model, steps=2)
    assert np.isfinite(both(model)).all()
    assert np.abs(both(model) - before).max() > 0
    assert np.isfinite(model.sample(2)).all()


# === XLA ===


@pytest.mark.parametrize("start", [0, 7, 123_457])
def test_latents_are_the_same_to_the_bit_eager_compiled_and_under_xla(start):
    def draw():
        first = tf.constant(start, tf.int64)
        return latents(5, -1, first, 9, 7), mixing_shares(5, 2, first, 9)

    eager = draw()
    for options in ({}, {"jit_compile": True}):
        for one, other in zip(eager, tf.function(draw, **options)(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_latents_are_standard_normal():
    from scipy import stats

    table = half_normals().astype(float)
    assert np.mean(table) == pytest.approx(0, abs=1e-9)
    assert 2 * np.mean(table**2) == pytest.approx(1, abs=1e-6)
    drawn = latents(3, 1, 0, 20_000, 4).numpy().ravel()
    assert stats.kstest(drawn, "norm").pvalue > 0.01
    assert stats.kurtosis(drawn) == pytest.approx(0, abs=0.05)
    columns = np.corrcoef(latents(3, 1, 0, 20_000, 4).numpy().T)
    np.testing.assert_allclose(columns, np.eye(4), atol=0.03)


@pytest.mark.parametrize("method", SOME_METHODS)
def test_each_method_trains_under_xla_as_without(method):
    trained = []
    for jit_compile in (True, False):
        model = build(method, compiled=False)
        model.compile(jit_compile=jit_compile)
        train(model, steps=2)
        trained.append(both(model))
    np.testing.assert_allclose(*trained, atol=1e-5)


def test_jit_compile_survives_saving(tmp_path):
    wgan = build(compiled=False)
    wgan.compile(jit_compile=True)
    wgan.save(tmp_path / "wgan.keras")
    assert wgan_keras.load_model(tmp_path / "wgan.keras").jit_compile is True


# === Looking changes nothing ===


def test_scoring_and_generating_change_nothing_by_default():
    wgan = build()
    before = both(wgan)
    rows = tf.random.normal((3, LATENT_DIM))
    wgan.score(wgan.generate(rows))
    np.testing.assert_array_equal(both(wgan), before)
    wgan.generate(rows, training=True)  # as train_step does
    assert np.abs(both(wgan) - before).max() > 0


def test_data_is_begun_once_and_nothing_of_it_is_lost():
    begun, given = [], []

    def batches():
        begun.append(1)
        for index in range(3):
            given.append(index)
            yield IMAGES[20 * index :][:20]

    spec = tf.TensorSpec((None, *SHAPE), tf.uint8)
    data = tf.data.Dataset.from_generator(batches, output_signature=spec)
    wgan = build()
    with pytest.warns(UserWarning, match="ran out of data"):  # Keras', of any such data
        wgan.fit(data, verbose=0)
    assert begun == [1]
    assert given == [0, 1, 2]
    assert int(wgan.steps_done.numpy()) == 3


# === Ranges ===

TOO_LARGE = np.full((20, *SHAPE), 1.5, np.float32)
FINE = np.zeros((20, *SHAPE), np.float32)


def _stream(*arrays):
    return tf.data.Dataset.from_tensor_slices(np.stack(arrays))


@pytest.mark.parametrize(
    "use",
    [
        lambda wgan: wgan.fit(IMAGES, batch_size=20, validation_data=(TOO_LARGE, None)),
        lambda wgan: wgan.fit(IMAGES, batch_size=20, validation_data=_stream(TOO_LARGE)),
        lambda wgan: wgan.evaluate(TOO_LARGE),
        lambda wgan: wgan.evaluate(_stream(FINE, TOO_LARGE)),
        lambda wgan: wgan.train_on_batch(TOO_LARGE),
        lambda wgan: wgan.fit(_stream(FINE, FINE, TOO_LARGE)),
        lambda wgan: wgan.fit((batch, None) for batch in (FINE, TOO_LARGE)),
        lambda wgan: wgan.fit(_stream(FINE, FINE * np.nan)),
    ],
    ids=[
        *("validation tuple", "validation data set", "evaluate", "evaluate data set"),
        *("train_on_batch", "later batch", "generator of tuples", "not a number"),
    ],
)
def test_floats_out_of_range_are_refused_wherever_they_come_in(use):
    with pytest.raises(wgan_keras.UserError, match=r"must lie in \[-1, 1\]"):
        use(build())


def test_validation_data_may_be_a_tuple_or_a_data_set():
    for validation in ((IMAGES[:20], np.zeros(20)), _stream(IMAGES[:20])):
        history = train(build(), validation_data=validation)
        assert np.isfinite(history.history["val_wasserstein_estimate"][-1])


# === Steps, rates, weights ===


def test_steps_per_execution_trains_the_steps_that_are_asked_for():
    wgan = build(compiled=False)
    wgan.compile(steps_per_execution=4)
    with pytest.raises(ValueError, match="steps_per_epoch=10 is no multiple"):
        train(wgan, steps=10)
    counted = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: counted.append(int(wgan.steps_done.numpy()))
    )
    train(wgan, steps=8, callbacks=[watch])
    assert counted == [4, 8]
    wgan.fit(IMAGES, batch_size=10, verbose=0)  # six batches end in the middle of four
    assert int(wgan.steps_done.numpy()) == 14


@pytest.mark.parametrize("name", ["class_weight", "sample_weight"])
def test_weights_of_images_are_refused_with_the_reason(name):
    with pytest.raises(ValueError, match="weigh all images alike"):
        build().fit(IMAGES, batch_size=20, **{name: np.ones(60)})


def test_weights_in_the_data_are_refused_with_the_reason():
    data = tf.data.Dataset.from_tensors((IMAGES, np.zeros(60), np.ones(60)))
    with pytest.raises(ValueError, match="weigh all images alike"):
        build().fit(data)


def test_terminate_on_nan_is_named_as_deaf(caplog):
    train(build(), callbacks=[keras.callbacks.TerminateOnNaN()])
    assert "HealthCheck" in caplog.text


def test_a_schedule_callback_can_change_both_rates():
    wgan = build(compiled=False)
    wgan.compile(keras.optimizers.RMSprop(1e-3), keras.optimizers.RMSprop(4e-3))
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    train(wgan, callbacks=[halve])
    assert float(wgan.optimizer.learning_rate) == pytest.approx(5e-4)
    assert float(wgan.critic_optimizer.learning_rate) == pytest.approx(4e-3)
    wgan.critic_optimizer.learning_rate = 2e-3
    train(wgan, callbacks=[halve, LinkedLearningRates()])
    assert float(wgan.critic_optimizer.learning_rate) == pytest.approx(1e-3)


def test_linked_rates_refuse_a_schedule():
    wgan = build(compiled=False)
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9)
    wgan.compile(keras.optimizers.RMSprop(schedule), keras.optimizers.RMSprop(1e-3))
    with pytest.raises(ValueError, match="follows a schedule"):
        train(wgan, callbacks=[LinkedLearningRates()])


def test_averaged_weights_are_not_counted_as_trainable():
    plain, averaged = build(), build(average_decay=0.9)
    assert len(averaged.trainable_variables) == len(plain.trainable_variables)
    train(averaged)
    follows = weights(averaged.averaged_generator), weights(averaged.generator)
    assert 0 < np.abs(follows[0] - follows[1]).max() < 1


# === Networks of a user's own ===


class PlainCritic(keras.Model):
    """A subclassed critic whose call knows nothing of training."""

    def __init__(self):
        super().__init__()
        self.flatten, self.score = layers.Flatten(), layers.Dense(1)

    def call(self, images):
        return self.score(self.flatten(images))


@pytest.mark.parametrize("method", ["clip", "gp", "sn", None])
def test_a_subclassed_critic_without_a_training_argument_works(method):
    wgan = WGAN(build_generator(SHAPE, LATENT_DIM, 4), PlainCritic(), 2, method)
    wgan.compile()
    train(wgan)
    assert int(wgan.steps_done.numpy()) == 3


def _two_inputs():
    inputs = [keras.Input((6,)), keras.Input((6,))]
    x = layers.Reshape(SHAPE)(layers.Dense(64)(layers.Add()(inputs)))
    return keras.Model(inputs, x)


def _critic_of_two():
    inputs = [keras.Input(SHAPE), keras.Input(SHAPE)]
    return keras.Model(inputs, layers.Dense(1)(layers.Flatten()(layers.Add()(inputs))))


def _three_scores():
    return keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(3)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"critic": _three_scores}, "must give each image one number"),
        ({"n_critic": lambda: True}, "n_critic must be a whole number from 1, not True"),
        ({"seed": lambda: "x"}, "seed must be a whole number, not 'x'"),
        ({"seed": lambda: None}, "seed must be a whole number, not None"),
        ({"generator": _two_inputs}, "must be a functional or sequential model from"),
        ({"critic": _critic_of_two}, "does not take the generator's images"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(change, message):
    parts = {
        "generator": lambda: build_generator(SHAPE, LATENT_DIM, 4),
        "critic": lambda: build_critic(SHAPE, 4),
    }
    parts = {name: make() for name, make in (parts | change).items()}
    with pytest.raises(wgan_keras.UserError, match=message):
        WGAN(**parts)


def test_channels_first_is_refused_in_one_sentence():
    parts = build_generator(SHAPE, LATENT_DIM, 4), build_critic(SHAPE, 4)
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(wgan_keras.UserError, match="channels_last"):
            WGAN(*parts)
        with pytest.raises(wgan_keras.UserError, match="channels_last"):
            build_critic(SHAPE, 4)
    finally:
        keras.config.set_image_data_format("channels_last")


def test_data_of_unknown_rank_is_refused_in_one_sentence():
    data = tf.data.Dataset.from_generator(
        lambda: iter([IMAGES]), output_signature=tf.TensorSpec(None, tf.uint8)
    )
    with pytest.raises(wgan_keras.UserError, match="unknown rank"):
        build().fit(data)


# === Saving and exporting ===


@pytest.mark.parametrize(
    "imports",
    [
        "import keras, wgan_keras",
        pytest.param("import wgan_keras, keras", marks=pytest.mark.slow),
        pytest.param(
            "from wgan_keras import WeightClip\nimport keras", marks=pytest.mark.slow
        ),
    ],
)
def test_keras_loads_a_model_in_a_fresh_process(tmp_path, imports):
    wgan = build()
    train(wgan)
    wgan.save(tmp_path / "wgan.keras")
    program = (
        f"{imports}\n"
        f"m = keras.saving.load_model({str(tmp_path / 'wgan.keras')!r})\n"
        "print(type(m).__name__, int(m.steps_done.numpy()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["WGAN", "3"]


class Unregistered(layers.Layer):
    def call(self, images):
        return images


def test_an_unregistered_layer_is_named_and_not_taken_for_damage(tmp_path):
    critic = keras.Sequential([keras.Input(SHAPE), Unregistered(), *_three_scores().layers])
    critic.add(layers.Dense(1))
    wgan = WGAN(build_generator(SHAPE, LATENT_DIM, 4), critic, 2)
    wgan.compile()
    wgan.save(tmp_path / "own.keras")
    with pytest.raises(ValueError, match="'Unregistered' of your own") as refusal:
        wgan_keras.load_model(tmp_path / "own.keras")
    assert "damaged" not in str(refusal.value)
    own = {"Unregistered": Unregistered}
    assert wgan_keras.load_model(tmp_path / "own.keras", own).n_critic == 2


def test_export_writes_the_network_alone(tmp_path):
    wgan = build()
    wgan.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    rows = np.random.default_rng(0).normal(size=(3, LATENT_DIM)).astype("float32")
    expected = wgan.generate(tf.constant(rows))
    np.testing.assert_allclose(loaded.serve(rows), expected, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_sampler_of_any_number_of_channels_can_be_opened(channels, tmp_path):
    shape = (8, 8, channels)
    wgan = WGAN(build_generator(shape, LATENT_DIM, 4), build_critic(shape, 4))
    wgan.export_sampler(tmp_path / "sampler")
    drawn = np.concatenate(list(ExportedSampler(tmp_path / "sampler").batches(3, 5)))
    np.testing.assert_array_equal(drawn, wgan.sample(5, seed=3))


# === One critic, two models ===


def test_each_of_two_models_keeps_its_own_method_with_one_critic():
    critic = build_critic(SHAPE, 4)
    clipped = WGAN(build_generator(SHAPE, LATENT_DIM, 4), critic, 2, "clip")
    free = WGAN(build_generator(SHAPE, LATENT_DIM, 4), critic, 2, None)
    for model in (clipped, free):
        model.compile(keras.optimizers.RMSprop(0.01), keras.optimizers.RMSprop(0.01))
    train(free)
    assert np.abs(weights(critic)).max() > 0.02
    train(clipped)
    assert np.abs(weights(critic)).max() <= 0.01 + 1e-8
