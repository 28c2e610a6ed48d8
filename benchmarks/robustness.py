"""Which GAN still trains when its networks, rates or data are made worse?

    python benchmarks/robustness.py run --folder FOLDER [--only SUBSTRING] [--as FILE]
    python benchmarks/robustness.py table --folder FOLDER

`run` trains five methods under ten conditions, on two data sets with three seeds: 300
trainings, one after another in one process of one thread. Each gets the same CPU time, and
starts from its method's recommended recipe. It can be stopped and started again: a training
that has its JSON file in FOLDER is not repeated. `--only` chooses those whose name has
SUBSTRING in it. With `--as docs/robustness.json`, each training makes as many steps as it
did there, so that some of them can be repeated on a faster or slower machine and still be
compared with the rest. `table` writes docs/robustness.md, docs/robustness.json and
docs/images/robustness.png.

A training counts as **collapsed** if one of these holds for 2,000 of its pictures. This was
fixed before the first training of the grid was started.

- *not finite*: some pixel is not a finite number. Nothing can be drawn from such a
  generator.
- *no shapes*: the Fréchet distance is more than half that of shapeless pictures, in which
  each pixel is taken from the same place of another training image, chosen at random.
  Such pictures need no learning, and a generator that is not halfway from them to
  the real images has not learnt shapes.
- *all alike*: the root mean square distance between two pictures, pixel by pixel, is less
  than a tenth of that between two real images. So near to each other are only pictures
  that hardly depend on the latents.
- *classes missed*: three or more of the ten classes have less than 1 % of the pictures,
  where each has about 10 % of the real images. One or two may be missed because similar
  classes, such as Fashion-MNIST's shirts and coats, are not yet told apart.
"""

import argparse
import collections
import dataclasses
import functools
import gc
import json
import math
import os
import statistics
import time
from pathlib import Path

import runs

from wgan_keras.files import atomic_write
from wgan_keras.files import write_json

SEEDS = (0, 1, 2)
DATASETS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}
METHODS = {  # name: title, and what differs from the default settings
    "dcgan": ("DCGAN, −log D", {"model": "dcgan"}),
    "dcgan-minimax": ("DCGAN, log(1 − D)", {"model": "dcgan"}),
    "clip": ("WGAN, clipped", {"lipschitz": "clip"}),
    "gp": ("WGAN-GP", {"lipschitz": "gp"}),
    "sn": ("WGAN-SN", {"lipschitz": "sn"}),
}
CONDITIONS = {  # name: title, and what differs from the recommended settings
    "recommended": ("as recommended", lambda settings: {}),
    "plain-generator": ("no normalisation in the generator", lambda settings: {}),
    "plain": ("no normalisation at all", lambda settings: {"normalization": "none"}),
    "mlp": ("dense generator", lambda settings: {}),
    "critic-25": ("25 adversary steps", lambda settings: {"n_critic": 25}),
    "fast": (
        "learning rate × 10",
        lambda settings: {"learning_rate": settings.learning_rate * 10},
    ),
    "slow": (
        "learning rate / 10",
        lambda settings: {"learning_rate": settings.learning_rate / 10},
    ),
    "narrow": ("half the width", lambda settings: {"width": settings.width // 2}),
    "64x64": (
        "64×64 pixels",
        lambda settings: {"width": 16, "image_shape": (64, 64, 1)},
    ),
    "tenth": ("a tenth of the images", lambda settings: {}),
}
SECONDS = {  # of CPU time, for training alone
    "64x64": 30,
    # In 10 seconds, none of the five got anywhere on MNIST under these conditions.
    "mlp": 60,
    "slow": 60,
    "critic-25": 120,
}
OTHER_SECONDS = 10  # of all others
LONG = ("mlp", "slow", "critic-25")  # conditions that come last
PICTURES = 2000
MAX_DISTANCE = 1 / 2  # of shapeless pictures' distance
MIN_SPREAD = 1 / 10  # of the real images' spread
MIN_SHARE = 0.01  # of the pictures, for a class not to be missed
MAX_MISSED = 2  # classes
DOCS = Path(__file__).parent.parent / "docs"

RUNS = {  # so ordered that an unfinished grid says most
    f"{seed}_{dataset}_{condition}_{method}": (dataset, seed, condition, method)
    for long in (False, True)
    for seed in SEEDS
    for dataset in DATASETS
    for condition in CONDITIONS
    if (condition in LONG) == long
    for method in METHODS
}

# === Models ===


def settings_of(dataset, seed, condition, method):
    from wgan_keras import Settings

    settings = Settings(
        dataset=dataset, image_shape=(28, 28, 1), seed=seed, **METHODS[method][1]
    )
    return dataclasses.replace(settings, **CONDITIONS[condition][1](settings))


def build(settings, condition, method):
    """The compiled model of a method, with the condition's generator."""
    from wgan_keras.runs.building import build_model

    model = build_model(settings)
    generator = model.generator
    if condition in ("plain-generator", "plain"):
        generator = without_normalization(generator)
    elif condition == "mlp":
        generator = dense_generator(settings.latent_dim, settings.image_shape)
    kind = minimax_dcgan() if method == "dcgan-minimax" else type(model)
    rebuilt = kind.from_config(model.get_config() | {"generator": generator})
    rebuilt.compile_from_config(model.get_compile_config())
    return rebuilt


def without_normalization(generator):
    """The same network without batch normalisation, whose shift a bias replaces."""
    import keras

    def is_norm(layer):
        return isinstance(layer, keras.layers.BatchNormalization)

    def clone(layer):
        has_weights = layer.weights and not is_norm(layer)
        bias = {"use_bias": True} if has_weights else {}
        return layer.from_config(layer.get_config() | bias)

    def call(layer, inputs, **options):
        return inputs if is_norm(layer) else layer(inputs, **options)

    return keras.models.clone_model(generator, clone_function=clone, call_function=call)


def dense_generator(latent_dim, image_shape):
    """Four dense layers of 512 units with ReLU, and a last one of as many as pixels.

    Reference:
        Arjovsky, Chintala, Bottou (2017), section 4.3, for a generator of this kind.
    """
    import keras
    from keras import layers

    latents = x = keras.Input((latent_dim,), name="latents")
    for _ in range(4):
        x = layers.Dense(512, activation="relu")(x)
    x = layers.Dense(math.prod(image_shape), activation="tanh")(x)
    return keras.Model(latents, layers.Reshape(image_shape)(x), name="generator")


@functools.cache
def minimax_dcgan():
    """The class of DCGANs whose generator descends log(1 − D), as in the original game."""
    import tensorflow as tf

    from wgan_keras import DCGAN
    from wgan_keras.nets.losses import discriminator_loss

    class MinimaxDCGAN(DCGAN):
        """Reference: Goodfellow et al. (2014), equation 1 and Algorithm 1."""

        log_names = ("discriminator_loss", "generator_loss")

        def train_step(self, data):
            losses = []
            for t, real in enumerate(self.deal(data)):
                fake = self.generate(self.draw_latents(t, real), training=True)
                with tf.GradientTape() as tape:
                    loss = discriminator_loss(
                        self.score(real, training=True), self.score(fake, training=True)
                    )
                self.descend(self.discriminator, self.discriminator_optimizer, tape, loss)
                losses.append(loss)

            latents = self.draw_latents(self.n_discriminator, real)
            with tf.GradientTape() as tape:
                logits = self.score(self.generate(latents, training=True), training=True)
                generator_loss = -tf.reduce_mean(tf.nn.softplus(logits))  # log(1 − D)
            self.descend(self.generator, self.optimizer, tape, generator_loss)
            return self.finish_step(
                {
                    "discriminator_loss": tf.reduce_mean(losses),
                    "generator_loss": generator_loss,
                }
            )

    return MinimaxDCGAN


# === Images ===


def resize(images, side, method):
    """uint8 images `(N, H, W, C)` at another size, a thousand at a time."""
    import numpy as np
    import tensorflow as tf

    def resized(part):
        return np.rint(tf.image.resize(part, (side, side), method)).astype(np.uint8)

    parts = [images[start : start + 1000] for start in range(0, len(images), 1000)]
    return np.concatenate([resized(part) for part in parts])


@functools.lru_cache(maxsize=2)
def training_images(dataset, side):
    from wgan_keras import load_images

    images = load_images(dataset)
    return images if side == 28 else resize(images, side, "bilinear")


@functools.cache
def evaluator(dataset):
    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images

    return Evaluator(Classifier.shipped(dataset), load_images(dataset, "test"))


def as_scored(pictures):
    """uint8 pictures of 28×28 pixels, of floats in [0, 1] of 28×28 or 64×64."""
    import numpy as np

    pictures = np.rint(255 * pictures).astype(np.uint8)
    return pictures if pictures.shape[1] == 28 else resize(pictures, 28, "area")


# === Measurements and the criterion ===


def measure(dataset, pictures):
    """Dict of what is measured of uint8 pictures `(N, 28, 28, 1)`."""
    from wgan_keras.evaluation.metrics import class_shares
    from wgan_keras.evaluation.metrics import frechet_distance

    features, classes = evaluator(dataset).extractor(pictures)
    return {
        "frechet_distance": frechet_distance(evaluator(dataset).features, features),
        "spread": spread(pictures),
        "classes_missed": int((class_shares(classes) < MIN_SHARE).sum()),
    }


def spread(images):
    """Root mean square Euclidean distance between two of the images, pixels in [0, 1]."""
    from wgan_keras.evaluation.metrics import flatten_pixels

    # The mean squared distance between two independent draws is twice the variance.
    return float((2 * flatten_pixels(images).var(axis=0).sum()) ** 0.5)


def reference(dataset):
    """The same measurements of real images, reduced real images and shapeless ones."""
    import numpy as np

    real = training_images(dataset, 28)[:PICTURES]
    shapeless = np.random.default_rng(0).permuted(real, axis=0)
    reduced = resize(resize(real, 64, "bilinear"), 28, "area")
    return {
        "real": measure(dataset, real),
        "reduced": measure(dataset, reduced),
        "shapeless": measure(dataset, shapeless),
    }


def reasons(measured, reference):
    """Why a training counts as collapsed; an empty list where it does not.

    Args:
        measured: Dict as `measure` returns it; `None` where pixels are not finite.
        reference: Dict as `reference` returns it.
    """
    if measured is None:
        return ["not finite"]
    furthest = MAX_DISTANCE * reference["shapeless"]["frechet_distance"]
    narrowest = MIN_SPREAD * reference["real"]["spread"]
    found = {
        "no shapes": measured["frechet_distance"] > furthest,
        "all alike": measured["spread"] < narrowest,
        "classes missed": measured["classes_missed"] > MAX_MISSED,
    }
    return [reason for reason, holds in found.items() if holds]


# === Trainings ===


def train(model, data, budget, steps=None):
    """Trains a model for some CPU seconds, not counting the first step and its tracing.

    Args:
        model: A compiled model.
        data: What `training_data` returns.
        budget: CPU seconds.
        steps: Generator steps to make instead, however long they take.

    Returns:
        `(steps, seconds)`: steps made in all, and CPU seconds used.
    """
    step = runs.stepper(model, data)
    step()
    spent, started = 0.0, time.process_time()
    while int(model.steps_done) < steps if steps else spent < budget:
        [float(value) for value in step().values()]  # waits until the step is done
        spent = time.process_time() - started
    return int(model.steps_done.numpy()), spent


def prepare(dataset, seed, condition, method):
    """The settings, the model and the data of a training."""
    from wgan_keras import training_data

    settings = settings_of(dataset, seed, condition, method)
    images = training_images(dataset, settings.image_shape[0])
    if condition == "tenth":
        images = images[: len(images) // 10]
    data = training_data(images, settings.batch_size, settings.n_critic, seed)
    return settings, build(settings, condition, method), data


def run(folder, name, steps=None):
    import numpy as np

    dataset, seed, condition, method = RUNS[name]
    settings, model, data = prepare(dataset, seed, condition, method)
    budget = SECONDS.get(condition, OTHER_SECONDS)
    steps, seconds = train(model, data, budget, steps)
    pictures = model.sample(PICTURES, seed=seed)
    measured = None
    if np.isfinite(pictures).all():
        measured = measure(dataset, as_scored(pictures))
    return {
        "measured": measured,
        "collapsed": reasons(measured, reference_in(folder, dataset)),
        "steps": steps,
        "cpu_seconds": seconds,
        "machine": runs.processor(),
        "settings": dataclasses.asdict(settings),
    }


def reference_in(folder, dataset):
    """The data set's reference, measured once for all trainings in the folder."""
    path = folder / f"reference_{dataset}.json"
    if not path.exists():
        write_json(path, reference(dataset))
    return json.loads(path.read_text())


def run_all(folder, only, like=None):
    """Makes the trainings that are not there yet, in this process.

    Args:
        folder: Where the results go.
        only: What a name must have in it.
        like: Path of a `robustness.json`, whose trainings say how many steps to make.
    """
    os.environ.update(runs.ONE_THREAD)  # before TensorFlow is imported
    import keras

    made = json.loads(like.read_text())["runs"] if like else {}
    for name in RUNS:
        path = folder / f"{name}.json"
        if only not in name or path.exists():
            continue
        started = time.perf_counter()
        result = run(folder, name, made[name]["steps"] if like else None)
        write_json(path, result)
        keras.backend.clear_session()
        gc.collect()
        outcome = ", ".join(result["collapsed"]) or "trained"
        print(
            f"{time.strftime('%H:%M:%S')} {name}: {outcome}, {result['measured']}, "
            f"{result['steps']} steps; {time.perf_counter() - started:.0f} s in all",
            flush=True,
        )


# === The document ===


def table(folder):
    import tensorflow as tf

    references = {dataset: reference_in(folder, dataset) for dataset in DATASETS}
    paths = {name: folder / f"{name}.json" for name in RUNS}
    results = {n: json.loads(p.read_text()) for n, p in paths.items() if p.exists()}
    if not results:
        raise SystemExit(f"{folder} has no finished trainings; make some with `run` first.")
    machines = collections.Counter(result["machine"] for result in results.values())
    about = {
        "machine": machines.most_common(1)[0][0],
        "tensorflow": tf.__version__,
        "seconds": SECONDS | {"others": OTHER_SECONDS},
    }
    summary = {"summary": summarize(results)}
    everything = about | summary | {"references": references, "runs": results}
    write_json(DOCS / "robustness.json", everything)
    text = document(json.loads((DOCS / "robustness.json").read_text()))
    atomic_write(DOCS / "robustness.md", lambda path: path.write_text(text))
    draw(results, DOCS / "images" / "robustness.png")
    print(f"{len(results)} of {len(RUNS)} trainings")


def select(results, **wanted):
    """Results of the grid whose dataset, seed, condition or method is the wanted one."""
    keys = ("dataset", "seed", "condition", "method")
    return [
        result
        for name, result in results.items()
        if wanted.items() <= dict(zip(keys, RUNS[name], strict=True)).items()
    ]


def count_collapsed(results):
    return sum(bool(result["collapsed"]) for result in results)


def median_distance(results):
    """Median of the Fréchet distances; that of pictures with NaN is infinite."""
    measured = [result["measured"] for result in results]
    return statistics.median(
        one["frechet_distance"] if one else float("inf") for one in measured
    )


def document(everything):
    """The text of docs/robustness.md, from what docs/robustness.json holds."""
    results, references = everything["runs"], everything["references"]
    real, reduced = (
        " / ".join(f"{references[d][kind]['frechet_distance']:.2g}" for d in DATASETS)
        for kind in ("real", "reduced")
    )
    lines = [
        "# Robustness",
        "",
        "A GAN that works with one recipe need not work with another. Here, five methods "
        "are trained with their recommended recipes, and then with networks, rates or data "
        "that are worse in one way at a time. Which of them still learns?",
        "",
        "![A mark for each training](images/robustness.png)",
        "",
        "*In each cell, MNIST is above and Fashion-MNIST below, with a mark for each seed. "
        "The orange crosses are trainings that collapsed.*",
        "",
        *findings(results),
        "",
        "## The grid",
        "",
        "Each cell has the median Fréchet distance over the seeds, on MNIST / on "
        "Fashion-MNIST, and the number of trainings that collapsed, if there were any. "
        f"Small distances are good: those of {PICTURES:,} training images are {real}, or "
        f"{reduced} after they were enlarged to 64×64 pixels and reduced again. Compare "
        "distances within a row only: the last columns have the CPU seconds that each "
        "training had, and the fewest and the most generator steps that one made in them.",
        "",
        *grid_table(results),
        "",
        "## How it was made",
        "",
        *protocol(everything),
    ]
    return "\n".join(lines) + "\n"


def summarize(results):
    """How often each method collapsed, where the time was enough for any of them.

    Returns:
        Dict with `telling`, the names of the conditions in which at least one training did
        not collapse, and `collapsed`: dict from a method to `[collapsed, trainings]` in
        these conditions.
    """
    cells = {c: select(results, condition=c) for c in CONDITIONS}
    telling = [c for c, cell in cells.items() if count_collapsed(cell) < len(cell)]
    counts = {}
    for method in METHODS:
        own = [r for c in telling for r in select(results, condition=c, method=method)]
        counts[method] = [count_collapsed(own), len(own)]
    return {"telling": telling, "collapsed": counts}


def findings(results):
    """What came out, in sentences that the figures themselves make."""
    done = f"{len(results)} of {len(RUNS)} trainings are done."
    lines = [] if len(results) == len(RUNS) else [done, ""]
    summary = summarize(results)
    hopeless = [
        title
        for condition, (title, _) in CONDITIONS.items()
        if condition not in summary["telling"] and select(results, condition=condition)
    ]
    if hopeless:
        lines += [
            f"In so short a time, no training got anywhere under these conditions: "
            f"{', '.join(hopeless)}. They say nothing about the methods, and are left out "
            "of the following counts.",
            "",
        ]
    for method, (title, _) in METHODS.items():
        collapsed, count = summary["collapsed"][method]
        where = [
            f"{CONDITIONS[c][0]} ({count_collapsed(cell)} of {len(cell)})"
            for c in summary["telling"]
            if count_collapsed(cell := select(results, method=method, condition=c))
        ]
        line = f"- **{title}**: {collapsed} of {count} trainings collapsed"
        lines.append(line + (f": {'; '.join(where)}." if where else "."))
    cells = [
        {m: select(results, dataset=d, condition=c, method=m) for m in METHODS}
        for d in DATASETS
        for c in summary["telling"]
    ]
    cells = [cell for cell in cells if all(cell.values())]
    learnt = [  # the methods that did not always collapse
        {
            m: median_distance(own)
            for m, own in cell.items()
            if count_collapsed(own) < len(own)
        }
        for cell in cells
    ]
    best = [min(medians, key=medians.get) for medians in learnt if medians]
    wins = sorted(METHODS, key=best.count, reverse=True)
    counts = "; ".join(f"{METHODS[m][0]} in {best.count(m)}" for m in wins if best.count(m))
    found = [reason for result in results.values() for reason in result["collapsed"]]
    named = ", ".join(f"*{r}* ({found.count(r)})" for r in sorted(set(found)))
    lines += [
        "",
        f"Of the {len(best)} pairs of a condition and a data set that all methods were "
        "tried on and one has learnt under, the smallest median distance belongs to "
        f"{counts}.",
        "",
        f"A training can collapse for several reasons. How often each was found: {named}."
        if found
        else "No training collapsed.",
    ]
    return lines


def grid_table(results):
    titles = [title for title, _ in METHODS.values()]
    lines = [
        f"| condition | {' | '.join(titles)} | seconds | generator steps |",
        "| --- " * (len(titles) + 3) + "|",
    ]
    for condition, (title, _) in CONDITIONS.items():
        cells = [grid_cell(results, condition, method) for method in METHODS]
        steps = [result["steps"] for result in select(results, condition=condition)]
        extent = f"{min(steps)} to {max(steps)}" if steps else "–"
        seconds = SECONDS.get(condition, OTHER_SECONDS)
        lines.append(f"| {title} | {' | '.join(cells)} | {seconds} | {extent} |")
    totals = [select(results, method=method) for method in METHODS]
    cells = [f"**{count_collapsed(total)} of {len(total)}**" for total in totals]
    return [*lines, f"| **collapsed** | {' | '.join(cells)} | | |"]


def grid_cell(results, condition, method):
    own = [select(results, condition=condition, method=method, dataset=d) for d in DATASETS]
    cell = " / ".join(f"{median_distance(one):.3g}" if one else "–" for one in own)
    collapsed = count_collapsed(own[0] + own[1])
    return f"{cell}, **{collapsed} collapsed**" if collapsed else cell


def protocol(everything):
    references = everything["references"]
    limits = " and ".join(
        f"{MAX_DISTANCE * references[d]['shapeless']['frechet_distance']:.3g} on {title}"
        for d, title in DATASETS.items()
    )
    return [
        "```",
        "python benchmarks/robustness.py run --folder FOLDER",
        "python benchmarks/robustness.py table --folder FOLDER",
        "```",
        "",
        f"The machine was an {everything['machine']}, of which one core was used, with "
        f"TensorFlow {everything['tensorflow']}. Each training had "
        f"{OTHER_SECONDS} seconds of CPU time; at 64×64 pixels, where a step is longer, it "
        f"had {SECONDS['64x64']}. With a dense generator, a tenth of the rate or 25 "
        "adversary steps, no method got anywhere on MNIST in so short a time, so these had "
        f"{SECONDS['mlp']}, {SECONDS['slow']} and {SECONDS['critic-25']} seconds. Only the "
        "steps count, and not the time to build and trace a model. So the grid is about "
        "the beginning of a training: a method that learns slowly can look like one that "
        f"fails.{elsewhere(everything)}",
        "",
        "Each condition changes the recommended recipe in one way. The DCGAN with "
        "log(1 − D) has the recipe of the other DCGAN, since none was searched for it.",
        "",
        "- *No normalisation at all* takes batch and layer normalisation out of both "
        "networks. Spectral normalisation stays, since it is the method itself. The "
        "recommended critic of WGAN-SN has no other, so for WGAN-SN this condition is the "
        "same as the one before, and the two rows differ by noise alone.",
        "- The *dense generator* has four layers of 512 units with ReLU.",
        "- At *64×64 pixels*, the generator has two more layers and its adversary one "
        "more, and a width of 16 keeps a step affordable. The images were enlarged "
        "bilinearly, and the pictures are reduced to 28×28 pixels by area before they are "
        "measured.",
        "- *A tenth of the images* is the first 6,000.",
        "",
        f"Measured are {PICTURES:,} pictures of the averaged generator against the 10,000 "
        "test images, in the features of the classifier that comes with the package. By a "
        "criterion that was fixed before the first training, a training has collapsed",
        "",
        "- if some pixel is not finite (*not finite*);",
        f"- or if the Fréchet distance is above {limits}, which is half that of shapeless "
        "pictures, in which each pixel is taken from the same place of another training "
        "image, chosen at random (*no shapes*);",
        "- or if the root mean square distance between two pictures is less than "
        f"{100 * MIN_SPREAD:.0f} % of that between two real images (*all alike*);",
        f"- or if {MAX_MISSED + 1} or more of the ten classes have less than "
        f"{100 * MIN_SHARE:.0f} % of the pictures each (*classes missed*).",
        "",
        "All figures are in [robustness.json](robustness.json).",
    ]


def elsewhere(everything):
    """Sentences, each after a space, on the methods trained on other machines."""
    methods = collections.defaultdict(set)
    for name, result in everything["runs"].items():
        if result["machine"] != everything["machine"]:
            methods[result["machine"]].add(METHODS[RUNS[name][-1]][0])
    return "".join(
        f" The trainings of {' and '.join(sorted(titles))} were repeated on an {machine}, "
        "with as many steps as they had made on the other."
        for machine, titles in methods.items()
    )


# === The picture ===


def draw(results, path):
    """Draws a mark for each training: a blue dot, or an orange cross if it collapsed."""
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap

    from wgan_keras.watching.plots import BLUE
    from wgan_keras.watching.plots import ORANGE
    from wgan_keras.watching.plots import new_figure
    from wgan_keras.watching.plots import save_figure

    marks = {
        "trained": {"marker": "o", "s": 22, "color": BLUE},
        "collapsed": {"marker": "x", "s": 34, "color": ORANGE, "linewidths": 2},
    }
    places = {outcome: [] for outcome in marks}
    shares = np.zeros((len(CONDITIONS), len(METHODS)))
    for name, result in results.items():
        dataset, seed, condition, method = RUNS[name]
        row, column = list(CONDITIONS).index(condition), list(METHODS).index(method)
        x = column + 0.27 * (seed - 1)
        y = row + 0.4 * (list(DATASETS).index(dataset) - 0.5)
        places["collapsed" if result["collapsed"] else "trained"].append((x, y))
        shares[row, column] += bool(result["collapsed"]) / len(DATASETS) / len(SEEDS)

    figure, axes = new_figure(4.5, 5.6, 1, 1)
    axes.grid(False)
    fading = LinearSegmentedColormap.from_list("share", ["white", ORANGE])
    axes.pcolormesh(shares, cmap=fading, vmin=0, vmax=2, edgecolors="#cccccc")
    for outcome, style in marks.items():
        x, y = np.reshape(places[outcome], (-1, 2)).T + 0.5
        axes.scatter(x, y, label=outcome, **style)
    columns = ["DCGAN\n−log D", "DCGAN\nlog(1−D)", "WGAN\nclipped", "WGAN\nGP", "WGAN\nSN"]
    rows = [title.replace(" in ", "\nin ") for title, _ in CONDITIONS.values()]
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    axes.invert_yaxis()
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=9)
    axes.set_xlabel("In a cell: MNIST above, Fashion-MNIST below, a mark for each seed")
    axes.xaxis.set_label_position("bottom")
    axes.xaxis.label.set(size=8, ha="right", x=1)
    axes.spines[:].set_visible(False)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=11)
    save_figure(path, figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("run", "table"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--only", default="", metavar="SUBSTRING")
    parser.add_argument("--as", dest="like", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.command == "run":
        run_all(options.folder, options.only, options.like)
    else:
        table(options.folder)


if __name__ == "__main__":
    main()
