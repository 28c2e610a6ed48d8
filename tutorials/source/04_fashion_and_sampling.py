# %% [markdown] lang="en"
# Stub {{minutes}} {{repository}}

# %% [markdown] lang="zh-TW"
# 草稿 {{minutes}} {{repository}}

# %%
# %matplotlib inline
import contextlib
import io
import logging
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import keras
import numpy as np
import scipy.stats
import tensorflow as tf
from fontTools.ttLib import TTFont
from IPython.display import HTML
from PIL import Image, ImageDraw, ImageFont

from wgan_keras import WGAN, Checkpoint, Classifier, Evaluator, GradientPenalty
from wgan_keras import HealthCheck, LearningCurve, Quality, Settings, TrainingGif
from wgan_keras import build_critic, build_generator, load_images, load_labels
from wgan_keras import load_model, training_data, verify_manifest
from wgan_keras.cli.main import main
from wgan_keras.evaluation.metrics import class_shares, nearest_training_images
from wgan_keras.nets.latents import SAMPLING_DRAW, latents, spherical_interpolation
from wgan_keras.runs.building import build_model
from wgan_keras.runs.recipes import RECIPES
from wgan_keras.watching.plots import BLUE, GREEN, GREY, ORANGE
from wgan_keras.watching.plots import image_grid, new_figure, save_gif

# %%
SETTING = "full"  # or "short", a quick look ("quick" only tests that the cells run)
STEPS = {"full": 2000, "short": 300, "quick": 6}[SETTING]
DATASET = {"full": "fashion-mnist", "short": "fashion-mnist", "quick": "digits"}[SETTING]
FEATURES = {"full": "fashion-mnist", "short": "fashion-mnist", "quick": "mnist"}[SETTING]
SCORED = {"full": 2000, "short": 1000, "quick": 40}[SETTING]  # pictures in a set
SCORE_EVERY = {"full": 200, "short": 50, "quick": 2}[SETTING]  # steps
OWN_STEPS = {"full": 1500, "short": 200, "quick": 2}[SETTING]
SEED, LATENT_DIM, BATCH_SIZE = 0, 16, 32

RUNS = Path("runs/04_fashion_and_sampling")
shutil.rmtree(RUNS, ignore_errors=True)  # a second run starts anew
RUNS.mkdir(parents=True)
logging.getLogger("wgan_keras").handlers = [logging.StreamHandler(sys.stdout)]
logging.getLogger("tensorflow").setLevel("ERROR")

# %%
images = load_images(DATASET)
test_images = load_images(DATASET, split="test")
labels = load_labels(DATASET)
print("training images:", images.shape, images.dtype)
print("test images:    ", test_images.shape, test_images.dtype)

# %%
NAMES = ["T-shirt", "trousers", "pullover", "dress", "coat"]
NAMES += ["sandal", "shirt", "sneaker", "bag", "ankle boot"]


def draw_rows(rows):
    """A row of ten pictures for each name."""
    figure, panels = new_figure(5, 0.5 * len(rows), len(rows), 1)
    for panel, (name, pictures) in zip(np.ravel(panels), rows.items()):
        panel.imshow(image_grid(pictures, 10, min_side=28), cmap="gray", vmin=0, vmax=255)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
        panel.set_ylabel(name, fontsize=11, rotation=0, ha="right", va="center")
    return figure


draw_rows({name: images[labels == number][:10] for number, name in enumerate(NAMES)})

# %%
RECIPES["recommended"]["gp"]


# %%
def new_wgan(image_shape):
    keras.utils.set_random_seed(SEED)
    wgan = WGAN(
        build_generator(image_shape, LATENT_DIM, width=32),
        build_critic(image_shape, width=32, normalization="layer"),
        n_critic=1,
        lipschitz=GradientPenalty(1.0, every=4),
        seed=SEED,
        average_decay=0.999,
    )
    wgan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.99),
        critic_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.99),
    )
    return wgan


wgan = new_wgan(images.shape[1:])
settings = Settings(lipschitz="gp", image_shape=images.shape[1:], seed=SEED, steps=STEPS)
pairs = zip(wgan.get_weights(), build_model(settings).get_weights(), strict=True)
print("the recipe's own first weights:", all(np.array_equal(a, b) for a, b in pairs))

# %%
evaluator = Evaluator(Classifier.shipped(FEATURES), test_images[:SCORED])
curve = LearningCurve(RUNS / "curve.csv", RUNS / "curve.png")
callbacks = [
    TrainingGif(RUNS / "training.gif", every=max(1, STEPS // 30), count=25),
    Quality(evaluator, every=SCORE_EVERY, count=SCORED // 2),
    curve,
    HealthCheck(),
    Checkpoint(RUNS / "checkpoints", every_minutes=1),
]
wgan.fit(
    training_data(images, BATCH_SIZE, seed=SEED),
    steps_per_epoch=STEPS,
    epochs=1,
    callbacks=callbacks,
    verbose=0,
)
print("steps:", int(wgan.steps_done.numpy()))
print(f"passes over the training images: {STEPS * BATCH_SIZE / len(images):.1f}")


# %%
def show_gif(path):
    """Puts a GIF into the notebook itself, so that it moves wherever this is read."""
    encoded = b64encode(Path(path).read_bytes()).decode()
    return HTML(f'<img src="data:image/gif;base64,{encoded}">')


shutil.copy(RUNS / "training.gif", f"{RUNS}_training.gif")
show_gif(RUNS / "training.gif")

# %%
pictures = wgan.sample(3 * SCORED, seed=SEED)  # floats in [0, 1]
Image.fromarray(image_grid(pictures[:64], columns=8, min_side=28))

# %%
distances = np.array(curve.history["frechet_distance"])
estimates = np.array(curve.history["wasserstein_estimate"])
marks = np.flatnonzero(~np.isnan(distances))
medians = np.array([np.median(estimates[m + 1 - SCORE_EVERY : m + 1]) for m in marks])
floor = evaluator.frechet_distance(images[: SCORED // 2])

figure, (above, below) = new_figure(5, 6, 2, 1, sharex=True)
above.plot(estimates, color=GREY, linewidth=0.4, label="each step")
above.plot(marks, medians, "o-", color=BLUE, label=f"median of {SCORE_EVERY} steps")
above.set(ylabel="estimate", ylim=(0, np.percentile(estimates, 99)))
above.legend(frameon=False)
below.plot(marks, distances[marks], "o-", color=ORANGE, label="generated pictures")
below.axhline(floor, color=GREEN, label="real training images")
below.set(ylabel="Fréchet distance", xlabel="generator step", ylim=(0, None))
below.legend(frameon=False)
figure

# %%
print("steps         estimate, median   Fréchet distance")
for mark, median in zip(marks, medians):
    print(
        f"{mark + 2 - SCORE_EVERY:4} to {mark + 1:4} {median:14.2f} {distances[mark]:18.2f}"
    )
print(f"{SCORED // 2} real training images {floor:21.2f}\n")
for name, start in (("whole training", 0), ("second half", len(marks) // 2)):
    if len(marks) - start > 2:
        rank = scipy.stats.spearmanr(medians[start:], distances[marks][start:]).statistic
        print(f"rank correlation, {name}: {rank:.2f}")

# %%
FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
own_folder = RUNS / "emoji"
own_folder.mkdir()


def draw_emoji(character):
    """One glyph of the font on white, 136x128 pixels."""
    picture = Image.new("RGB", (136, 128), "white")
    font = ImageFont.truetype(str(FONT), 109)  # the one size that this font has
    ImageDraw.Draw(picture).text((0, 0), character, font=font, embedded_color=True)
    return picture


def draw_disc(random):
    """A coloured disc on white, for computers without the font."""
    picture = Image.new("RGB", (136, 128), "white")
    x, y, radius = random.integers((30, 30, 15), (106, 98, 30))
    colour = tuple(int(level) for level in random.integers(0, 200, 3))
    ImageDraw.Draw(picture).circle((x, y), radius, fill=colour)
    return picture


if FONT.exists():
    codes = [code for code in TTFont(FONT).getBestCmap() if code > 0x2000]
    drawn = {f"{code:x}": draw_emoji(chr(code)) for code in codes}
else:
    drawn = {f"{n}": draw_disc(np.random.default_rng(n)) for n in range(1000)}
for name, picture in drawn.items():
    if np.ptp(picture) > 0:  # some characters of the font are blank
        picture.save(own_folder / f"{name}.png")

# %%
own_images = load_images(own_folder, image_shape=(32, 32, 3))
own_held_out = load_images(own_folder, split="test", image_shape=(32, 32, 3))
print("to train on:", own_images.shape, own_images.dtype)
print("held out:   ", own_held_out.shape)
Image.fromarray(image_grid(own_images[:: len(own_images) // 40][:40], 8, min_side=32))

# %%
own_wgan = new_wgan(own_images.shape[1:])
own_wgan.fit(
    training_data(own_images, BATCH_SIZE, seed=SEED),
    steps_per_epoch=OWN_STEPS,
    epochs=1,
    verbose=0,
)
own_pictures = own_wgan.sample(200, seed=SEED)
print(f"passes over the images: {OWN_STEPS * BATCH_SIZE / len(own_images):.0f}")
Image.fromarray(image_grid(own_pictures[:40], 8, min_side=32))


# %%
def neighbours(pictures, training_images):
    """Ten pictures, and below each the training image nearest to it."""
    indices, _ = nearest_training_images(pictures[:10], training_images)
    pixels = (255 * pictures[:10]).round().astype(np.uint8)
    pairs = np.concatenate([pixels, training_images[indices]])
    return Image.fromarray(image_grid(pairs, 10, min_side=32))


for name, some in (("generated", own_pictures), ("held-out", own_held_out)):
    _, gaps = nearest_training_images(some, own_images)
    print(f"{name:10} nearest training image: median {np.median(gaps):.2f}, ", end="")
    print(f"smallest {gaps.min():.2f}")
neighbours(own_pictures, own_images)

# %%
made = [evaluator.score(part) for part in np.split(pictures, 3)]
real = [evaluator.score(part) for part in np.split(images[: 3 * SCORED], 3)]
print(f"{'3 sets of ' + str(SCORED):20}{'generated':>18}{'real images':>18}")
for measure in made[0]:
    cells = []
    for sets in (made, real):
        values = [scores[measure] for scores in sets]
        cells.append(f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}")
    print(f"{measure:20}{cells[0]:>18}{cells[1]:>18}")

# %%
classifier = Classifier.shipped(FEATURES)
_, made_classes = classifier(pictures)
_, real_classes = classifier(test_images)
figure, panel = new_figure(5, 4.5, 1, 1)
rows = np.arange(10)
panel.barh(rows - 0.2, 100 * class_shares(made_classes), 0.4, color=BLUE, label="generated")
panel.barh(
    rows + 0.2, 100 * class_shares(real_classes), 0.4, color=GREY, label="test images"
)
panel.set_yticks(rows, NAMES)
panel.invert_yaxis()
panel.set_xlabel("share of the pictures, %")
panel.legend(frameon=False, loc="lower right")
figure

# %%
of_class = {name: pictures[made_classes == n][:10] for n, name in enumerate(NAMES)}
draw_rows({name: found for name, found in of_class.items() if len(found)})

# %%
some = min(1000, SCORED)
for name, those in (("generated", pictures[:some]), ("test images", test_images[:some])):
    _, gaps = nearest_training_images(those, images)
    print(f"{name:12} nearest training image: median {np.median(gaps):.2f}, ", end="")
    print(f"smallest {gaps.min():.2f}")
neighbours(pictures, images)

# %%
wgan.save(RUNS / "wgan.keras")
loaded = load_model(RUNS / "wgan.keras")
print("steps done:", int(loaded.steps_done.numpy()))
print("same pictures:", np.array_equal(loaded.sample(64, SEED), wgan.sample(64, SEED)))

# %%
folder = RUNS / "sampler"
wgan.export_sampler(folder, dataset=DATASET, recipe="recommended")
for path in sorted(folder.rglob("*")):
    print(path.relative_to(folder).as_posix() + ("/" if path.is_dir() else ""))

# %%
PROGRAM = """
import sys

import numpy as np
import tensorflow as tf

sampler = tf.saved_model.load(sys.argv[1])
images = sampler.sample(n=64, seed=7)["images"]

tours = []
for first in range(0, 64, 8):  # eight tours, each through four seeds and back
    seeds = [first, first + 1, first + 2, first + 3, first]
    ways = [
        sampler.interpolate(seed_a=a, seed_b=b, steps=13)["images"][:-1]
        for a, b in zip(seeds, seeds[1:])
    ]
    tours.append(tf.concat(ways, axis=0))
np.savez(sys.argv[2], images=images, tours=tf.stack(tours))
print("is wgan_keras loaded?", "wgan_keras" in sys.modules)
"""
(RUNS / "draw.py").write_text(PROGRAM)
command = [sys.executable, RUNS / "draw.py", folder, RUNS / "drawn.npz"]
process = subprocess.run(command, capture_output=True, text=True, check=True)
print(process.stdout)
drawn = np.load(RUNS / "drawn.npz")
difference = np.abs(drawn["images"] - wgan.sample(64, seed=7)).max()
print("largest difference of a pixel from wgan.sample:", difference)

# %%
frames = [image_grid(moment, 4, min_side=56) for moment in drawn["tours"].swapaxes(0, 1)]
save_gif(RUNS / "walk.gif", frames, frames_per_second=10)
shutil.copy(RUNS / "walk.gif", f"{RUNS}_walk.gif")
show_gif(RUNS / "walk.gif")

# %%
sampler = tf.saved_model.load(str(folder))
start, end = latents(1, SAMPLING_DRAW, 0, 2, LATENT_DIM)
arc = spherical_interpolation(start, end, 9)
share = tf.linspace(0.0, 1.0, 9)[:, tf.newaxis]
line = (1 - share) * start + share * end
for name, way in (("arc", arc), ("straight line", line)):
    lengths = " ".join(f"{length:.1f}" for length in tf.norm(way, axis=1))
    print(f"lengths along the {name:14} {lengths}")
both = tf.concat([arc, line], axis=0)
ways = sampler.serving_default(both)["images"].numpy()
Image.fromarray(image_grid(ways, 9, min_side=56))

# %%
count = SCORED // 2
points = latents(SEED, SAMPLING_DRAW, 0, 2 * count, LATENT_DIM)
starts, ends = points[:count], points[count:]
pairs = zip(starts, ends)
middles = tf.stack([spherical_interpolation(a, b, 3)[1] for a, b in pairs])
for name, there in (
    ("ends", starts),
    ("middles of arcs", middles),
    ("middles of straight lines", (starts + ends) / 2),
):
    drawn_there = sampler.serving_default(there)["images"].numpy()
    print(f"{name:26} Fréchet distance {evaluator.frechet_distance(drawn_there):.2f}")

# %%
with contextlib.redirect_stdout(io.StringIO()) as output:
    main(["info", str(folder)])  # what the command calls
print(output.getvalue().replace(verify_manifest(folder), "(64 hexadecimal digits)"))

