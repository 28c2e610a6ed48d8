# %%
# %matplotlib inline
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from wgan_keras import load_images

SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
DATASET = {"full": "mnist", "short": "mnist", "quick": "digits"}[SETTING]
BATCH_SIZE, N_CRITIC, CLIP_VALUE, RATE = 32, 5, 0.05, 2e-3
WIDTH, LATENT_DIM, SEED = 32, 16, 0

images, held_out = load_images(DATASET), load_images(DATASET, "test")
print(images.shape, images.dtype)


# %%
class Clip(keras.constraints.Constraint):
    """Keras calls this on a weight after every update of it."""

    def __call__(self, weight):
        return keras.ops.clip(weight, -CLIP_VALUE, CLIP_VALUE)


def new_generator():
    """From latents (N, LATENT_DIM) to pictures (N, 28, 28, 1) between -1 and 1."""
    return keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(7 * 7 * 2 * WIDTH, use_bias=False),
            layers.Reshape((7, 7, 2 * WIDTH)),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(WIDTH, 4, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
        ]
    )


def new_critic():
    """From pictures (N, 28, 28, 1) to scores (N, 1)."""
    clipped = {"kernel_constraint": Clip(), "bias_constraint": Clip()}
    critic = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (WIDTH, 2 * WIDTH, 2 * WIDTH):
        critic.add(layers.Conv2D(filters, 4, strides=2, padding="same", **clipped))
        if filters > WIDTH:
            critic.add(layers.BatchNormalization(momentum=0.9))
        critic.add(layers.LeakyReLU(0.2))
    critic.add(layers.Flatten())
    critic.add(layers.Dense(1, **clipped))
    return critic


# %%
mean = tf.reduce_mean


class WGAN(keras.Model):
    """A generator and a critic that train against each other."""

    def __init__(self, generator, critic):
        super().__init__()
        self.generator, self.critic = generator, critic

    def compile(self):
        super().compile()
        self.generator_optimizer = keras.optimizers.RMSprop(RATE)
        self.critic_optimizer = keras.optimizers.RMSprop(RATE)

    def draw_latents(self, count):
        return tf.random.normal((count, LATENT_DIM))

    def train_step(self, images):
        # The critic takes several steps, each on real images and latents of its own.
        for t in range(N_CRITIC):
            real = tf.cast(images[t::N_CRITIC], tf.float32) / 127.5 - 1
            fake = self.generator(self.draw_latents(tf.shape(real)[0]), training=True)
            with tf.GradientTape() as tape:
                real_scores = self.critic(real, training=True)
                fake_scores = self.critic(fake, training=True)
                loss = mean(fake_scores) - mean(real_scores)
            weights = self.critic.trainable_variables
            self.critic_optimizer.apply(tape.gradient(loss, weights), weights)

        # The generator takes a step, and its gradient comes through the critic.
        latents = self.draw_latents(tf.shape(real)[0])
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            fake_scores = self.critic(fake, training=True)
            generator_loss = -mean(fake_scores)
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
        return {"critic_loss": loss, "generator_loss": generator_loss}


# %%
keras.utils.set_random_seed(SEED)
wgan = WGAN(new_generator(), new_critic())
wgan.compile()
history = wgan.fit(images, batch_size=N_CRITIC * BATCH_SIZE, epochs=1, verbose=2)


# %%
def pictures_of(generator, count=40):
    """Pictures of the same latents each time, with pixels from 0 to 1."""
    latents = np.random.default_rng(SEED).normal(size=(count, LATENT_DIM))
    return generator.predict(latents, verbose=0) / 2 + 0.5


def grid(pictures, columns=8):
    """Pictures in rows, each pixel drawn twice as large."""
    pixels = pictures.reshape(-1, columns, 28, 28).transpose(0, 2, 1, 3)
    pixels = pixels.reshape(-1, 28 * columns).repeat(2, axis=0).repeat(2, axis=1)
    return Image.fromarray(np.uint8(255 * pixels))


grid(pictures_of(wgan.generator))

# %%
log_sigmoid = tf.math.log_sigmoid


def new_discriminator():
    """From pictures (N, 28, 28, 1) to logits (N, 1)."""
    discriminator = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (WIDTH, 2 * WIDTH, 2 * WIDTH):
        discriminator.add(layers.Conv2D(filters, 4, strides=2, padding="same"))
        if filters > WIDTH:
            discriminator.add(layers.BatchNormalization(momentum=0.9))
        discriminator.add(layers.LeakyReLU(0.2))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1))
    return discriminator


class DCGAN(keras.Model):
    """A generator and a discriminator that train against each other."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def compile(self):
        super().compile()
        self.generator_optimizer = keras.optimizers.Adam(RATE, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(RATE, beta_1=0.5)

    def draw_latents(self, count):
        return tf.random.normal((count, LATENT_DIM))

    def train_step(self, images):
        # The discriminator takes a step on real images and as many generated ones.
        real = tf.cast(images, tf.float32) / 127.5 - 1
        fake = self.generator(self.draw_latents(tf.shape(real)[0]), training=True)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)
            loss = -mean(log_sigmoid(real_logits)) - mean(log_sigmoid(-fake_logits))
        weights = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)

        # The generator takes a step, and its gradient comes through the discriminator.
        latents = self.draw_latents(tf.shape(real)[0])
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            fake_logits = self.discriminator(fake, training=True)
            generator_loss = -mean(log_sigmoid(fake_logits))
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
        return {"discriminator_loss": loss, "generator_loss": generator_loss}


# %%
import difflib
from inspect import getsource


def lines_of(function):
    """A function's lines with the names of a WGAN, without indentation or comments."""
    source = getsource(function).replace("discriminator", "critic")
    lines = [line.strip() for line in source.replace("logits", "scores").splitlines()]
    return [line for line in lines if not line.startswith(("#", '"""'))]


for before, after in (
    (new_discriminator, new_critic),
    (DCGAN.compile, WGAN.compile),
    (DCGAN.train_step, WGAN.train_step),
):
    for line in difflib.ndiff(lines_of(before), lines_of(after)):
        if line.startswith(("-", "+")):
            print(line)
    print()

# %%
outputs = tf.constant([-20.0, -10.0, -2.0, 0.0, 2.0, 10.0])
losses = {
    "log(1 − D)": lambda output: log_sigmoid(-output),
    "−log D": lambda output: -log_sigmoid(output),
    "−f": lambda output: -output,
    "−f, sigmoid left in": lambda output: -tf.sigmoid(output),
}
print("output" + "".join(f"{name:>21}" for name in losses))
for output in outputs:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(output)
        values = [loss(output) for loss in losses.values()]
    slopes = [tape.gradient(value, output) for value in values]
    print(f"{output:6.0f}" + "".join(f"{slope:21.6f}" for slope in slopes))

# %%
import inspect

import wgan_keras
from wgan_keras.nets.latents import latents

EQUAL_STEPS = {"full": 20, "short": 20, "quick": 2}[SETTING]


class Replayed(WGAN):
    """The class above, with the package's random numbers in place of TensorFlow's."""

    draws = tf.Variable(0, dtype="int64")

    def draw_latents(self, count):
        self.draws.assign_add(1)
        return latents(SEED, self.draws, 0, count, LATENT_DIM)


mine = Replayed(new_generator(), new_critic())
shape = images.shape[1:]
generator = wgan_keras.build_generator(shape, LATENT_DIM, WIDTH)
critic = wgan_keras.build_critic(shape, WIDTH, normalization="batch")
generator.set_weights(mine.generator.get_weights())
critic.set_weights(mine.critic.get_weights())
clipping = wgan_keras.WeightClipping(CLIP_VALUE, normalization=False)
theirs = wgan_keras.WGAN(generator, critic, N_CRITIC, clipping, seed=SEED)
mine.compile()
theirs.compile(keras.optimizers.RMSprop(RATE), keras.optimizers.RMSprop(RATE))

data = wgan_keras.training_data(images, BATCH_SIZE, N_CRITIC, SEED)
before = mine.generator.get_weights()
mine.fit(data.dataset(), steps_per_epoch=EQUAL_STEPS, shuffle=False, verbose=0)
theirs.fit(data, steps_per_epoch=EQUAL_STEPS, verbose=0)


def difference(some, others):
    """The largest difference between two lists of weights."""
    return max(np.abs(one - other).max() for one, other in zip(some, others))


print("moved by the training     ", difference(before, mine.generator.get_weights()))
for name in ("generator", "critic"):
    pair = [getattr(model, name).get_weights() for model in (mine, theirs)]
    print(f"difference of the {name:9}", difference(*pair))

# %%
print(inspect.getsource(wgan_keras.WGAN.train_step))

# %%
from wgan_keras import Classifier, Evaluator

tf.get_logger().setLevel("ERROR")  # it would warn that each new model is compiled anew
TRIAL_STEPS = {"full": 150, "short": 50, "quick": 2}[SETTING]
evaluator = Evaluator(Classifier.shipped("mnist"), held_out[:1000])


def new_gan(model, steps=1, generator=None, normalization="batch", **options):
    """A GAN of the package at its very beginning: the same one at every call.

    Args:
        model: `wgan_keras.WGAN` or a DCGAN.
        steps: Steps of the adversary for each step of the generator.
        generator: Function that builds another generator.
        normalization: Of the adversary.
        **options: `lipschitz`, `critic_optimizer`.
    """
    keras.utils.set_random_seed(SEED)
    generator = (generator or wgan_keras.build_generator)(shape, LATENT_DIM, WIDTH)
    if issubclass(model, wgan_keras.DCGAN):
        adversary = wgan_keras.build_discriminator(shape, WIDTH, 0.0, normalization)
        gan = model(generator, adversary, steps, SEED, average_decay=0.999)
        gan.compile(*(keras.optimizers.Adam(RATE, 0.0, 0.99) for _ in range(2)))
        return gan
    critic = wgan_keras.build_critic(shape, WIDTH, normalization)
    lipschitz = options.get("lipschitz", clipping)
    gan = model(generator, critic, steps, lipschitz, SEED, average_decay=0.999)
    optimizer = options.get("critic_optimizer", keras.optimizers.RMSprop(RATE))
    gan.compile(keras.optimizers.RMSprop(RATE), optimizer)
    return gan


def train(gan, steps, callbacks=()):
    """Trains on the same images each time; the logs of each step, a dict of arrays."""
    curve = wgan_keras.LearningCurve("runs/02_wgan.csv", "runs/02_wgan.png")
    data = wgan_keras.training_data(images, BATCH_SIZE, gan.adversary_steps, SEED)
    gan.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[*callbacks, curve])
    return {name: np.array(values) for name, values in curve.history.items()}


# %%
from wgan_keras.watching.plots import BLUE, GREY, ORANGE, new_figure

critics = {}
figure, axes = new_figure(5, 3, 1, 1)
for name, lipschitz, colour in (
    ("no constraint", None, ORANGE),
    ("clipped to ±0.05", clipping, BLUE),
):
    gan = new_gan(wgan_keras.WGAN, normalization=None, lipschitz=lipschitz)
    logs = train(gan, TRIAL_STEPS)
    critics[name] = gan
    axes.semilogy(
        logs["step"], np.abs(logs["wasserstein_estimate"]), color=colour, label=name
    )
    distance = evaluator.frechet_distance(gan.sample(1000))
    print(
        f"{name:17} estimate {logs['wasserstein_estimate'][-1]:10.3g}"
        f"   mean slope {logs['lipschitz_estimate'][-1]:9.3g}   Fréchet {distance:8.1f}"
    )
axes.set(xlabel="generator step", ylabel="|Wasserstein estimate|")
axes.legend(frameon=False)
figure

# %%
digit = held_out[:1] / 127.5 - 1
faint = np.random.default_rng(SEED).normal(0, 0.02, digit.shape)
twins = np.float32(np.concatenate([digit, np.clip(digit + faint, -1, 1)]))
apart = np.linalg.norm(twins[1] - twins[0])
print(f"two pictures of one digit, {apart:.3f} apart")
for name, gan in critics.items():
    one, other = gan.score(twins).numpy()[:, 0]
    print(
        f"{name:17} scores {one:9.4g} and {other:9.4g}   "
        f"difference / distance {abs(one - other) / apart:8.3g}"
    )
Image.fromarray(np.uint8(np.hstack(twins[:, 4:24, 4:24, 0]) * 127.5 + 127.5)).resize(
    (320, 160)
)

# %%
real = np.float32(held_out[:64] / 127.5 - 1)
among_real = wgan.critic(real, training=True)[0, 0]
fakes = 2 * pictures_of(wgan.generator, 63) - 1
mixed = np.concatenate([real[:1], fakes])
among_fake = wgan.critic(mixed, training=True)[0, 0]
print(f"one digit among 63 other real ones scores {among_real:.3f}")
print(f"the same digit among 63 generated ones    {among_fake:.3f}")

# %%
from wgan_keras import lab

lab.show("clipping")

# %%
import time

TRIAL_SECONDS = {"full": 6, "short": 4, "quick": 0.5}[SETTING]


class StopAfter(keras.callbacks.Callback):
    """Ends a training after some seconds of computing, its first step not counted."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0:
            self.started = time.process_time()
        if time.process_time() - self.started > TRIAL_SECONDS:
            self.model.stop_training = True


print(f"{TRIAL_SECONDS} seconds of computing each")
print("n_critic   generator steps   Fréchet distance")
for n_critic in (1, 2, 5, 10):
    gan = new_gan(wgan_keras.WGAN, n_critic)
    steps = len(train(gan, 10**6, [StopAfter()])["step"])
    distance = evaluator.frechet_distance(gan.sample(1000))
    print(f"{n_critic:8}{steps:18}{distance:19.1f}")

# %%
import warnings

warnings.simplefilter("ignore")  # the package warns of momentum, as the paper does
print(f"optimizer of the critic   Fréchet distance after {TRIAL_STEPS} steps")
for name, optimizer in (
    ("RMSprop", keras.optimizers.RMSprop(RATE)),
    ("Adam, beta_1 = 0", keras.optimizers.Adam(RATE, beta_1=0.0)),
    ("Adam, beta_1 = 0.9", keras.optimizers.Adam(RATE, beta_1=0.9)),
):
    gan = new_gan(wgan_keras.WGAN, critic_optimizer=optimizer)
    train(gan, TRIAL_STEPS)
    print(f"{name:21}{evaluator.frechet_distance(gan.sample(1000)):16.1f}")


# %%
from base64 import b64encode
from pathlib import Path

from IPython.display import HTML
from PIL import ImageDraw

from wgan_keras.watching.plots import save_gif


def show_gif(path):
    """Puts a GIF into the notebook itself, so that it moves wherever this is read."""
    encoded = b64encode(Path(path).read_bytes()).decode()
    return HTML(f'<img src="data:image/gif;base64,{encoded}">')


LONG_STEPS = {"full": 400, "short": 200, "quick": 4}[SETTING]
gans, logs, files = {}, {}, {}
for kind, model in (("DCGAN", wgan_keras.DCGAN), ("WGAN", wgan_keras.WGAN)):
    gans[kind] = new_gan(model, N_CRITIC, normalization=None)
    gif = wgan_keras.TrainingGif(
        f"runs/02_wgan/{kind}.gif", max(1, LONG_STEPS // 30), count=16
    )
    quality = wgan_keras.Quality(evaluator, every=max(1, LONG_STEPS // 20))
    balance = wgan_keras.Balance(held_out, every=max(1, LONG_STEPS // 50))
    logs[kind] = train(gans[kind], LONG_STEPS, [gif, quality, balance])
    files[kind] = sorted(gif.frames.glob("*.png"))

frames = []
for pair in zip(*files.values()):
    strip = [np.pad(np.asarray(Image.open(file)), ((24, 0), (0, 12))) for file in pair]
    frame = Image.fromarray(np.hstack(strip))
    for left, kind in zip((6, strip[0].shape[1] + 6), files):
        ImageDraw.Draw(frame).text((left, 4), kind, fill="white", font_size=16)
    frames.append(np.asarray(frame))
save_gif("runs/02_wgan_side_by_side.gif", frames, frames_per_second=5)
show_gif("runs/02_wgan_side_by_side.gif")

# %%
print("                 Fréchet   precision   recall   classes missed")
judged = {"real images": images[:1000]}
judged |= {kind: gan.sample(1000, seed=1) for kind, gan in gans.items()}
for kind, pictures in judged.items():
    score = evaluator.score(pictures)
    print(
        f"{kind:13}{score['frechet_distance']:11.2f}{score['precision']:12.2f}"
        f"{score['recall']:9.2f}{score['classes_missed']:17.0f}"
    )
grid(np.concatenate([judged["DCGAN"][:24], judged["WGAN"][:24]]))

# %%
from scipy.stats import spearmanr


def at_scores(log, values):
    """At each Fréchet distance: the step, the median of values since the last, itself."""
    scored = np.flatnonzero(np.isfinite(log["frechet_distance"]))
    medians = [np.median(part) for part in np.split(values, scored + 1)[:-1]]
    return log["step"][scored], np.array(medians), log["frechet_distance"][scored]


estimate = logs["WGAN"]["wasserstein_estimate"]
curves = {
    "DCGAN: log 2 − loss / 2": (
        np.log(2) - logs["DCGAN"]["discriminator_loss"] / 2,
        ORANGE,
    ),
    "WGAN: estimate": (estimate, BLUE),
    "WGAN: estimate / mean slope": (estimate / logs["WGAN"]["lipschitz_estimate"], BLUE),
}
figure, panels = new_figure(5, 9, 5, 1, sharex=True)
print("rank correlation with the Fréchet distance    whole run   second half")
for axes, (name, (values, colour)) in zip(panels, curves.items()):
    log = logs[name.split(":")[0]]
    step, medians, distances = at_scores(log, values)
    axes.plot(log["step"], values, color=colour, alpha=0.25)
    axes.plot(step, medians, ".-", color=colour)
    axes.set(title=name, ylim=(0, 1.3 * medians.max()))
    halves = (slice(None), slice(len(step) // 2, None))
    row = [spearmanr(medians[half], distances[half]).statistic for half in halves]
    print(f"{name:43}" + "".join(f"{value:12.2f}" for value in row))
for kind, colour in (("DCGAN", ORANGE), ("WGAN", BLUE)):
    log = logs[kind]
    for axes, name in zip(panels[3:], ("frechet_distance", "told_apart")):
        measured = np.isfinite(log[name])
        axes.plot(
            log["step"][measured], log[name][measured], ".-", color=colour, label=kind
        )
    thirds = np.array_split(log["told_apart"][measured], 3)
    medians = [np.median(third) for third in thirds]
    print(f"{kind}: pairs ranked rightly, in each third of the run", np.round(medians, 2))
panels[3].set(title="Fréchet distance of the pictures", yscale="log")
panels[3].set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
panels[3].minorticks_off()
panels[3].legend(frameon=False)
panels[4].axhline(0.5, color=GREY, linestyle=":")
panels[4].set(title="Share of pairs in which the real image scores higher")
panels[4].set(ylim=(0, 1.03), xlabel="generator step")
figure

# %%
MATCH_STEPS = {"full": 200, "short": 30, "quick": 2}[SETTING]
MANY = {"full": 10, "short": 10, "quick": 2}[SETTING]


class OriginalGAN(wgan_keras.DCGAN):
    """The DCGAN with the loss of the original game: its generator minimises log(1 − D)."""

    log_names = ("discriminator_loss", "generator_loss")

    def train_step(self, data):
        for t, real in enumerate(self.deal(data)):
            fake = self.generate(self.draw_latents(t, real), training=True)
            with tf.GradientTape() as tape:
                real_logits = self.score(real, training=True)
                fake_logits = self.score(fake, training=True)
                loss = -mean(log_sigmoid(real_logits)) - mean(log_sigmoid(-fake_logits))
            self.descend(self.discriminator, self.discriminator_optimizer, tape, loss)

        latents = self.draw_latents(self.n_discriminator, real)
        with tf.GradientTape() as tape:
            fake_logits = self.score(self.generate(latents, training=True), training=True)
            generator_loss = mean(log_sigmoid(-fake_logits))  # instead of −log D
        self.descend(self.generator, self.optimizer, tape, generator_loss)
        return self.finish_step(
            {"discriminator_loss": loss, "generator_loss": generator_loss}
        )


def plain_generator(shape, latent_dim, width):
    """The same layers as before, without batch normalisation."""
    network = wgan_keras.build_generator(shape, latent_dim, width)
    layers_kept = [
        layer.__class__.from_config(layer.get_config())
        for layer in network.layers
        if not isinstance(layer, layers.BatchNormalization)
    ]
    return keras.Sequential(layers_kept)


conditions = {
    "as recommended": {},
    f"{MANY} adversary steps": {"steps": MANY},
    "plain generator": {"generator": plain_generator},
    "plain networks": {"generator": plain_generator, "normalization": None},
}
kinds = {"log(1 − D)": OriginalGAN, "−log D": wgan_keras.DCGAN, "WGAN": wgan_keras.WGAN}
figure, panels = new_figure(5, 7.5, len(conditions), len(kinds))
print(
    f"Fréchet distance after {MATCH_STEPS} steps" + "".join(f"{kind:>12}" for kind in kinds)
)
for row, (name, options) in zip(panels, conditions.items()):
    distances = []
    for axes, (kind, model) in zip(row, kinds.items()):
        gan = new_gan(model, **options)
        train(gan, MATCH_STEPS)
        pictures = gan.sample(1000)
        distances.append(evaluator.frechet_distance(pictures))
        square = pictures[:9, ..., 0].reshape(3, 3, 28, 28).transpose(0, 2, 1, 3)
        axes.imshow(square.reshape(84, 84), cmap="gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[], title=kind)
    row[0].set_ylabel(name)
    print(f"{name:32}" + "".join(f"{distance:12.1f}" for distance in distances))
figure
