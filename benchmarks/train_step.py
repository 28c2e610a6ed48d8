"""Times a generator step, beside the same GAN in PyTorch, in pairs.

    pip install -e ".[bench]"
    python benchmarks/train_step.py pairs --folder FOLDER
    python benchmarks/train_step.py operators --folder FOLDER
    python benchmarks/train_step.py quality --folder FOLDER
    python benchmarks/train_step.py table --folder FOLDER

`pairs` times the recommended recipes, and clipping as in its paper, on one core and on two.
The ways of training a GAN are processes that stay alive and take turns, each for about a
second: `fit` of this package, its bare compiled step, and the fastest of three modes of
PyTorch. So what slows the machine down for a while slows them all down, and the ratio of
two neighbours hardly changes. Reported are the median of the ratios, and how far they
disagree.

`operators` profiles a step of each recipe, operator by operator. `quality` trains the
gradient penalty in both, and measures the pictures at equal times. `table` writes
docs/benchmark.md, docs/benchmark.json and docs/images/benchmark.png.
"""

import argparse
import collections
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import runs

from wgan_keras.files import write_json

CASES = {  # name: title, and what differs from the default settings
    "dcgan": ("DCGAN", {"model": "dcgan"}),
    "clip": ("WGAN, clipped", {}),
    "gp": ("WGAN-GP", {"lipschitz": "gp"}),
    "sn": ("WGAN-SN", {"lipschitz": "sn"}),
    "paper": ("WGAN, clipped, paper", {"recipe": "paper"}),
    "paper-bfloat16": (
        "the same in bfloat16",
        {"recipe": "paper", "mixed_precision": True},
    ),
}
CORES = (1, 2)
MODES = {  # of PyTorch
    "torch": "eager",
    "torch-last": "eager, channels last",
    "torch-compiled-last": "compiled, channels last",
}
PAIRS = 11
TURN = 1.0  # seconds that a turn takes, roughly
DISAGREEMENT = 0.1  # of the ratios' middle half, above which a warning is printed
QUALITY = {"case": "gp", "seeds": range(6), "seconds": 120, "marks": 8, "pictures": 2000}
DOCS = Path(__file__).parent.parent / "docs"


def settings_of(case, seed=0):
    from wgan_keras import Settings

    return Settings(dataset="mnist", image_shape=(28, 28, 1), seed=seed, **CASES[case][1])


def cases():
    """Those that this processor can run at a sensible speed."""
    units = any(map(runs.processor_has, ("avx512_bf16", "amx_bf16")))
    return [case for case in CASES if units or "bfloat16" not in case]


# === One way of training, as a process that waits for its turn ===


class Turns:
    """Reads how many steps to make from standard input, and answers with ms a step."""

    def __init__(self):
        self.answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print belongs elsewhere

    def wait(self):
        """Returns the number of steps of the next turn, and starts its clock."""
        line = sys.stdin.readline()
        if not line:
            os._exit(0)  # the other side has gone
        self.count, self.started = int(line), time.perf_counter()
        return self.count

    def done(self):
        spent = time.perf_counter() - self.started
        print(1000 * spent / self.count, file=self.answers, flush=True)


def serve(way, case):
    from wgan_keras import load_images

    settings, images = settings_of(case), load_images("mnist")
    if way == "fit":
        serve_fit(settings, images)
    if way == "bare":
        step = bare_step(settings, images)
    else:
        step = torch_training(way, case, images).step
    turns = Turns()
    while True:
        for _ in range(turns.wait()):
            loss = step()
        float(loss)
        turns.done()


def serve_fit(settings, images):
    """One endless `fit`, which a callback holds up between two turns."""
    import keras

    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    turns = Turns()

    class TakeTurns(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.left = turns.wait()

        def on_train_batch_end(self, batch, logs=None):
            self.left -= 1
            if not self.left:
                turns.done()
                self.left = turns.wait()

    model = build_model(dataclasses.replace(settings, steps=10**6))
    data = training_data(images, settings.batch_size, settings.n_critic)
    model.fit(data, steps_per_epoch=10**6, verbose=0, callbacks=[TakeTurns()])


def bare_step(settings, images):
    import tensorflow as tf

    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    model = build_model(settings)
    batch = next(iter(training_data(images, settings.batch_size, settings.n_critic)))
    train_step = tf.function(model.train_step)
    return lambda: train_step(batch)["generator_loss"]


def torch_training(mode, case, images, seed=0):
    from pytorch_gan import Training

    last, compiled = "last" in mode, "compiled" in mode
    return Training(settings_of(case, seed), images, last, compiled)


class Way:
    """The other end of `serve`: a process, and the steps of its turn."""

    def __init__(self, name, case, cores):
        threads = {name: str(cores) for name in runs.ONE_THREAD if "THREADS" in name}
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, __file__, "serve", name, case],
            env={**os.environ, **runs.ONE_THREAD, **threads},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, range(cores)),
        )
        self.steps = 1
        self.turn()
        self.steps = 3
        self.turn()
        self.steps = max(round(1000 * TURN / self.turn()), 3)

    def turn(self):
        """Has it make its steps; returns ms a step."""
        print(self.steps, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"{self.name} failed:\n{self.errors.read()[-2000:]}")
        return float(line)

    def stop(self):
        self.process.communicate()
        self.errors.close()


def pairs_of(case, cores):
    """Times all ways in turn.

    Returns:
        Dict with the fastest of PyTorch's modes, a trial of each mode in ms, and for
        each way its ms in all rounds.
    """
    modes = {mode: Way(mode, case, cores) for mode in MODES}
    trials = {mode: [] for mode in modes}
    for _ in range(3):
        for mode, way in modes.items():
            trials[mode].append(way.turn())
    trials = {mode: statistics.median(times) for mode, times in trials.items()}
    best = min(trials, key=trials.get)
    for mode, way in modes.items():
        if mode != best:
            way.stop()
    ways = {name: Way(name, case, cores) for name in ("fit", "bare")}
    ways["torch"] = modes[best]
    times = {name: [] for name in ways}
    for round_ in range(PAIRS):
        for name in sorted(ways, reverse=bool(round_ % 2)):
            times[name].append(ways[name].turn())
    for way in ways.values():
        way.stop()
    return {"mode": best, "modes": trials, "ms": times}


def time_pairs(folder, only):
    for cores in CORES:
        for case in cases():
            path = folder / f"pairs_{case}_{cores}.json"
            if path.exists() or (only and case not in only):
                continue
            result = pairs_of(case, cores)
            write_json(path, result)
            middle, spread = ratio_of(result, "torch", "fit")
            print(
                f"{time.strftime('%H:%M:%S')} {case}, cores: {cores}: PyTorch "
                f"({MODES[result['mode']]}) takes {middle:.2f} times as long as `fit`",
                flush=True,
            )
            if spread > DISAGREEMENT:
                print(
                    f"  Warning: the pairs disagree by {spread:.0%}; is the machine busy?"
                )


def ratio_of(result, above, below):
    """Median of the pairs' ratios, and the extent of their middle half, relative to it."""
    pairs = zip(result["ms"][above], result["ms"][below], strict=True)
    ratios = [a / b for a, b in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return middle, (high - low) / middle


# === Operators ===

# What the profiler lists beside the operators, and which contains them or runs beside them.
SCAFFOLDING = {"Process", "DoCompute", "Root", "Map", "Prefetch", "Run"}
CLASSES = {  # of operators, by a part of their name; the first that fits counts
    "convolutions and products": ("Conv2D", "MatMul"),
    "means and variances": ("BatchNorm", "SquaredDifference", "Mean", "Rsqrt"),
    "activations": ("Relu", "Tanh", "Maximum", "Minimum", "Softplus"),
    "reading and writing weights": ("VariableOp",),
    "input": ("Iterator", "Optional", "PyFunc", "Cast"),
}


def profile_operators(folder, steps=30):
    """Writes FOLDER/operators_CASE.json: dict from an operator to its ms in a step."""
    for case in cases():
        path = folder / f"operators_{case}.json"
        if not path.exists():
            command = [sys.executable, __file__, "profile", case, str(steps)]
            done = subprocess.run(
                command,
                env={**os.environ, **runs.ONE_THREAD},
                stdout=subprocess.PIPE,
                check=True,
            )
            write_json(path, json.loads(done.stdout))


def profile(case, steps):
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    from wgan_keras import load_images
    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    settings = settings_of(case)
    model = build_model(settings)
    data = training_data(load_images("mnist"), settings.batch_size, settings.n_critic)
    step = runs.stepper(model, data)
    for _ in range(5):
        step()
    totals = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2)
        with tf.profiler.experimental.Profile(folder, options):
            for _ in range(steps):
                step()
        [file] = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(file.read_bytes())
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            name = plane.event_metadata[event.metadata_id].name
            operator = name.rpartition(":")[2].split("#")[0]
            if ":" in name and operator.isidentifier() and operator not in SCAFFOLDING:
                totals[operator.lstrip("_")] += event.duration_ps / 1e9 / steps
    print(json.dumps(dict(totals.most_common())))


def by_class(operators):
    """Share of a step that each class of operators takes."""
    totals = dict.fromkeys([*CLASSES, "other arithmetic"], 0.0)
    for operator, ms in operators.items():
        fitting = (c for c, parts in CLASSES.items() if any(p in operator for p in parts))
        totals[next(fitting, "other arithmetic")] += ms
    return {name: ms / sum(operators.values()) for name, ms in totals.items()}


# === Quality over time ===


def train_for_quality(folder):
    for seed in QUALITY["seeds"]:
        for way in ("fit", "torch"):
            path = folder / f"quality_{way}_{seed}.json"
            if not path.exists():
                command = [sys.executable, __file__, "train", way, str(seed)]
                command += ["--folder", str(folder)]
                subprocess.run(command, env={**os.environ, **runs.ONE_THREAD}, check=True)


def train(way, seed, folder):
    """Writes FOLDER/quality_WAY_SEED.json: steps, CPU seconds and distance at each mark."""
    import numpy as np

    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images
    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    case, images = QUALITY["case"], load_images("mnist")
    if way == "fit":
        settings = settings_of(case, seed)
        model = build_model(settings)
        data = training_data(images, settings.batch_size, settings.n_critic, seed)
        logged, sample = runs.stepper(model, data), model.sample
        step = lambda: logged()["generator_loss"]  # noqa: E731
    else:
        mode = json.loads((folder / f"pairs_{case}_1.json").read_text())["mode"]
        training = torch_training(mode, case, images, seed)
        step, sample = training.step, training.sample
    evaluator = Evaluator(Classifier.shipped("mnist"), load_images("mnist", "test"))
    for _ in range(3):
        float(step())  # the first ones pay for set-up
    spent, steps, rows = 0.0, 3, []
    for part in range(1, QUALITY["marks"] + 1):
        started = time.process_time() - spent
        while spent < QUALITY["seconds"] * part / QUALITY["marks"]:
            float(step())
            steps += 1
            spent = time.process_time() - started
        pictures = np.clip(sample(QUALITY["pictures"]), 0, 1)
        distance = evaluator.frechet_distance(pictures)
        rows.append({"cpu_seconds": spent, "steps": steps, "frechet_distance": distance})
        print(way, seed, rows[-1], flush=True)
    write_json(folder / f"quality_{way}_{seed}.json", rows)


def draw(curves, path):
    from wgan_keras.watching.plots import BLUE
    from wgan_keras.watching.plots import ORANGE
    from wgan_keras.watching.plots import new_figure
    from wgan_keras.watching.plots import save_figure

    figure, axes = new_figure(6, 4, 1, 1)
    styles = {"fit": ("this package", BLUE, "-"), "torch": ("PyTorch", ORANGE, "--")}
    for name, rows in curves.items():
        way, seed = name.split("_")
        title, color, line = styles[way]
        axes.plot(
            [row["cpu_seconds"] for row in rows],
            [row["frechet_distance"] for row in rows],
            line,
            color=color,
            marker="o",
            markersize=4,
            label=None if int(seed) else title,
        )
    axes.set(xlabel="CPU seconds of one core", ylabel="Fréchet distance", yscale="log")
    axes.set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    axes.minorticks_off()
    axes.legend(frameon=False)
    save_figure(path, figure)


# === The document ===


def table(folder):
    import tensorflow as tf

    def read(prefix):
        paths = sorted(folder.glob(f"{prefix}_*.json"))
        return {p.stem.removeprefix(f"{prefix}_"): json.loads(p.read_text()) for p in paths}

    pairs, operators, curves = map(read, ("pairs", "operators", "quality"))
    machine = (
        f"{os.cpu_count()} cores, {runs.processor()}, Python {platform.python_version()}, "
        f"TensorFlow {tf.__version__}"
    )
    startup = folder / "startup.json"
    everything = {"machine": machine, "pairs": pairs, "operators": operators}
    everything["quality"] = curves
    lines = [
        "# Speed",
        "",
        "How long does a step of the generator take, those of its critic included, and how "
        "long does the same GAN take in PyTorch?",
        "",
        "```",
        *(
            f"python benchmarks/train_step.py {command} --folder FOLDER"
            for command in ("pairs", "operators", "quality", "table")
        ),
        "```",
        "",
        f"The machine has {machine}. All ways of training took turns of about a second, "
        f"{PAIRS} times, so that what slows the machine down slows them all. The ratio is "
        "the median over the pairs of neighbouring turns, and behind it stands the extent "
        "of the middle half of them: above 10 %, which an exclamation mark shows, the "
        "machine was not quiet enough. PyTorch ran in the fastest of three modes, which "
        "were tried first: eager, eager with channels last, and compiled with channels "
        "last. All values are in [benchmark.json](benchmark.json).",
    ]
    for cores in CORES:
        lines += [
            "",
            f"## {'One core' if cores == 1 else 'Two cores'}",
            "",
            "| | `fit`, ms | bare step, ms | PyTorch, ms | its fastest mode "
            "| PyTorch / `fit` | `fit` / bare step |",
            "| --- " * 7 + "|",
        ]
        for case, (title, _) in CASES.items():
            if result := pairs.get(f"{case}_{cores}"):
                ms = {way: statistics.median(all_) for way, all_ in result["ms"].items()}
                lines.append(
                    f"| {title} | {ms['fit']:.1f} | {ms['bare']:.1f} | {ms['torch']:.1f} "
                    f"| {MODES[result['mode']]} | {said_ratio(result, 'torch', 'fit')} "
                    f"| {said_ratio(result, 'fit', 'bare')} |"
                )
    if startup.exists():
        times = json.loads(startup.read_text())
        first, imports = (statistics.median(seconds) for seconds in times.values())
        everything["startup"] = times
        lines += [
            "",
            "## Start-up",
            "",
            f"`train --dataset mnist --lipschitz gp` takes {first:.1f} s to its first "
            f"step, of which {imports:.1f} s are TensorFlow's own import: medians of "
            "`benchmarks/startup.py`, which starts both in turn.",
        ]
    if operators:
        lines += [
            "",
            "## Where the time goes",
            "",
            "Shares of a step on one core, as TensorFlow's profiler sees it.",
            "",
            f"| | {' | '.join(CASES[case][0] for case in CASES if case in operators)} |",
            "| --- " * (len(operators) + 1) + "|",
        ]
        shares = {case: by_class(operators[case]) for case in CASES if case in operators}
        for name in [*CLASSES, "other arithmetic"]:
            cells = " | ".join(f"{100 * share[name]:.0f} %" for share in shares.values())
            lines.append(f"| {name} | {cells} |")
    if curves:
        draw(curves, DOCS / "images" / "benchmark.png")
        last = {"fit": [], "torch": []}
        for name, rows in curves.items():
            last[name.split("_")[0]].append(rows[-1]["frechet_distance"])
        ours, theirs = map(runs.spread, last.values())
        lines += [
            "",
            "## What it means for the pictures",
            "",
            "The recommended gradient penalty, trained on MNIST in both on one core. Each "
            f"line is a seed; {QUALITY['pictures']:,} pictures are measured at each mark. "
            f"After {QUALITY['seconds']} s the distance is {ours} with this package and "
            f"{theirs} in PyTorch: mean ± standard deviation over the seeds.",
            "",
            "![Fréchet distance over CPU seconds](images/benchmark.png)",
        ]
    write_json(DOCS / "benchmark.json", everything)
    (DOCS / "benchmark.md").write_text("\n".join(lines) + "\n")
    print(DOCS / "benchmark.md")


def said_ratio(result, above, below):
    middle, spread = ratio_of(result, above, below)
    return f"{middle:.2f} ({spread:.0%}{'!' if spread > DISAGREEMENT else ''})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = ("pairs", "operators", "quality", "table", "serve", "profile", "train")
    parser.add_argument("command", choices=commands)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", nargs="*", choices=CASES, help="cases that are timed")
    options = parser.parse_args()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    if options.command == "pairs":
        time_pairs(options.folder, options.only)
    elif options.command == "operators":
        profile_operators(options.folder)
    elif options.command == "quality":
        train_for_quality(options.folder)
    elif options.command == "table":
        table(options.folder)
    elif options.command == "serve":
        serve(*options.arguments)
    elif options.command == "profile":
        profile(options.arguments[0], int(options.arguments[1]))
    else:
        train(options.arguments[0], int(options.arguments[1]), options.folder)


if __name__ == "__main__":
    main()
