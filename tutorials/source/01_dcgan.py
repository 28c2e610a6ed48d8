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
BATCH_SIZE, RATE = 32, 1e-3
WIDTH, LATENT_DIM, SEED = 32, 16, 0

images, held_out = load_images(DATASET), load_images(DATASET, "test")
print("training", images.shape, images.dtype, "  held out", held_out.shape)


# %%
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


# %%
mean, log_sigmoid = tf.reduce_mean, tf.math.log_sigmoid


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
keras.utils.set_random_seed(SEED)
dcgan = DCGAN(new_generator(), new_discriminator())
dcgan.compile()
history = dcgan.fit(images, batch_size=BATCH_SIZE, epochs=1, verbose=2)


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


grid(pictures_of(dcgan.generator))

# %%
logits = tf.Variable([-10.0, -5.0, -2.0, 0.0, 2.0])
with tf.GradientTape(persistent=True) as tape:
    saturating = log_sigmoid(-logits)  # log(1 − D)
    non_saturating = -log_sigmoid(logits)  # −log D
slopes = [tape.gradient(loss, logits) for loss in (saturating, non_saturating)]
print("   logit          D   slope of log(1 − D)   slope of −log D")
for logit, *row in zip(logits, tf.sigmoid(logits), *slopes):
    print(f"{logit:8.0f}{row[0]:11.5f}{row[1]:22.5f}{row[2]:18.5f}")

# %%
import wgan_keras
from wgan_keras.nets.latents import latents

EQUAL_STEPS = {"full": 20, "short": 20, "quick": 2}[SETTING]


class Replayed(DCGAN):
    """The class above, with the package's random numbers in place of TensorFlow's."""

    draws = tf.Variable(0, dtype="int64")

    def draw_latents(self, count):
        self.draws.assign_add(1)
        return latents(SEED, self.draws, 0, count, LATENT_DIM)


mine = Replayed(new_generator(), new_discriminator())
generator = wgan_keras.build_generator((28, 28, 1), LATENT_DIM, WIDTH)
discriminator = wgan_keras.build_discriminator((28, 28, 1), WIDTH, 0.0, "batch")
generator.set_weights(mine.generator.get_weights())
discriminator.set_weights(mine.discriminator.get_weights())
theirs = wgan_keras.DCGAN(generator, discriminator, seed=SEED)
mine.compile()
theirs.compile(*(keras.optimizers.Adam(RATE, beta_1=0.5) for _ in range(2)))

data = wgan_keras.training_data(images, BATCH_SIZE, seed=SEED)
before = mine.generator.get_weights()
mine.fit(data.dataset(), steps_per_epoch=EQUAL_STEPS, shuffle=False, verbose=0)
theirs.fit(data, steps_per_epoch=EQUAL_STEPS, verbose=0)


def difference(some, others):
    """The largest difference between two lists of weights."""
    return max(np.abs(one - other).max() for one, other in zip(some, others))


print("moved by the training         ", difference(before, mine.generator.get_weights()))
for name in ("generator", "discriminator"):
    pair = [getattr(model, name).get_weights() for model in (mine, theirs)]
    print(f"difference of the {name:13}", difference(*pair))

# %%
from base64 import b64encode
from pathlib import Path

from IPython.display import HTML

from wgan_keras import Classifier, Evaluator
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE, new_figure

tf.get_logger().setLevel("ERROR")  # it would warn that each new model is compiled anew
STEPS = {"full": 1200, "short": 300, "quick": 6}[SETTING]


def show_gif(path):
    """Puts a GIF into the notebook itself, so that it moves wherever this is read."""
    encoded = b64encode(Path(path).read_bytes()).decode()
    return HTML(f'<img src="data:image/gif;base64,{encoded}">')


def new_dcgan():
    """The package's DCGAN at its very beginning: the same one at every call."""
    keras.utils.set_random_seed(SEED)
    generator = wgan_keras.build_generator((28, 28, 1), LATENT_DIM, WIDTH)
    discriminator = wgan_keras.build_discriminator((28, 28, 1), WIDTH, 0.0, "batch")
    dcgan = wgan_keras.DCGAN(generator, discriminator, seed=SEED, average_decay=0.999)
    dcgan.compile(*(keras.optimizers.Adam(RATE, beta_1=0.5) for _ in range(2)))
    return dcgan


def train(dcgan, steps, name, watch=()):
    """Trains under the eyes of callbacks; what each step logged, a dict of arrays."""
    curve = wgan_keras.LearningCurve(
        f"runs/01_dcgan/{name}.csv", f"runs/01_dcgan/{name}.png"
    )
    dcgan.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[*watch, curve])
    return {name: np.array(values) for name, values in curve.history.items()}


evaluator = Evaluator(Classifier.shipped("mnist"), held_out[:1000])
watched = new_dcgan()
watch = [
    wgan_keras.TrainingGif(
        "runs/01_dcgan/training.gif", every=max(1, STEPS // 40), count=25
    ),
    wgan_keras.Quality(evaluator, every=max(1, STEPS // 20)),
    wgan_keras.Balance(held_out, every=max(1, STEPS // 100)),
]
log = train(watched, STEPS, "watched", watch)
show_gif("runs/01_dcgan/training.gif")

# %%
from scipy.stats import spearmanr

scored = np.flatnonzero(np.isfinite(log["frechet_distance"]))
distances, steps = log["frechet_distance"][scored], log["step"][scored]
figure, panels = new_figure(5, 5, 2, 1, sharex=True)
print("rank correlation with the Fréchet distance   whole run   second half")
for name, colour in (("discriminator_loss", BLUE), ("generator_loss", ORANGE)):
    medians = [np.median(part) for part in np.split(log[name], scored + 1)[:-1]]
    panels[0].plot(log["step"], log[name], color=colour, alpha=0.2)
    panels[0].plot(steps, medians, color=colour, label=name.replace("_", " "))
    halves = (slice(None), slice(len(scored) // 2, None))
    row = [spearmanr(medians[half], distances[half]).statistic for half in halves]
    print(f"{name:42}" + "".join(f"{value:12.2f}" for value in row))
panels[0].set(title="Losses", ylim=(0, np.percentile(log["generator_loss"], 99)))
panels[0].legend(frameon=False)
panels[1].plot(steps, distances, ".-", color=GREEN)
panels[1].set(title="Fréchet distance of the pictures", xlabel="step", yscale="log")
panels[1].set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
panels[1].minorticks_off()
print("Fréchet distance at each score:", *np.round(distances, 1))
figure


# %%
def quarters(log, name):
    """Medians of what `Balance` measured, in each quarter of a training."""
    values = log[name][np.isfinite(log[name])]
    return [np.median(part) for part in np.array_split(values, 4)]


figure, (won, strength) = new_figure(5, 5, 2, 1, sharex=True)
measured = np.isfinite(log["told_apart"])
won.plot(log["step"][measured], log["told_apart"][measured], color=BLUE)
won.axhline(0.5, color=GREY, linestyle=":")
won.set(title="Pairs in which the real image gets the higher logit", ylim=(0.45, 1.03))
strength.set(title="Gradient at the generated pictures, mean norm", xlabel="step")
print("in each quarter of the run")
print("told apart            ", *(f"{value:8.3f}" for value in quarters(log, "told_apart")))
for name, colour, label in (
    ("generator_gradient", GREEN, "−log D"),
    ("saturating_gradient", ORANGE, "log(1 − D)"),
):
    strength.semilogy(log["step"][measured], log[name][measured], color=colour, label=label)
    print(f"gradient of {label:10}", *(f"{value:8.3f}" for value in quarters(log, name)))
strength.legend(frameon=False)
figure

# %%
from wgan_keras.evaluation.metrics import class_shares

_, real = evaluator.classifier(held_out[:5000])
_, generated = evaluator.classifier(watched.sample(5000, seed=1))
print("digit      " + "".join(f"{digit:7}" for digit in range(10)))
for kind, classes in (("real", real), ("generated", generated)):
    print(f"{kind:11}" + "".join(f"{share:7.3f}" for share in class_shares(classes)))
grid(watched.sample(40))

# %%
ALONE_STEPS = {"full": 300, "short": 100, "quick": 4}[SETTING]
early = new_dcgan()
train(early, max(1, STEPS // 20), "early")
figure, panels = new_figure(5, 5, 2, 1, sharex=True)
print("the discriminator alone          told apart   −log D   log(1 − D)")
for panel, dcgan in zip(panels, (early, watched)):
    after = f"after {dcgan.steps_done.numpy()} steps"
    dcgan.compile(keras.optimizers.SGD(0.0), keras.optimizers.Adam(RATE, beta_1=0.5))
    balance = wgan_keras.Balance(held_out, every=max(1, ALONE_STEPS // 25))
    alone = train(dcgan, ALONE_STEPS, f"alone_{after}", [balance])
    seen = np.flatnonzero(np.isfinite(alone["told_apart"]))
    for name, colour, label in (
        ("generator_gradient", GREEN, "−log D"),
        ("saturating_gradient", ORANGE, "log(1 − D)"),
    ):
        panel.semilogy(seen, alone[name][seen], color=colour, label=label)
    panel.set(title=f"Gradient, generator held still {after}", ylabel="mean norm")
    for when, place in (("first", seen[0]), ("last", seen[-1])):
        print(
            f"{after + ', ' + when:30}{alone['told_apart'][place]:13.4f}"
            f"{alone['generator_gradient'][place]:9.3f}"
            f"{alone['saturating_gradient'][place]:13.5f}"
        )
panels[0].legend(frameon=False)
panels[1].set_xlabel("steps of the discriminator alone")
figure
