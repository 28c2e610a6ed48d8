"""The search for the recommended recipes.

    python benchmarks/search.py serve --folder FOLDER
    python benchmarks/search.py collect --folder FOLDER
    python benchmarks/search.py table
    python benchmarks/search.py changes
    python benchmarks/search.py figure
    python benchmarks/search.py bounds

Each trial trains on 50,000 training images of MNIST or Fashion-MNIST; its pictures are
compared with the other 10,000, in the features of a classifier that is not the shipped
one: of another width and seed, and trained on the same 50,000 (FOLDER/DATASET.keras, made
by benchmarks/classifier.py --images 50000 --width 12 --epochs 5 --seed 1). So neither the
test images nor the shipped features have been seen when the final scores are taken.

`serve` runs the trials of FOLDER/queue.jsonl, one after the other, and waits for more:
lines such as {"name": "gp-latents-8", "method": "gp", "dataset": "mnist", "seed": 0,
"marks": [20], "settings": {"latent_dim": 8}}. Each result is appended to
FOLDER/results.jsonl, whatever it is. `collect` gathers them in docs/search.json, from
which `table` prints all trials, `changes` the table of the last round, and `figure` draws
docs/images/search.png. `bounds` counts the weights of clipped critics that are at their
bound.
"""

import argparse
import json
import time
import traceback
from pathlib import Path

import runs

TRAINED_ON = 50_000
COUNT = 10_000
REFERENCE_MS = 14.0  # of the yardstick below, where nothing else slows the core down

# What the search began with: the former recommendation, but for what is named below.
COMMON = {
    "batch_size": 64,
    "n_critic": 1,
    "optimizer": "Adam",
    "betas": (0.0, 0.9),
    "critic_rate": None,  # as the generator's
    "critic_betas": None,
    "warmup": 0,  # generator steps before which the critic makes `warmup_critic` steps
    "warmup_critic": 5,
    "decays": [0.99],  # of averages, of which the first one counts
    "latent_dim": 128,
    "latents": "normal",
    "generator": {},  # options of variants.build_generator
    "critic": {},
    "clip": None,  # c, also of a DCGAN's discriminator
    "statistics": "running",  # of the averaged generator; "fresh": taken when it is judged
    "rate_decay": None,  # "linear", "cosine": over the trial's budget
    "batch_growth": None,  # (share of the budget, factor)
}
START = {
    "clip": {
        "learning_rate": 2e-3,
        "clip": 0.05,
        "optimizer": "RMSprop",
        "critic": {"normalization": "batch"},
    },
    "gp": {
        "learning_rate": 1e-3,
        "batch_size": 32,
        "critic": {"normalization": "layer"},
        "penalty": {},
    },
    "sn": {"learning_rate": 2e-3},
    "dcgan": {
        "learning_rate": 2e-3,
        "betas": (0.5, 0.999),
        "critic": {"normalization": "batch"},
    },
}
PENALTY = {"weight": 10.0, "target": 1.0, "at": "mixtures", "every": 1, "share": 1.0}


def settings_of(method, changes):
    """A recipe: what is common, then the method's own, then what a trial changes."""
    settings = {"method": method, **COMMON, **START[method], **changes}
    for name in ("generator", "critic"):
        settings[name] = {**START[method].get(name, {}), **changes.get(name, {})}
    if method == "gp":
        settings["penalty"] = {**PENALTY, **changes.get("penalty", {})}
    return settings


class Trial:
    """One training of a GAN in as few lines as it takes: Algorithm 1 and its relatives."""

    def __init__(self, settings, images, seed):
        import keras
        import numpy as np
        import tensorflow as tf
        import variants

        keras.utils.set_random_seed(seed)
        s = self.settings = settings
        self.random = np.random.default_rng(seed)
        self.images = tf.constant(images)
        self.order, self.size = np.arange(0), s["batch_size"]
        latent_dim = s["latent_dim"]
        self.generator = variants.build_generator(latent_dim, **s["generator"])
        self.critic = variants.build_critic(**s["critic"])
        self.averages = [keras.models.clone_model(self.generator) for _ in s["decays"]]
        for average in self.averages:
            average.set_weights(self.generator.get_weights())
        self.rate_share = tf.Variable(1.0)
        self.optimizers = [
            self.optimizer(s["learning_rate"], s["betas"]),
            self.optimizer(
                s["critic_rate"] or s["learning_rate"], s["critic_betas"] or s["betas"]
            ),
        ]
        self.optimizers[0].build(self.generator.trainable_variables)
        self.optimizers[1].build(self.critic.trainable_variables)
        self.step = tf.Variable(0.0)
        if s["method"] == "sn":
            self.kernels = [v for v in self.critic.trainable_variables if len(v.shape) > 1]
            self.vectors = [
                tf.Variable(tf.random.stateless_normal((k.shape[-1],), (seed, i)))
                for i, k in enumerate(self.kernels)
            ]
            for _ in range(20):
                self.iterate()
        self.critic_step = tf.function(self._critic_step, autograph=False)
        self.generator_step = tf.function(self._generator_step, autograph=False)

    def optimizer(self, rate, betas):
        import keras

        if self.settings["optimizer"] == "RMSprop":
            return keras.optimizers.RMSprop(rate)
        return keras.optimizers.Adam(rate, *betas)

    # === One step ===

    def latents(self, count):
        import tensorflow as tf

        shape = (count, self.settings["latent_dim"])
        if self.settings["latents"] == "uniform":
            return tf.random.uniform(shape, -(3**0.5), 3**0.5)
        z = tf.random.normal(shape)
        if self.settings["latents"] == "hypersphere":
            z *= tf.math.rsqrt(tf.reduce_mean(z**2, axis=1, keepdims=True))
        return z

    def score(self, x):
        import tensorflow as tf

        if self.settings["method"] != "sn":
            return self.critic(x, training=True)
        normalised = {}
        for kernel, vector in zip(self.kernels, self.vectors, strict=True):
            matrix = tf.reshape(kernel.value, (-1, kernel.shape[-1]))
            image = tf.linalg.matvec(matrix, vector)
            sigma = tf.tensordot(tf.stop_gradient(image / tf.norm(image)), image, 1)
            normalised[id(kernel)] = kernel.value / sigma
        values = [normalised.get(id(v), v.value) for v in self.critic.trainable_variables]
        state = [v.value for v in self.critic.non_trainable_variables]
        return self.critic.stateless_call(values, state, x, training=True)[0]

    def iterate(self):
        import tensorflow as tf

        for kernel, vector in zip(self.kernels, self.vectors, strict=True):
            matrix = tf.reshape(kernel.value, (-1, kernel.shape[-1]))
            vector.assign(tf.linalg.matvec(matrix, tf.linalg.matvec(matrix, vector), True))
            vector.assign(vector / tf.norm(vector))

    def penalty(self, real, fake):
        import tensorflow as tf

        p = self.settings["penalty"]
        count = max(round(p["share"] * real.shape[0]), 1)
        real, fake = real[:count], fake[:count]
        share = tf.random.uniform((count, 1, 1, 1))
        points = {
            "mixtures": share * real + (1 - share) * fake,
            "real": real,
            "fake": fake,
        }[p["at"]]
        with tf.GradientTape() as tape:
            tape.watch(points)
            scores = self.score(points)
        squares = tf.reduce_sum(tape.gradient(scores, points) ** 2, axis=(1, 2, 3))
        if not p["target"]:
            return p["weight"] * tf.reduce_mean(squares)
        norms = tf.sqrt(tf.maximum(squares, 1e-16))
        return p["weight"] * tf.reduce_mean((norms - p["target"]) ** 2)

    def _critic_step(self, indices, penalized):
        import tensorflow as tf

        s = self.settings
        real = tf.cast(tf.gather(self.images, indices), tf.float32) / 127.5 - 1
        fake = self.generator(self.latents(indices.shape[0]), training=True)
        if s["method"] == "sn":
            self.iterate()
        with tf.GradientTape() as tape:
            real_scores, fake_scores = self.score(real), self.score(fake)
            if s["method"] == "dcgan":
                loss = tf.reduce_mean(tf.nn.softplus(-real_scores))
                loss += tf.reduce_mean(tf.nn.softplus(fake_scores))
            else:
                loss = tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)
            if penalized:
                loss += s["penalty"]["every"] * self.penalty(real, fake)
        variables = self.critic.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizers[1].apply(gradients, variables)
        if s["clip"]:
            for variable in variables:
                normal = "norm" in variable.path
                if not (normal and s.get("clip_norm") is None):
                    c = s["clip_norm"] if normal else s["clip"]
                    if c == "scale":
                        c = s["clip_factor"] * self.scale_of(variable)
                    variable.assign(tf.clip_by_value(variable.value, -c, c))
        return loss

    def scale_of(self, variable):
        """Where c goes by layer: 1 / √fan-in, which a bias has from its kernel."""
        import math

        if len(variable.shape) > 1:
            self.scale = 1 / math.sqrt(math.prod(variable.shape[:-1]))
        return self.scale

    def _generator_step(self, size):
        import tensorflow as tf

        z = self.latents(size)
        with tf.GradientTape() as tape:
            scores = self.score(self.generator(z, training=True))
            if self.settings["method"] == "dcgan":
                loss = tf.reduce_mean(tf.nn.softplus(-scores))
            else:
                loss = -tf.reduce_mean(scores)
        variables = self.generator.trainable_variables
        self.optimizers[0].apply(tape.gradient(loss, variables), variables)
        for decay, average in zip(self.settings["decays"], self.averages, strict=True):
            decay = tf.minimum(decay, (1 + self.step) / (10 + self.step))
            for mean, raw in zip(average.trainable_variables, variables, strict=True):
                mean.assign(raw + decay * (mean.value - raw))
            if self.settings["statistics"] == "running":
                average(z, training=True)
        self.step.assign_add(1.0)
        return loss

    def batch(self):
        import numpy as np
        import tensorflow as tf

        if len(self.order) < self.size:
            count = self.images.shape[0]
            self.order = np.concatenate([self.order, self.random.permutation(count)])
        indices, self.order = self.order[: self.size], self.order[self.size :]
        return tf.constant(indices, tf.int32)

    def train_step(self, number):
        s = self.settings
        warm = number < s["warmup"]
        for t in range(s["warmup_critic"] if warm else s["n_critic"]):
            penalized = s["method"] == "gp" and (number + t) % s["penalty"]["every"] == 0
            self.critic_step(self.batch(), penalized)
        return self.generator_step(self.size)

    # === Judging ===

    def pictures(self, average, count=COUNT):
        import keras
        import numpy as np

        if self.settings["statistics"] == "fresh":
            norms = [
                layer
                for layer in average.layers
                if isinstance(layer, keras.layers.BatchNormalization)
            ]
            momenta = [norm.momentum for norm in norms]
            for done in range(20):
                for norm in norms:
                    norm.momentum = done / (done + 1)  # a plain mean of all batches
                average(self.latents(256), training=True)
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum
        parts = [
            average(self.latents(500), training=False).numpy() for _ in range(count // 500)
        ]
        return np.clip((np.concatenate(parts) + 1) / 2, 0, 1)


class Clock:
    """CPU seconds of this process, as they would be on the idle machine.

    Other processes slow a core down by sharing its caches. So a yardstick, always the
    same training step, is timed every second or so, and the clock goes as many times
    slower as the yardstick takes longer than on the idle machine.
    """

    def __init__(self):
        self.seconds = self.raw = 0.0
        self.yardstick, self.measured = yardstick(), []
        self.scale = 1.0

    def start(self):
        took = []
        for _ in range(3):
            begun = time.process_time()
            self.yardstick()
            took.append(1000 * (time.process_time() - begun))
        self.measured.append(sorted(took)[1])
        recent = sorted(self.measured[-5:])
        self.scale = REFERENCE_MS / recent[len(recent) // 2]
        self.begun = time.process_time()

    def stop(self):
        spent = time.process_time() - self.begun
        self.raw += spent
        self.seconds += spent * self.scale


_YARDSTICK = []


def yardstick():
    """A critic's step on 32 images, as a function that takes always as long."""
    import keras
    import tensorflow as tf
    import variants

    if not _YARDSTICK:
        critic = variants.build_critic(normalization="batch")
        optimizer = keras.optimizers.Adam(0.0)
        optimizer.build(critic.trainable_variables)
        images = tf.random.stateless_normal((64, 28, 28, 1), (0, 0))

        @tf.function(autograph=False)
        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(critic(images, training=True) ** 2)
            variables = critic.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        step()
        _YARDSTICK.append(step)
    return _YARDSTICK[0]


def run(settings, images, evaluator, seed, marks):
    """Trains to the last of `marks`, CPU seconds, and judges at each of them."""
    import numpy as np

    trial = Trial(settings, images, seed)
    for penalized in (False, True) if settings["method"] == "gp" else (False,):
        trial.critic_step.get_concrete_function(trial.batch(), penalized)  # traced, not run
    trial.generator_step.get_concrete_function(trial.size)
    rates = [float(np.array(o.learning_rate)) for o in trial.optimizers]
    clock, rows, number, grown = Clock(), [], 0, False
    begun_fresh = True
    for mark in marks:
        clock.start()
        while clock.seconds < mark:
            for _ in range(20):
                loss = trial.train_step(number)
                number += 1
                if begun_fresh and number == 2:  # the first steps pay for set-up
                    clock.start()
                    begun_fresh = False
            clock.stop()
            share = clock.seconds / marks[-1]
            if settings["rate_decay"]:
                factor = {
                    "linear": max(1 - share, 0.01),
                    "cosine": 0.505 + 0.495 * np.cos(np.pi * min(share, 1)),
                    "late": min(1.0, max((1 - share) / 0.3, 0.01)),
                }[settings["rate_decay"]]
                for optimizer, rate in zip(trial.optimizers, rates, strict=True):
                    optimizer.learning_rate.assign(rate * factor)
            if settings["batch_growth"] and not grown:
                at, factor = settings["batch_growth"]
                if share > at:
                    trial.size, grown = int(trial.size * factor), True
            clock.start() if number % 60 == 0 else setattr(
                clock, "begun", time.process_time()
            )
        distances = {}
        for decay, average in zip(settings["decays"], trial.averages, strict=True):
            pictures = trial.pictures(average)
            finite = np.isfinite(pictures).all()
            distances[str(decay)] = (
                float(evaluator.frechet_distance(pictures)) if finite else None
            )
        rows.append(
            {
                "seconds": round(clock.seconds, 1),
                "cpu_seconds": round(clock.raw, 1),
                "steps": number,
                "distances": distances,
                "loss": float(loss),
                "yardstick_ms": round(float(np.median(clock.measured)), 2),
            }
        )
    return rows, trial


def serve(folder, data_dir=None):
    """Runs what the queue holds, in order, for ever."""
    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images

    queue, results = folder / "queue.jsonl", folder / "results.jsonl"
    judges, done = {}, set()
    if results.exists():
        done = {json.loads(line)["key"] for line in results.read_text().splitlines()}
    while True:
        lines = queue.read_text().splitlines() if queue.exists() else []
        waiting = [json.loads(line) for line in lines if line.strip()]
        waiting = [t for t in waiting if key_of(t) not in done]
        if not waiting:
            time.sleep(1)
            continue
        trial = max(waiting, key=lambda t: t.get("priority", 0))
        dataset, key = trial["dataset"], key_of(trial)
        if dataset not in judges:
            images = load_images(dataset, data_dir=data_dir)
            classifier = Classifier(folder / f"{dataset}.keras")
            evaluator = Evaluator(classifier, images[TRAINED_ON:])
            judges[dataset] = images[:TRAINED_ON], evaluator
        settings = settings_of(trial["method"], trial["settings"])
        begun = time.time()
        try:
            rows, _ = run(settings, *judges[dataset], trial["seed"], trial["marks"])
            result = {**trial, "key": key, "rows": rows}
        except Exception as error:
            traceback.print_exc()
            result = {**trial, "key": key, "rows": [], "failed": str(error)[:300]}
        result["wall"] = round(time.time() - begun, 1)
        done.add(key)
        with open(results, "a") as file:
            file.write(json.dumps(result) + "\n")
        last = result["rows"][-1] if result["rows"] else result.get("failed")
        print(time.strftime("%H:%M:%S"), key, last, f"{result['wall']} s", flush=True)


def bounds(steps=1200):
    """Prints how many of a clipped critic's weights are at the bound, by c."""
    import numpy as np

    from wgan_keras import Settings
    from wgan_keras import load_images
    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    for c in (0.05, 1.0):
        settings = Settings(dataset="mnist", image_shape=(28, 28, 1), clip_value=c)
        model = build_model(settings)
        step = runs.stepper(model, training_data(load_images("mnist"), settings.batch_size))
        for _ in range(steps):
            step()
        weights = model.lipschitz.clipped_weights(model.critic)
        sizes = np.abs(np.concatenate([w.numpy().ravel() for w in weights]))
        print(f"c = {c}: {np.mean(sizes > 0.999 * c):.1%} at the bound, {steps} steps")


def key_of(trial):
    return f"{trial['name']}.{trial['dataset']}.{trial['seed']}.{trial['marks'][-1]}"


# === Reporting ===

RESULTS = Path(__file__).parents[1] / "docs" / "search.json"
FIGURE = RESULTS.parent / "images" / "search.png"
LABELS = {"dcgan": "DCGAN", "clip": "WGAN, clipped", "gp": "WGAN-GP", "sn": "WGAN-SN"}


def collect(folder):
    """All results in one compact file, a line for each trial."""
    lines = (folder / "results.jsonl").read_text().splitlines()
    trials = [json.loads(line) for line in lines]
    for trial in trials:
        for name in ("key", "priority", "wall"):
            trial.pop(name, None)
    rows = ",\n".join(json.dumps(trial, ensure_ascii=False) for trial in trials)
    RESULTS.write_text(f"[\n{rows}\n]\n")


def distance_of(row):
    return next(iter(row["distances"].values()))


def table():
    """Prints all trials as Markdown, by method, data set and budget, the best first."""
    trials = json.loads(RESULTS.read_text())

    def key(trial):
        method = list(LABELS).index(trial["method"])
        return method, trial["dataset"] != "mnist", trial["marks"][-1]

    def quality(trial):
        return (distance_of(trial["rows"][-1]) if trial["rows"] else None) or float("inf")

    heading = None
    for trial in sorted(trials, key=lambda t: (key(t), quality(t))):
        if heading != key(trial):
            heading = key(trial)
            title = f"{trial['dataset']}, {trial['method']}, {trial['marks'][-1]:.0f} s"
            print(f"\n### {title}\n")
            print("| trial | seed | what differs from the start | steps | distance |")
            print("| --- | --- | --- | --- | --- |")
        rows = trial["rows"]
        values = [
            f"{v:.2f}" if (v := distance_of(row)) is not None else "not finite"
            for row in rows
        ]
        steps = rows[-1]["steps"] if rows else trial["failed"]
        print(
            f"| {trial['name']} | {trial['seed']} | {said(trial['settings'])} | {steps} "
            f"| {'; '.join(values)} |"
        )


CHANGES = {  # of the last round: what is tried
    "": "**as recommended**",
    "-orthogonal": "orthogonal initial weights",
    "-he": "He's initial weights",
    "-uniform": "uniform latents",
    "-resize": "resize and convolve, in the generator",
    "-growth": "batches of 64 in the second half",
    "-critic-half": "half the rate for the adversary",
    "-critic-quarter": "a quarter of the rate for the adversary",
    "-critic-double": "twice the rate for the adversary",
    "-warmup": "5 critic steps in each of the first 25",
    "-real-0-1.0": "penalty at real images, target 0, weight 1 (R1)",
    "-real-0-0.1": "penalty at real images, target 0, weight 0.1",
    "-fake-0-1.0": "penalty at generated images, target 0, weight 1 (R2)",
    "-fake-0-0.1": "penalty at generated images, target 0, weight 0.1",
    "-mixtures-0": "target 0",
    "-every-4": "penalty on all pairs, in every fourth step",
    "-c-by-layer": "c by layer, 1 / √fan-in",
}


def changes():
    """Prints the last round: a row for each change, and MNIST / Fashion-MNIST in a cell."""
    trials = json.loads(RESULTS.read_text())

    def distances(name, dataset):
        wanted = [t for t in trials if (t["name"], t["dataset"]) == (name, dataset)]
        return " ".join(f"{distance_of(t['rows'][-1]):.2f}" for t in wanted) or "–"

    def cell(method, change):
        found = [distances(f"{method}-J{change}", d) for d in ("mnist", "fashion-mnist")]
        return " / ".join(found) if found != ["–", "–"] else ""

    print(f"| what is changed | {' | '.join(LABELS.values())} |")
    print("| --- " * (1 + len(LABELS)) + "|")
    for change, title in CHANGES.items():
        cells = [cell(method, change) for method in LABELS]
        if any(cells):
            print(f"| {title} | {' | '.join(cells)} |")


def said(settings):
    parts = []
    for name, value in settings.items():
        if isinstance(value, dict):
            parts += [f"{name} {key}={inner}" for key, inner in value.items()]
        else:
            parts.append(f"{name}={value}")
    return ", ".join(parts)


def longest(trials, method, when, dataset):
    """Rows of the trial of a method that ran longest, before the search or after it."""
    names = {"before": ("before", "old"), "after": ("F-deep", "C", "E")}[when]
    fitting = [
        (trial["marks"][-1], trial["seed"], trial["rows"])
        for trial in trials
        if trial["name"] in [f"{method}-{name}" for name in names]
        and trial["dataset"] == dataset
        and trial["rows"]
    ]
    return max(fitting, key=lambda found: found[:2])[2] if fitting else []


def figure():
    """Distance over seconds of each method, before the search and after."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    trials = json.loads(RESULTS.read_text())
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
    for panel, dataset in zip(panels, ("mnist", "fashion-mnist"), strict=True):
        for color, (method, label) in enumerate(LABELS.items()):
            for name, style in (("before", "o--"), ("after", "s-")):
                rows = longest(trials, method, name, dataset)
                panel.plot(
                    [row["seconds"] for row in rows],
                    [distance_of(row) for row in rows],
                    style,
                    markersize=4,
                    markerfacecolor="none" if name == "before" else None,
                    color=f"C{color}",
                    label=f"{label}, {name}",
                )
        panel.set(title=dataset, xlabel="CPU seconds of one core", yscale="log")
        panel.grid(alpha=0.3, which="both")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter("{x:g}")
    panels[0].set_ylabel("Fréchet distance, held-out training images")
    panels[1].legend(fontsize=7)
    figure.savefig(FIGURE, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "command", choices=("serve", "collect", "table", "changes", "figure", "bounds")
    )
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.command in ("serve", "collect"):
        {"serve": serve, "collect": collect}[options.command](options.folder)
    else:
        reports = {"table": table, "changes": changes, "figure": figure, "bounds": bounds}
        reports[options.command]()


if __name__ == "__main__":
    main()
