import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import SHAPE
from helpers import assert_gradient_is_the_slope
from helpers import assert_same_weights
from helpers import normalised_critic
from helpers import tiny_critic
from helpers import tiny_generator
from helpers import tiny_wgan

from wgan_keras import WGAN
from wgan_keras import GradientPenalty
from wgan_keras import LipschitzStrategy
from wgan_keras import SpectralNormalization
from wgan_keras import WeightClip
from wgan_keras import WeightClipping
from wgan_keras import training_data
from wgan_keras.fitting.batches import scale_images
from wgan_keras.nets import lipschitz
from wgan_keras.nets import slopes


def test_weight_clip_by_hand():
    clipped = WeightClip(0.5)(np.array([[-2.0, -0.5], [0.25, 3.0]]))
    assert clipped.numpy().tolist() == [[-0.5, -0.5], [0.25, 0.5]]


@pytest.mark.parametrize("value", [0, -0.01, float("nan"), float("inf")])
def test_clip_values_that_are_none(value):
    with pytest.raises(ValueError, match="clip_value must be a number above 0"):
        WeightClipping(value)


def test_serialization():
    for thing in (WeightClip(0.3), WeightClipping(0.3)):
        config = keras.saving.serialize_keras_object(thing)
        assert config["registered_name"].startswith("wgan_keras>")
        assert keras.saving.deserialize_keras_object(config).clip_value == 0.3


def test_after_every_update_all_trainable_variables_are_clipped(images):
    critic = normalised_critic()
    wgan = WGAN(tiny_generator(), critic, n_critic=3, lipschitz=WeightClipping(0.02))
    # A rate at which every update would leave the bounds.
    wgan.compile(None, keras.optimizers.RMSprop(0.5), run_eagerly=True)
    extremes, project = [], wgan.lipschitz.project

    def largest():
        return [np.abs(v.numpy()).max() for v in critic.trainable_variables]

    def recording_project(critic):
        before = largest()
        project(critic)
        extremes.append((before, largest()))

    wgan.lipschitz.project = recording_project
    wgan.fit(images, batch_size=30, epochs=2, verbose=0)
    assert len(extremes) == 2 * 2 * 3
    before, after = np.swapaxes(extremes, 0, 1)
    assert np.shape(after)[1] == 8  # kernels, biases, gains and offsets
    assert np.max(after) <= np.float32(0.02)
    assert (before.max(axis=1) > np.float32(0.02)).all()
    # The moving statistics are beyond c, so were not clipped.
    variance = critic.layers[1].moving_variance
    assert variance.numpy().min() > 0.02


def test_gains_and_biases_of_normalisation_can_be_left_unclipped(images):
    critic = normalised_critic()
    strategy = WeightClipping(0.02, normalization=False)
    wgan = fast(WGAN(tiny_generator(), critic, 3, strategy))
    wgan.fit(images, batch_size=30, verbose=0)
    largest = {v.path: np.abs(v.numpy()).max() for v in critic.trainable_variables}
    exempt = {path for path in largest if "normalization" in path}
    assert len(exempt) == 4
    assert min(largest[path] for path in exempt if "gamma" in path) > 0.02
    assert max(largest[path] for path in largest.keys() - exempt) == np.float32(0.02)
    copy = lipschitz.WeightClipping.from_config(strategy.get_config())
    assert copy.normalization is False


def largest_weight(critic):
    return max(np.abs(v.numpy()).max() for v in critic.trainable_variables)


def fast(wgan):
    """Compiles it with a rate at which unclipped weights leave any bounds here."""
    wgan.compile(keras.optimizers.RMSprop(0.1), keras.optimizers.RMSprop(0.5))
    return wgan


def test_clipping_reaches_a_critic_after_loading(images, tmp_path):
    wgan = fast(tiny_wgan(lipschitz=WeightClipping(0.03), compiled=False))
    copy = fast(WGAN.from_config(wgan.get_config()))
    wgan.save(tmp_path / "wgan.keras")
    loaded = keras.saving.load_model(tmp_path / "wgan.keras")
    for model in (copy, loaded):
        assert model.lipschitz.clip_value == 0.03
        model.fit(images, batch_size=20, verbose=0)
        for variable in model.critic.trainable_variables:
            assert np.abs(variable.numpy()).max() <= np.float32(0.03), variable.path
        assert largest_weight(model.critic) == np.float32(0.03)


def test_a_critic_given_to_two_models_keeps_each_models_own_method(images):
    critic = tiny_critic()
    clipped = fast(WGAN(tiny_generator(), critic, 2))
    free = fast(WGAN(tiny_generator(), critic, 2, lipschitz=None))
    assert type(free.lipschitz) is LipschitzStrategy
    assert all(v.constraint is None for v in critic.trainable_variables)
    free.fit(images, batch_size=20, verbose=0)
    assert largest_weight(critic) > 0.1
    clipped.fit(images, batch_size=20, verbose=0)
    assert largest_weight(critic) == np.float32(0.01)
    free.fit(images, batch_size=20, verbose=0)
    assert largest_weight(critic) > 0.1


def critic_with(constraint):
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(1, kernel_constraint=constraint),
        ]
    )


@pytest.mark.parametrize("strategy", ["clip", "gp", "sn", None])
def test_a_constraint_of_the_users_is_kept_as_well(strategy, images):
    critic = critic_with(keras.constraints.NonNeg())
    wgan = fast(WGAN(tiny_generator(), critic, 2, strategy))
    constraint = critic.layers[-1].kernel.constraint
    assert isinstance(constraint, keras.constraints.NonNeg)
    wgan.train_on_batch(images[:20])
    kernel, bias = critic.get_weights()
    assert kernel.min() >= 0
    assert kernel.max() > 0
    if strategy == "clip":
        assert max(kernel.max(), np.abs(bias).max()) == np.float32(0.01)
    else:
        assert kernel.max() > 0.05


@pytest.mark.parametrize(("strategy", "bound"), [(None, 0.5), ("clip", 0.01)])
def test_a_weight_clip_of_the_users_stays(strategy, bound, images):
    critic = critic_with(WeightClip(0.5))
    wgan = fast(WGAN(tiny_generator(), critic, 2, strategy))
    assert critic.layers[-1].kernel.constraint.clip_value == 0.5
    wgan.fit(images, batch_size=20, epochs=2, verbose=0)
    assert np.abs(critic.get_weights()[0]).max() == np.float32(bound)


def test_layers_unfrozen_later_are_clipped(images):
    critic = tiny_critic()
    critic.layers[-1].trainable = False
    frozen = [w + 1 for w in critic.layers[-1].get_weights()]
    critic.layers[-1].set_weights(frozen)
    wgan = fast(WGAN(tiny_generator(), critic, 2))
    wgan.fit(images, batch_size=20, verbose=0)
    for weight, before in zip(critic.layers[-1].get_weights(), frozen, strict=True):
        np.testing.assert_array_equal(weight, before)
    critic.layers[-1].trainable = True
    fast(wgan).fit(images, batch_size=20, verbose=0)
    assert len(critic.trainable_variables) == 4
    assert largest_weight(critic) == np.float32(0.01)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(),
        keras.optimizers.SGD(momentum=0.9),
        keras.optimizers.RMSprop(momentum=0.5),
    ],
)
def test_momentum_on_a_clipped_critic_warns(optimizer):
    with pytest.warns(UserWarning, match=r"momentum of 0\..*section 4"):
        tiny_wgan(compiled=False).compile(critic_optimizer=optimizer)


def test_no_warning_without_momentum_or_without_clipping():
    tiny_wgan(compiled=False).compile(critic_optimizer=keras.optimizers.Adam(beta_1=0.0))
    tiny_wgan(compiled=False).compile(critic_optimizer="rmsprop")
    free = tiny_wgan(compiled=False, lipschitz=None)
    free.compile(critic_optimizer=keras.optimizers.Adam())


# === The seam ===


@pytest.mark.parametrize(
    ("name", "kind", "rate"),
    [
        ("clip", WeightClipping, 5e-5),
        ("gp", GradientPenalty, 1e-4),
        ("sn", SpectralNormalization, 2e-4),
        (None, LipschitzStrategy, 5e-5),
    ],
)
def test_each_strategy_trains_saves_and_goes_on(images, tmp_path, name, kind, rate):
    wgan = tiny_wgan(lipschitz=name)
    assert type(wgan.lipschitz) is kind
    assert float(wgan.critic_optimizer.learning_rate) == pytest.approx(rate)
    wgan.fit(training_data(images, 10, 2), steps_per_epoch=4, verbose=0)
    wgan.save(tmp_path / "wgan.keras")
    loaded = keras.saving.load_model(tmp_path / "wgan.keras")
    for model in (wgan, loaded):
        model.fit(training_data(images, 10, 2, start=4), steps_per_epoch=4, verbose=0)
    assert_same_weights(loaded, wgan)
    for one, other in zip(
        loaded.lipschitz.variables, wgan.lipschitz.variables, strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_a_strategy_belongs_to_one_critic():
    strategy = SpectralNormalization()
    one, other = (tiny_wgan(lipschitz=strategy) for _ in range(2))
    assert one.lipschitz is not other.lipschitz
    assert one.lipschitz.kernels[0] is not other.lipschitz.kernels[0]
    with pytest.raises(ValueError, match="'clip', 'gp', 'sn', None, or a strategy"):
        tiny_wgan(lipschitz="clipping")


# === Gradient penalty ===


def linear_critic(weights):
    critic = keras.Sequential(
        [keras.Input((2, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    critic.set_weights([np.array(weights, "float32")[:, None], np.ones(1)])
    return critic


SEED = tf.constant([3, 4], tf.int64)


class Scorer:
    """As much of a `WGAN` as a penalty needs."""

    def __init__(self, critic):
        self.critic = critic

    def score(self, images, training=False):
        return self.critic(images, training=training)

    def update_seed(self, t):
        return SEED + t


@pytest.mark.parametrize(
    ("weights", "options", "expected"),
    [
        ([3, 4], {}, 10 * (5 - 1) ** 2),
        ([3, 4], {"weight": 2.0, "target": 4.0}, 2 * (5 - 4) ** 2),
        ([0.3, 0.4], {}, 10 * (0.5 - 1) ** 2),
        ([0.3, 0.4], {"one_sided": True}, 0),
        ([3, 4], {"one_sided": True}, 10 * (5 - 1) ** 2),
        ([0, 0], {}, 10),
    ],
)
def test_penalty_of_a_linear_critic_by_hand(weights, options, expected):
    critic, strategy = linear_critic(weights), GradientPenalty(**options)
    points = np.random.default_rng(0).normal(size=(2, 5, 2, 1, 1)).astype("float32")
    with tf.GradientTape() as tape:
        penalty = strategy.penalty(Scorer(critic), *tf.constant(points), 0)
    assert penalty.numpy() == pytest.approx(expected, rel=1e-5)
    gradient = tape.gradient(penalty, critic.trainable_variables)[0].numpy()[:, 0]
    w, norm = np.array(weights, float), np.linalg.norm(weights)
    excess = norm - strategy.target
    if norm == 0 or (strategy.one_sided and excess < 0):
        by_hand = np.zeros(2)
    else:
        by_hand = strategy.weight * 2 * excess * w / norm
    np.testing.assert_allclose(gradient, by_hand, rtol=1e-4, atol=1e-6)


def smooth_critic():
    return keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            keras.layers.Conv2D(5, 3, strides=2, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def test_the_penalty_of_every_fourth_pair():
    rng = np.random.default_rng(0)
    real, fake = (tf.constant(rng.normal(size=(10, 8, 8, 1)), tf.float32) for _ in "ab")
    wgan = tiny_wgan()
    points = slopes.mixtures(real, fake, wgan.update_seed(0)).numpy()[[0, 4, 8]]
    norms = slopes.gradient_norms(wgan.score, tf.constant(points)).numpy()
    penalty = GradientPenalty(3.0, every=4).penalty(wgan, real, fake, 0)
    np.testing.assert_allclose(penalty, 3 * np.mean((norms - 1) ** 2), rtol=1e-5)
    assert GradientPenalty(every=4).get_config()["every"] == 4


def test_gradient_of_the_penalty_is_its_slope():
    critic, strategy = smooth_critic(), GradientPenalty()
    real, fake = tf.constant(
        np.random.default_rng(0).normal(size=(2, 6, 4, 4, 3)), tf.float32
    )
    for variable in (critic.layers[0].kernel, critic.layers[2].kernel):
        assert_gradient_is_the_slope(
            lambda: strategy.penalty(Scorer(critic), real, fake, 0), variable.value
        )


def test_batch_normalisation_is_refused_by_the_penalty_also_when_nested():
    critic = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.Sequential([keras.layers.BatchNormalization(), keras.layers.Flatten()]),
            keras.layers.Dense(1),
        ]
    )
    with pytest.raises(ValueError, match=r"use wgan_keras\.LayerNormalization"):
        WGAN(tiny_generator(), critic, lipschitz="gp")


@pytest.mark.parametrize("options", [{"weight": 0}, {"target": -1}, {"weight": np.nan}])
def test_penalties_that_are_none(options):
    with pytest.raises(ValueError, match="weight must be above 0"):
        GradientPenalty(**options)


@pytest.mark.parametrize("every", [0, 0.25])
def test_shares_of_the_pairs_that_are_none(every):
    with pytest.raises(ValueError, match="every must be a whole number from 1"):
        GradientPenalty(every=every)


def test_the_penalty_pulls_the_norm_to_the_target(images):
    wgan = tiny_wgan(lipschitz=GradientPenalty(), compiled=False)
    wgan.compile(None, keras.optimizers.Adam(1e-2, beta_1=0.0, beta_2=0.9))
    wgan.fit(training_data(images, 20, 2), steps_per_epoch=150, verbose=0)
    assert 0.7 < wgan.gradient_norm.numpy() < 1.3


def test_the_penalty_in_mixed_precision(images):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        wgan = tiny_wgan(lipschitz="gp")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    real, fake = scale_images(tf.constant(images)), wgan.generate(tf.ones((60, 6)))
    penalty = wgan.lipschitz.penalty(wgan, real, fake, 0)
    assert penalty.dtype == tf.float32
    wgan.fit(images, batch_size=20, verbose=0)


# === Spectral normalisation ===


def test_sigma_is_the_largest_singular_value():
    critic, strategy = smooth_critic(), SpectralNormalization(power_iterations=200)
    strategy.build(critic)
    strategy.project(critic)
    found = [s.numpy() for _, s in strategy.norms()]
    expected = [
        np.linalg.svd(kernel.numpy().reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        for kernel in (critic.layers[0].kernel, critic.layers[2].kernel)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_scores_are_those_of_the_normalised_kernels():
    critic, strategy = smooth_critic(), SpectralNormalization(power_iterations=200)
    strategy.build(critic)
    strategy.project(critic)
    x = np.random.default_rng(0).normal(size=(6, 4, 4, 3)).astype("float32")
    before = critic.get_weights()
    scores = strategy.score(critic, x, training=True).numpy()
    for old, new in zip(before, critic.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)  # the kernels stay as they are
    for kernel, s in strategy.norms():
        kernel.assign(kernel / s)
    np.testing.assert_allclose(scores, critic(x), rtol=1e-4, atol=1e-6)


def test_the_gradient_flows_through_sigma():
    critic, strategy = smooth_critic(), SpectralNormalization(power_iterations=100)
    strategy.build(critic)
    strategy.project(critic)
    x = tf.constant(np.random.default_rng(0).normal(size=(6, 4, 4, 3)), tf.float32)

    def loss():
        strategy.project(critic)
        return tf.reduce_mean(strategy.score(critic, x, training=True))

    for layer in (critic.layers[0], critic.layers[2]):
        assert_gradient_is_the_slope(loss, layer.kernel.value)
    # Scaling a kernel changes nothing, so the gradient has no part along it.
    kernel = critic.layers[0].kernel
    with tf.GradientTape() as tape:
        value = loss()
    gradient = tape.gradient(value, kernel.value).numpy()
    assert abs((gradient * kernel.numpy()).sum()) < 1e-4 * np.abs(gradient).sum()


def test_the_vector_advances_on_critic_steps_only(images):
    wgan = tiny_wgan(lipschitz="sn", n_critic=3)
    before = [v.numpy() for v in wgan.lipschitz.variables]
    wgan.evaluate(images, verbose=0)
    wgan.score(wgan.generate(tf.ones((4, 6))))
    for vector, old in zip(wgan.lipschitz.variables, before, strict=True):
        np.testing.assert_array_equal(vector.numpy(), old)
    seen, project = [], wgan.lipschitz.project

    def recording_project(critic):
        project(critic)
        seen.append([v.numpy() for v in wgan.lipschitz.variables])

    wgan.lipschitz.project = recording_project
    wgan.compile(run_eagerly=True)
    for vector, old in zip(wgan.lipschitz.variables, before, strict=True):
        np.testing.assert_array_equal(vector.numpy(), old)  # compiling keeps them
    wgan.fit(images[:30], batch_size=30, verbose=0)
    assert len(seen) == 3
    for vector, last in zip(wgan.lipschitz.variables, seen[-1], strict=True):
        np.testing.assert_array_equal(vector.numpy(), last)  # also past the generator


def test_what_is_no_kernel_is_not_normalised():
    critic = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(3, 3, kernel_initializer="zeros"),
            keras.layers.PReLU(),
            keras.layers.LayerNormalization(axis=(1, 2, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    wgan = WGAN(tiny_generator(), critic, lipschitz="sn")
    assert len(wgan.lipschitz.variables) == 2
    assert np.isfinite(wgan.score(np.ones((2, *SHAPE), "float32"), training=False)).all()


class HalfClip(LipschitzStrategy):
    """A strategy of a user's, without a get_config."""

    def __init__(self, value):
        self.value = value


def test_a_users_strategy_keeps_its_arguments():
    assert tiny_wgan(lipschitz=HalfClip(0.5)).lipschitz.value == 0.5


def test_spectral_normalisation_keeps_a_critics_moving_statistics(images):
    wgan = WGAN(tiny_generator(), normalised_critic(), 2, lipschitz="sn")
    wgan.compile()
    wgan.fit(images, batch_size=20, verbose=0)
    assert wgan.critic.layers[1].moving_mean.numpy().any()
    with pytest.raises(ValueError, match="power_iterations must be at least 1"):
        SpectralNormalization(0)
