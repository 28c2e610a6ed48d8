"""Scores of five models on two data sets, three seeds each, and of one that trains longer.

    python benchmarks/scores.py speed --folder FOLDER
    python benchmarks/scores.py all --folder FOLDER
    python benchmarks/scores.py table --folder FOLDER

`speed` times a generator step of each model, interleaved, on one core; from it follow the
steps that each model gets in the same time. `all` makes the runs that are not there yet,
each in a process of its own on one core; it may be stopped and started again. `table`
writes docs/scores.md, docs/scores.json and the pictures from the runs that are there.

All models have the same generator: its width, latents, precision and averaging are the
recommended ones, in the paper's recipe as well.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import runs

from wgan_keras.files import write_json

SECONDS = 120  # of one core, for training alone
LONG = 900  # the same for the models that train longer as well
LONG_MODELS = ("WGAN-SN",)
STEPS = 1500  # at which all models are compared as well
MARKS = 20  # points of a run's curve of quality
SEEDS = (0, 1, 2)
DATASETS = ("mnist", "fashion-mnist")
MODELS = {  # name: what differs from the default settings
    "DCGAN": {"model": "dcgan"},
    "WGAN, clipped": {},
    "WGAN-GP": {"lipschitz": "gp"},
    "WGAN-SN": {"lipschitz": "sn"},
    "WGAN, clipped, paper": {"recipe": "paper"},
}
GENERATOR = ("width", "latent_dim", "average_decay", "mixed_precision")
DOCS = Path(__file__).parent.parent / "docs"


def settings_of(model, dataset, seed):
    from wgan_keras import Settings

    recommended = Settings()
    same = {name: getattr(recommended, name) for name in GENERATOR}
    return Settings(
        dataset=dataset, image_shape=(28, 28, 1), seed=seed, **same, **MODELS[model]
    )


def file_name(model, dataset, seed, seconds):
    longer = "" if seconds == SECONDS else f"_{seconds}s"
    return f"{model.replace(', ', '-').lower()}_{dataset}_{seed}{longer}"


RUNS = {  # so ordered that unfinished scores say most
    file_name(model, dataset, seed, seconds): (model, dataset, seed, seconds)
    for seconds, models, seeds in (
        (SECONDS, MODELS, SEEDS),
        (LONG, LONG_MODELS, SEEDS[:2]),
    )
    for seed in seeds
    for dataset in DATASETS
    for model in models
}

# === Speed ===


def measure_speed(folder, rounds=7, steps=30):
    """Writes FOLDER/speed.json: the median seconds of a generator step of each model."""
    import numpy as np
    import tensorflow as tf

    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    images = np.random.default_rng(0).integers(0, 256, (6000, 28, 28, 1), np.uint8)
    trainers, times = {}, {model: [] for model in MODELS}
    for model in MODELS:
        settings = settings_of(model, "mnist", seed=0)
        gan = build_model(settings)
        data = training_data(images, settings.batch_size, settings.n_critic)
        trainers[model] = runs.stepper(gan, data)
        trainers[model]()
    for _ in range(rounds):
        for model, step in trainers.items():
            started = time.process_time()
            for _ in range(steps):
                step()
            times[model].append((time.process_time() - started) / steps)
    folder.mkdir(parents=True, exist_ok=True)
    seconds = {model: statistics.median(values) for model, values in times.items()}
    write_json(folder / "speed.json", {"seconds": seconds, "rounds": times})
    for model, value in seconds.items():
        print(f"{model:22} {1000 * value:6.1f} ms a step, {SECONDS / value:6.0f} steps")


# === One run ===


def run(name, folder):
    import numpy as np

    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images

    model, dataset, seed, seconds = RUNS[name]
    speed = json.loads((folder / "speed.json").read_text())["seconds"][model]
    last = round(seconds / speed)
    full = {"time": last}
    if seconds == SECONDS and last >= STEPS:
        full["steps"] = STEPS
    marks = {last * part // MARKS for part in range(1, MARKS + 1)} | set(full.values())
    evaluator = Evaluator(Classifier.shipped(dataset), load_images(dataset, "test"))
    result, trained = runs.measured(
        settings_of(model, dataset, seed),
        load_images(dataset),
        evaluator,
        sorted(marks),
        count=1000,
        full=full,
    )
    np.save(folder / f"{name}.npy", trained.sample(64, seed=0))
    about = {"model": model, "dataset": dataset, "seed": seed, "seconds": seconds}
    write_json(folder / f"{name}.json", about | result)


# === The table ===


def table(folder):
    import numpy as np
    import tensorflow as tf

    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images
    from wgan_keras.watching.plots import image_grid
    from wgan_keras.watching.plots import save_image

    done = {n: folder / f"{n}.json" for n in RUNS if (folder / f"{n}.json").exists()}
    everything = [json.loads(path.read_text()) for path in done.values()]
    results, longer = (
        [r for r in everything if r["seconds"] == seconds] for seconds in (SECONDS, LONG)
    )
    speed = json.loads((folder / "speed.json").read_text())["seconds"]
    lines = [
        "# Scores",
        "",
        f"{len(everything)} of {len(RUNS)} runs are done. Made by `benchmarks/scores.py` "
        f"(`speed`, `all`, `table`) on one core of an {runs.processor()}, TensorFlow "
        f"{tf.__version__}; all values are in docs/scores.json.",
        "",
        "Each run trains on the 60,000 training images; 10,000 pictures are compared with "
        "the 10,000 test images, by the measures of `wgan_keras/evaluation/metrics.py`. "
        "Given are mean ± standard deviation over the seeds, and beside them the same of "
        "10,000 training images (*real images*). Runs that failed or collapsed stay in.",
        "",
        "All models have the same generator: its width, latents, precision and averaging. "
        "The memory is a run's peak, scoring included.",
        "",
        "| model | ms a generator step | steps in the same time | memory, MB |",
        "| --- | --- | --- | --- |",
    ]
    for model in MODELS:
        peaks = [r["peak_megabytes"] for r in results if r["model"] == model]
        memory = f"{statistics.median(peaks):.0f}" if peaks else ""
        lines.append(
            f"| {model} | {1000 * speed[model]:.1f} | {SECONDS / speed[model]:.0f} | "
            f"{memory} |"
        )
    scores = {}
    for dataset in DATASETS:
        here = [r for r in results if r["dataset"] == dataset]
        if not here:
            continue
        evaluator = Evaluator(Classifier.shipped(dataset), load_images(dataset, "test"))
        training = load_images(dataset)
        real = [evaluator.score(training[10_000 * s :][:10_000]) for s in range(3)]
        scores[dataset] = {"real": real}
        long = [r for r in longer if r["dataset"] == dataset]
        for key, title, found in (
            ("time", f"the same time, {SECONDS} s of one core", here),
            ("time", f"longer, {LONG} s of one core", long),
            ("steps", f"the same generator steps, {STEPS}", here),
        ):
            lines += ["", f"## {dataset}: {title}", ""]
            names = list(real[0])
            lines.append("| model | seeds | " + " | ".join(map(_title, names)) + " |")
            lines.append("| --- " * (len(names) + 2) + "|")
            full = [(r["model"], r["full"][key]) for r in found if key in r["full"]]
            rows = {m: [scores_ for model, scores_ in full if model == m] for m in MODELS}
            rows = {model: row for model, row in rows.items() if row}
            for model, row in (rows | {"*real images*": real}).items():
                cells = [runs.spread([one[name] for one in row]) for name in names]
                lines.append(f"| {model} | {len(row)} | " + " | ".join(cells) + " |")
        lines += ["", f"## {dataset}: does the curve track image quality?", ""]
        lines += [
            "Spearman's rank correlation, over a run's marks, between a logged value "
            "(median of the last 100 steps) and the Fréchet distance of 1,000 pictures: "
            "1 would be a curve that falls whenever the pictures get better.",
            "",
            "| model | value | first mark to last | second half |",
            "| --- | --- | --- | --- |",
        ]
        for model in MODELS:
            lines += _correlations(model, [r for r in here if r["model"] == model])
        pictures = [
            image_grid(np.load(folder / f"{n}.npy"), columns=16, caption=model)
            for n in done
            for model, where, seed, seconds in [RUNS[n]]
            if (where, seed, seconds) == (dataset, 0, SECONDS)
        ]
        picture = DOCS / "images" / f"scores-{dataset}.png"
        save_image(picture, np.concatenate(pictures))
        lines += [
            "",
            f"The first 64 samples of seed 0 after {SECONDS} s, uncurated:",
            "",
        ]
        lines += [f"![{dataset}](images/{picture.name})"]
    (DOCS / "scores.md").write_text("\n".join(lines) + "\n")
    found = {"speed": speed, "real": scores, "runs": results, "longer": longer}
    write_json(DOCS / "scores.json", found)
    print(f"{len(everything)} of {len(RUNS)} runs: {DOCS / 'scores.md'}")


def _title(name):
    return name.replace("_", " ")


def _correlations(model, results):
    from scipy.stats import spearmanr

    values = {
        "wasserstein estimate": lambda row: row["wasserstein_estimate"],
        "estimate / mean slope": lambda row: (
            row["wasserstein_estimate"] / row["lipschitz_estimate"]
        ),
    }
    if model == "DCGAN":
        values = {
            "discriminator loss": lambda row: row["discriminator_loss"],
            "generator loss": lambda row: row["generator_loss"],
        }
    lines = []
    for name, value in values.items():
        cells = []
        for start in (0, MARKS // 2):
            found = []
            for result in results:
                rows = result["rows"][start:]
                distances = [row["frechet_distance"] for row in rows]
                found.append(float(spearmanr([value(row) for row in rows], distances)[0]))
            cells.append(runs.spread(found))
        lines.append(f"| {model} | {name} | {cells[0]} | {cells[1]} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("speed", "all", "run", "table"))
    parser.add_argument("name", nargs="?")
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "speed":
        measure_speed(options.folder)
    elif options.command == "run":
        run(options.name, options.folder)
    elif options.command == "all":
        runs.each_in_a_process(__file__, RUNS, options.folder, workers=2)
    else:
        table(options.folder)


if __name__ == "__main__":
    main()
