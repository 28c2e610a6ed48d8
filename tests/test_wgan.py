import inspect
import itertools
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import SHAPE
from conftest import assert_same_weights
from conftest import tiny_critic
from conftest import tiny_generator
from conftest import tiny_wgan

from wgan_keras import WGAN
from wgan_keras import WeightClipping
from wgan_keras import load_model
from wgan_keras import training_data
from wgan_keras.sampling import latents

# === Algorithm 1 ===


def linear_wgan(n_critic, clip_value):
    """A generator z ↦ zG and a critic x ↦ xw, whose gradients are known by hand."""
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(4, use_bias=False),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )
    critic = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(1, use_bias=False),
        ]
    )
    return WGAN(generator, critic, n_critic, WeightClipping(clip_value), seed=4)


class RMSpropByHand:
    def __init__(self, rate, rho=0.9, epsilon=1e-7):
        self.rate, self.rho, self.epsilon, self.velocity = rate, rho, epsilon, 0.0

    def update(self, weights, gradient):
        self.velocity = self.rho * self.velocity + (1 - self.rho) * gradient**2
        return weights - self.rate * gradient / np.sqrt(self.velocity + self.epsilon)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_train_step_is_algorithm_1(run_eagerly):
    clip, n_critic, rate, steps = 0.04, 3, 0.02, 5
    wgan = linear_wgan(n_critic, clip)
    wgan.compile(
        keras.optimizers.RMSprop(rate),
        keras.optimizers.RMSprop(rate),
        run_eagerly=run_eagerly,
    )
    w = wgan.critic.get_weights()[0].astype(float)
    theta = wgan.generator.get_weights()[0].astype(float)
    data = np.random.default_rng(0).uniform(-1, 1, (steps, 6, 2, 2, 1)).astype("float32")

    critic_rule, generator_rule = RMSpropByHand(rate), RMSpropByHand(rate)
    for step in range(steps):
        x = data[step].reshape(6, 4)
        estimates, largest = [], []
        for t in range(n_critic):
            real = x[t::n_critic]
            z = latents(4, 1 + 4 * step + t, 0, 2, 2).numpy()
            fake = z @ theta
            estimates.append((real @ w).mean() - (fake @ w).mean())
            gradient = (fake.mean(axis=0) - real.mean(axis=0))[:, None]
            w = critic_rule.update(w, gradient)
            largest.append(np.abs(w).max())
            w = np.clip(w, -clip, clip)
        z = latents(4, 1 + 4 * step + n_critic, 0, 2, 2).numpy()
        generator_loss = -(z @ theta @ w).mean()
        gradient = -z.mean(axis=0)[:, None] @ w.T
        theta = generator_rule.update(theta, gradient)
        logs = wgan.train_on_batch(data[step], return_dict=True)
        assert logs["wasserstein_estimate"] == pytest.approx(np.mean(estimates), abs=1e-6)
        assert logs["critic_loss"] == pytest.approx(-np.mean(estimates), abs=1e-6)
        assert logs["generator_loss"] == pytest.approx(generator_loss, abs=1e-6)

    np.testing.assert_allclose(wgan.critic.get_weights()[0], w, atol=1e-6)
    np.testing.assert_allclose(wgan.generator.get_weights()[0], theta, atol=1e-5)
    assert max(largest) > clip  # clipping, and when it happens, mattered


def test_lipschitz_estimate_is_the_gradient_norm_and_is_renewed():
    wgan = linear_wgan(1, 0.04)
    wgan.compile(None, keras.optimizers.RMSprop(0.01))
    data = np.random.default_rng(0).uniform(-1, 1, (2, 2, 2, 1)).astype("float32")
    seen, norms = [], []
    for _ in range(22):
        logs = wgan.train_on_batch(data, return_dict=True)
        seen.append(logs["lipschitz_estimate"])
        norms.append(np.linalg.norm(wgan.critic.get_weights()[0]))
    expected = [norms[step // 10 * 10] for step in range(22)]
    np.testing.assert_allclose(seen, expected, rtol=1e-5)
    assert len(set(np.round(norms, 6))) > 1


def test_lipschitz_estimate_is_measured_between_real_and_fake(images):
    wgan = tiny_wgan(n_critic=1, lipschitz=None, seed=6)
    wgan.critic.set_weights([20 * w for w in wgan.critic.get_weights()])
    real = wgan.scale(tf.constant(images))
    fake = wgan.generate(latents(0, 0, 0, 60, 6))
    wgan.measure_lipschitz(real, fake)
    share = tf.random.stateless_uniform((60, 1, 1, 1), [6, 1])
    points = share * real + (1 - share) * fake
    step, norms = 1e-2, []
    for pixel in np.eye(64, dtype="float32").reshape(64, 8, 8, 1):
        rise = wgan.critic(points + step * pixel) - wgan.critic(points - step * pixel)
        norms.append(rise.numpy()[:, 0] / (2 * step))
    expected = np.linalg.norm(norms, axis=0).mean()
    assert wgan.gradient_norm.numpy() == pytest.approx(expected, rel=0.02)


def test_a_users_own_networks_train_in_mixed_precision(images):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        generator = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(64), keras.layers.Reshape(SHAPE)]
        )
        critic = keras.Sequential(
            [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        wgan = WGAN(generator, critic, 2)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    wgan.compile()
    history = wgan.fit(images, batch_size=20, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert wgan.sample(2).dtype == np.float32


def test_train_step_fits_on_a_screen():
    assert len(inspect.getsource(WGAN.train_step).splitlines()) <= 40


# === Batches ===


def test_a_batch_is_dealt_out_without_reuse(images):
    wgan = tiny_wgan(n_critic=3)
    dealt = [batch.numpy() for batch in wgan.deal(images)]
    for t, batch in enumerate(dealt):
        np.testing.assert_allclose(batch, images[t::3] / 127.5 - 1, atol=1e-6)
    # Dealing out two halves gives the halves of what the whole gives.
    halves = zip(wgan.deal(images[:30]), wgan.deal(images[30:]), strict=True)
    for whole, (first, second) in zip(dealt, halves, strict=True):
        np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_latents_are_never_used_twice():
    wgan = tiny_wgan(n_critic=2)
    drawn = []
    for _ in range(3):
        drawn += [wgan.latents_for(np.zeros((4, 1)), t).numpy() for t in range(3)]
        wgan.steps_done.assign_add(1)
    assert len(np.unique(np.concatenate(drawn), axis=0)) == 3 * 3 * 4


class Batches(keras.utils.PyDataset):
    def __init__(self, images):
        super().__init__()
        self.images = images

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return (self.images[20 * index : 20 * index + 20],)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize(
    "kind", ["array", "tensor", "dataset", "labelled", "generator", "pydataset"]
)
def test_fit_takes_any_data(images, kind, run_eagerly, caplog):
    wgan = tiny_wgan(n_critic=4, compiled=False)
    wgan.compile(run_eagerly=run_eagerly)
    if kind == "array":
        wgan.fit(images[:43], batch_size=20, verbose=0)
    elif kind == "tensor":
        wgan.fit(tf.constant(images[:43]), batch_size=20, verbose=0)
    elif kind == "pydataset":
        wgan.fit(Batches(images[:43]), verbose=0)
    elif kind == "generator":
        batches = ((images[:n],) for n in itertools.cycle([20, 20, 3]))
        wgan.fit(batches, verbose=0, steps_per_epoch=3)
    else:
        data = images[:43]
        data = (data, np.zeros(43)) if kind == "labelled" else data
        wgan.fit(tf.data.Dataset.from_tensor_slices(data).batch(20), verbose=0)
    assert wgan.steps_done.numpy() == 2  # the last batch, of 3, has too few for 4 steps
    assert all(np.isfinite(v.numpy()).all() for v in wgan.variables)
    assert caplog.text.count("3 images are left over") == 1


def test_what_is_left_over_is_dropped_and_said_once(images, caplog):
    wgan = tiny_wgan(n_critic=4)
    wgan.fit(images[:42], batch_size=21, epochs=3, verbose=0)
    assert caplog.text.count("left over") == 1
    exact = tiny_wgan(n_critic=4)
    exact.set_weights(wgan.get_weights())
    one, other = (list(m.deal(images[:n])) for m, n in ((wgan, 21), (exact, 20)))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dataset", [False, True])
def test_batches_too_small_for_n_critic_are_refused(images, dataset):
    wgan = tiny_wgan(n_critic=5)
    data = tf.data.Dataset.from_tensor_slices(images).batch(4) if dataset else images
    with pytest.raises(ValueError, match="4 images is too small for 5 critic steps"):
        wgan.fit(data, batch_size=None if dataset else 4)
    assert wgan.steps_done.numpy() == 0


def test_a_training_without_any_step_is_an_error(images):
    batches = ((images[:3],) for _ in itertools.count())
    with pytest.raises(ValueError, match="Every batch is too small"):
        tiny_wgan(n_critic=4).fit(batches, steps_per_epoch=2, verbose=0)
    with pytest.raises(ValueError, match="is empty"):
        tiny_wgan().fit(tf.data.Dataset.from_tensor_slices(images).batch(9).skip(99))


def test_floats_in_range_equal_uint8(images):
    one, other = tiny_wgan(), tiny_wgan()
    other.set_weights(one.get_weights())
    one.fit(images, batch_size=20, verbose=0, shuffle=False)
    scaled = (images.astype("float32") / np.float32(127.5)) - 1
    other.fit(scaled, batch_size=20, verbose=0, shuffle=False)
    for left, right in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: x.astype("int32"), "not int32"),
        (lambda x: x.astype("float32"), "range from 0.0 to 255.0"),
        (lambda x: np.full(x.shape, np.nan, "float32"), "range from nan"),
        (lambda x: tf.constant(x, tf.float32), "range from 0.0 to 255.0"),
        (lambda x: tf.data.Dataset.from_tensors(x.astype("float32")), "to 255.0"),
        (lambda x: tf.data.Dataset.from_tensors(x.astype("int32")), "not int32"),
        (lambda x: tf.data.Dataset.from_tensors({"image": x}), "the data has dict"),
        (lambda x: x[..., 0], "Expected images of shape"),
        (lambda x: x.repeat(3, axis=-1), "Expected images of shape"),
    ],
)
def test_images_that_do_not_fit(images, make, message):
    with pytest.raises(ValueError, match=message):
        data = make(images)
        batch_size = None if isinstance(data, tf.data.Dataset) else 20
        tiny_wgan().fit(data, batch_size=batch_size, verbose=0)


def test_held_out_images_are_checked_as_well(images):
    with pytest.raises(ValueError, match=r"range from 0\.0 to 255\.0"):
        tiny_wgan().fit(images, batch_size=20, validation_data=images.astype("float32"))


# === Networks ===


@pytest.mark.parametrize(
    "ending",
    [
        [keras.layers.Dense(1, activation="sigmoid")],
        [keras.layers.Dense(2, activation="softmax")],
        [keras.layers.Dense(1), keras.layers.Activation("sigmoid")],
        [keras.layers.Dense(2), keras.layers.Softmax()],
        [keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])],
    ],
)
def test_a_critic_with_a_probability_is_refused(ending):
    critic = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), *ending])
    with pytest.raises(ValueError, match="a score, any real number, and not a prob"):
        WGAN(tiny_generator(), critic)


def test_a_sigmoid_that_is_an_operation_is_refused_and_an_inner_one_is_not():
    images = keras.Input(SHAPE)
    flat = keras.layers.Flatten()(images)
    gate = keras.layers.Dense(64, activation="sigmoid")(flat)
    scores = keras.layers.Dense(1)(flat * gate)
    WGAN(tiny_generator(), keras.Model(images, scores))
    with pytest.raises(ValueError, match="ends in a sigmoid"):
        WGAN(tiny_generator(), keras.Model(images, keras.ops.sigmoid(scores)))


def test_networks_that_do_not_fit():
    unbuilt = keras.Sequential([keras.layers.Dense(64)])
    with pytest.raises(ValueError, match=r"start it with keras\.Input"):
        WGAN(unbuilt, tiny_critic())
    critic = keras.Sequential([keras.Input((9, 9, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"critic does not take .* \(8, 8, 1\)"):
        WGAN(tiny_generator(), critic)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_critic": 0}, "n_critic must be a whole number from 1, not 0"),
        ({"lipschitz": 0.01}, "lipschitz must be 'clip'"),
        ({"average_decay": 1.0}, "average_decay must lie between 0 and 1"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        tiny_wgan(**options)


class ScoresByHand(keras.Model):
    """A subclassed critic, not built before the WGAN takes it."""

    def __init__(self):
        super().__init__()
        self.flatten, self.dense = keras.layers.Flatten(), keras.layers.Dense(1)

    def call(self, images):
        return self.dense(self.flatten(images))


def test_a_subclassed_critic_is_built_and_clipped(images):
    wgan = WGAN(tiny_generator(), ScoresByHand(), n_critic=2)
    wgan.compile(None, keras.optimizers.RMSprop(0.1))
    wgan.fit(images, batch_size=20, verbose=0)
    assert np.abs(wgan.critic.dense.kernel.numpy()).max() == np.float32(0.01)


# === Compiling ===


def test_defaults_are_the_papers():
    wgan = tiny_wgan()
    for optimizer in (wgan.optimizer, wgan.critic_optimizer):
        assert type(optimizer) is keras.optimizers.RMSprop
        assert float(optimizer.learning_rate) == pytest.approx(5e-5)
    assert wgan.optimizer is not wgan.critic_optimizer
    assert WGAN(tiny_generator(), tiny_critic()).n_critic == 5
    assert WGAN(tiny_generator(), tiny_critic()).lipschitz.clip_value == 0.01


def test_one_optimizer_for_both_is_refused():
    optimizer = keras.optimizers.RMSprop()
    with pytest.raises(ValueError, match="an optimizer each"):
        tiny_wgan(compiled=False).compile(optimizer, optimizer)


def test_optimizers_by_name():
    wgan = tiny_wgan(compiled=False)
    wgan.compile("rmsprop", "rmsprop")
    assert wgan.optimizer is not wgan.critic_optimizer


def test_there_is_no_third_optimizer(images):
    wgan = tiny_wgan(n_critic=3)
    wgan.fit(images, batch_size=30, verbose=0)
    assert wgan.optimizer.iterations.numpy() == 2
    assert wgan.critic_optimizer.iterations.numpy() == 6


# === Logs ===


def test_logs_and_held_out_estimate(images):
    wgan = tiny_wgan()
    history = wgan.fit(
        images, batch_size=20, verbose=0, validation_data=images[:25]
    ).history
    assert set(history) == {
        "critic_loss",
        "generator_loss",
        "wasserstein_estimate",
        "lipschitz_estimate",
        "val_wasserstein_estimate",
    }
    assert history["critic_loss"][0] == pytest.approx(-history["wasserstein_estimate"][0])


def test_evaluate_is_the_difference_of_means_and_changes_nothing(images):
    wgan = tiny_wgan(lipschitz=WeightClipping(10.0))
    wgan.critic.set_weights([20 * w for w in wgan.critic.get_weights()])
    wgan.fit(images, batch_size=20, verbose=0)
    before = [v.numpy() for v in wgan.generator.variables + wgan.critic.variables]
    results = [float(wgan.evaluate(images, batch_size=25, verbose=0)) for _ in range(2)]
    whole = float(wgan.evaluate(images, batch_size=60, verbose=0))
    fake = wgan.generator(latents(0, -1, 0, 60, 6), training=False)
    scores = [
        wgan.critic(x).numpy().mean() for x in (wgan.scale(tf.constant(images)), fake)
    ]
    assert results[0] == results[1]
    assert abs(whole) > 0.01
    assert whole == pytest.approx(scores[0] - scores[1], rel=1e-4)
    assert results[0] == pytest.approx(whole, rel=1e-4)
    after = [v.numpy() for v in wgan.generator.variables + wgan.critic.variables]
    for left, right in zip(before, after, strict=True):
        np.testing.assert_array_equal(left, right)


def test_predict_turns_latents_into_images():
    wgan = tiny_wgan()
    noise = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    images = wgan.predict(noise, verbose=0)
    np.testing.assert_allclose(images, wgan.generator(noise, training=False), atol=1e-6)


# === The moving average ===


def test_the_average_follows_the_warmed_up_rule(images):
    wgan = tiny_wgan(average_decay=0.25)
    raw = [v.numpy() for v in wgan.generator.trainable_variables]
    averages = [v.numpy() for v in wgan.averaged_generator.trainable_variables]
    for left, right in zip(raw, averages, strict=True):
        np.testing.assert_array_equal(left, right)
    for step in range(4):
        wgan.fit(images[:20], batch_size=20, verbose=0)
        decay = min(0.25, (1 + step) / (10 + step))
        averages = [
            decay * average + (1 - decay) * v.numpy()
            for average, v in zip(averages, wgan.generator.trainable_variables, strict=True)
        ]
    assert decay == 0.25
    for v, average in zip(
        wgan.averaged_generator.trainable_variables, averages, strict=True
    ):
        np.testing.assert_allclose(v.numpy(), average, rtol=1e-5, atol=1e-7)


def test_the_average_has_normalisation_statistics_of_its_own(images):
    wgan = WGAN(tiny_generator(), tiny_critic(), 2, average_decay=0.99)
    wgan.compile(keras.optimizers.RMSprop(3e-2), None)
    means, variances = np.zeros(4), np.ones(4)
    for step in range(3):
        wgan.fit(images[:20], batch_size=20, verbose=0)
        # What the averaged weights, as they are now, make of this step's latents.
        noise = latents(0, 1 + 3 * step + 2, 0, 10, 6)
        small = tf.reshape(wgan.averaged_generator.layers[1](noise), (-1, 4)).numpy()
        means = 0.9 * means + 0.1 * small.mean(axis=0)
        variances = 0.9 * variances + 0.1 * small.var(axis=0)
    kept, raw = (g.layers[3] for g in (wgan.averaged_generator, wgan.generator))
    np.testing.assert_allclose(kept.moving_mean.numpy(), means, atol=1e-6)
    np.testing.assert_allclose(kept.moving_variance.numpy(), variances, rtol=1e-5)
    assert not np.allclose(raw.moving_variance.numpy(), variances, rtol=1e-2)


def test_sampling_uses_the_average():
    wgan = tiny_wgan(average_decay=0.9)
    before = wgan.sample(3)
    wgan.generator.set_weights([w + 1 for w in wgan.generator.get_weights()])
    np.testing.assert_array_equal(wgan.sample(3), before)
    wgan.averaged_generator.set_weights(wgan.generator.get_weights())
    assert (wgan.sample(3) != before).any()


# === Same again ===


def test_the_same_seed_gives_the_same_weights(images):
    def trained(seed):
        keras.utils.set_random_seed(seed)
        wgan = tiny_wgan(seed=seed)
        wgan.fit(training_data(images, 10, 2, seed), steps_per_epoch=7, verbose=0)
        return wgan

    one = trained(1)
    assert_same_weights(one, trained(1))
    assert (trained(2).critic.get_weights()[0] != one.critic.get_weights()[0]).any()


def critic_with_dropout():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(8),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )


def test_training_goes_on_from_a_file_as_if_never_stopped(images, tmp_path):
    wgan = WGAN(tiny_generator(), critic_with_dropout(), 2, average_decay=0.9, seed=3)
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 3, 0.9)
    wgan.compile(keras.optimizers.RMSprop(schedule), keras.optimizers.Adam(1e-3, beta_1=0))
    wgan.fit(training_data(images, 10, 2), steps_per_epoch=7, verbose=0)
    wgan.save(tmp_path / "wgan.keras")
    wgan.fit(training_data(images, 10, 2, start=7), steps_per_epoch=6, verbose=0)

    loaded = load_model(tmp_path / "wgan.keras")
    assert loaded.steps_done.numpy() == 7
    assert loaded.get_config()["lipschitz"] == wgan.get_config()["lipschitz"]
    loaded.fit(training_data(images, 10, 2, start=7), steps_per_epoch=6, verbose=0)
    assert_same_weights(loaded, wgan)


def test_load_model_in_a_fresh_process(tmp_path):
    wgan = tiny_wgan()
    wgan.save(tmp_path / "wgan.keras")
    np.save(tmp_path / "expected.npy", wgan.sample(3, seed=2))
    program = (
        "import wgan_keras, numpy as np\n"
        "model = wgan_keras.load_model('wgan.keras')\n"
        "expected = np.load('expected.npy')\n"
        "assert np.abs(model.sample(3, seed=2) - expected).max() < 1e-6\n"
        "assert model.compiled and model.critic_optimizer.built\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_load_model_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        load_model(tmp_path / "nothing.keras")
    tiny_wgan().save(tmp_path / "wgan.keras")
    content = (tmp_path / "wgan.keras").read_bytes()
    (tmp_path / "wgan.keras").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"wgan\.keras"):
        load_model(tmp_path / "wgan.keras")
