"""The search for the recommended recipes.

    python benchmarks/recipes.py search --folder FOLDER
    python benchmarks/recipes.py table --folder FOLDER

Each trial trains on 50,000 training images of MNIST or Fashion-MNIST; its pictures are
compared with the other 10,000, in the features of a classifier that is not the shipped
one: of another width and seed, and trained on the same 50,000 (FOLDER/DATASET.keras, made
by benchmarks/classifier.py --images 50000 --width 12 --epochs 5 --seed 1). So neither the
test images nor the shipped features have been seen when the final scores are taken.
"""

import argparse
import json
import statistics
from pathlib import Path

import runs

from wgan_keras.files import write_json

TRAINED_ON = 50_000
COUNT = 10_000
START = {
    "clip": {"n_critic": 2, "learning_rate": 5e-4, "clip": 0.05, "optimizer": "RMSprop"},
    "gp": {"n_critic": 2, "learning_rate": 5e-4, "optimizer": "Adam", "betas": (0.0, 0.9)},
    "sn": {"n_critic": 2, "learning_rate": 5e-4, "optimizer": "Adam", "betas": (0.0, 0.9)},
    "dcgan": {
        "n_critic": 1,
        "learning_rate": 2e-4,
        "optimizer": "Adam",
        "betas": (0.5, 0.999),
        "dropout": 0.3,
    },
}
COMMON = {
    "batch_size": 64,
    "normalization": None,
    "average_decay": 0.99,
    "latent_dim": 128,
    "width": 32,
    "anneal": False,
    "mixed_precision": False,
}
PASSES = 3000  # network passes in a screening run: 1,000 steps with two critic steps

# name: (method, what differs from the start)
TRIALS = {
    "dcgan": ("dcgan", {}),
    "dcgan-rate-4e-4": ("dcgan", {"learning_rate": 4e-4}),
    "dcgan-rate-8e-4": ("dcgan", {"learning_rate": 8e-4}),
    "dcgan-no-dropout": ("dcgan", {"dropout": 0.0}),
    "dcgan-no-dropout-4e-4": ("dcgan", {"dropout": 0.0, "learning_rate": 4e-4}),
    "dcgan-batch-norm": ("dcgan", {"dropout": 0.0, "normalization": "batch"}),
    "dcgan-anneal-4e-4": ("dcgan", {"learning_rate": 4e-4, "anneal": True}),
    "dcgan-batch-norm-5e-4": (
        "dcgan",
        {"dropout": 0.0, "normalization": "batch", "learning_rate": 5e-4},
    ),
    "dcgan-batch-norm-1e-3": (
        "dcgan",
        {"dropout": 0.0, "normalization": "batch", "learning_rate": 1e-3},
    ),
    "dcgan-batch-norm-5e-4-batch-32": (
        "dcgan",
        {
            "dropout": 0.0,
            "normalization": "batch",
            "learning_rate": 5e-4,
            "batch_size": 32,
        },
    ),
    "dcgan-batch-norm-2e-3": (
        "dcgan",
        {"dropout": 0.0, "normalization": "batch", "learning_rate": 2e-3},
    ),
    "clip": ("clip", {}),
    "clip-rate-1e-3": ("clip", {"learning_rate": 1e-3}),
    "clip-c-0.03": ("clip", {"clip": 0.03}),
    "clip-c-0.1": ("clip", {"clip": 0.1}),
    "clip-adam-c-0.05": ("clip", {"optimizer": "Adam", "betas": (0.0, 0.9)}),
    "clip-anneal-1e-3": ("clip", {"learning_rate": 1e-3, "anneal": True}),
    "clip-batch-norm": ("clip", {"normalization": "batch"}),
    "clip-layer-norm": ("clip", {"normalization": "layer"}),
    "clip-n-1": ("clip", {"n_critic": 1}),
    "clip-n-5": ("clip", {"n_critic": 5}),
    "clip-batch-norm-1e-3": ("clip", {"normalization": "batch", "learning_rate": 1e-3}),
    "clip-layer-norm-1e-3": ("clip", {"normalization": "layer", "learning_rate": 1e-3}),
    "clip-batch-norm-1e-3-n-1": (
        "clip",
        {"normalization": "batch", "learning_rate": 1e-3, "n_critic": 1},
    ),
    "clip-batch-norm-1e-3-batch-32": (
        "clip",
        {"normalization": "batch", "learning_rate": 1e-3, "batch_size": 32},
    ),
    "clip-layer-norm-1e-3-batch-32": (
        "clip",
        {"normalization": "layer", "learning_rate": 1e-3, "batch_size": 32},
    ),
    "clip-batch-norm-2e-3": ("clip", {"normalization": "batch", "learning_rate": 2e-3}),
    "clip-batch-norm-2e-3-n-1": (
        "clip",
        {"normalization": "batch", "learning_rate": 2e-3, "n_critic": 1},
    ),
    "clip-batch-norm-c-0.1-2e-3": (
        "clip",
        {"normalization": "batch", "learning_rate": 2e-3, "clip": 0.1},
    ),
    "gp": ("gp", {}),
    "gp-rate-1e-3": ("gp", {"learning_rate": 1e-3}),
    "gp-anneal-1e-3": ("gp", {"learning_rate": 1e-3, "anneal": True}),
    "gp-n-1": ("gp", {"n_critic": 1}),
    "gp-batch-32": ("gp", {"batch_size": 32}),
    "gp-layer-norm": ("gp", {"normalization": "layer"}),
    "gp-bfloat16": ("gp", {"mixed_precision": True}),
    "gp-layer-norm-1e-3": ("gp", {"normalization": "layer", "learning_rate": 1e-3}),
    "gp-rate-1e-3-batch-32": ("gp", {"batch_size": 32, "learning_rate": 1e-3}),
    "gp-layer-norm-1e-3-batch-32": (
        "gp",
        {"normalization": "layer", "learning_rate": 1e-3, "batch_size": 32},
    ),
    "gp-layer-norm-1e-3-n-1": (
        "gp",
        {"normalization": "layer", "learning_rate": 1e-3, "n_critic": 1},
    ),
    "gp-layer-norm-1e-3-n-1-batch-32": (
        "gp",
        {
            "normalization": "layer",
            "learning_rate": 1e-3,
            "n_critic": 1,
            "batch_size": 32,
        },
    ),
    "gp-layer-norm-1e-3-n-1-batch-32-decay-0.999": (
        "gp",
        {
            "normalization": "layer",
            "learning_rate": 1e-3,
            "n_critic": 1,
            "batch_size": 32,
            "average_decay": 0.999,
        },
    ),
    "gp-rate-2e-3-batch-32": ("gp", {"batch_size": 32, "learning_rate": 2e-3}),
    "gp-decay-0.999": ("gp", {"average_decay": 0.999}),
    "gp-width-24": ("gp", {"width": 24}),
    "sn": ("sn", {}),
    "sn-rate-1e-3-batch-32": ("sn", {"learning_rate": 1e-3, "batch_size": 32}),
    "sn-rate-1e-3-n-1-batch-32": (
        "sn",
        {"learning_rate": 1e-3, "n_critic": 1, "batch_size": 32},
    ),
    "sn-rate-2e-3-n-1": ("sn", {"learning_rate": 2e-3, "n_critic": 1}),
    "sn-rate-1e-3-n-1": ("sn", {"learning_rate": 1e-3, "n_critic": 1}),
    "sn-rate-1e-3": ("sn", {"learning_rate": 1e-3}),
    "sn-n-1": ("sn", {"n_critic": 1}),
    "sn-anneal-1e-3": ("sn", {"learning_rate": 1e-3, "anneal": True}),
}


def settings_of(trial):
    method, changes = TRIALS[trial]
    return {"method": method, **COMMON, **START[method], **changes}


def run(name, folder):
    """`name` is TRIAL.DATASET.SEED.PASSES."""
    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images

    trial, dataset, seed, passes = name.rsplit("_", 3)
    images = load_images(dataset)
    settings = settings_of(trial)
    settings |= {"image_shape": images.shape[1:], "seed": int(seed)}
    classifier = Classifier(folder / f"{dataset}.keras")
    evaluator = Evaluator(classifier, images[TRAINED_ON:])
    steps = round(int(passes) / (settings["n_critic"] + 1))
    marks = [steps * part // 3 for part in (1, 2, 3)]
    result, _ = runs.measured(settings, images[:TRAINED_ON], evaluator, marks, COUNT)
    write_json(folder / f"{name}.json", {"trial": trial, "dataset": dataset, **result})


def table(folder):
    """Prints all results as Markdown, by method, data set and length, the best first."""
    results = {}
    for path in folder.glob("*_*.json"):
        trial, dataset, seed, passes = path.stem.rsplit("_", 3)
        key = (dataset, int(passes), TRIALS[trial][0], trial)
        results.setdefault(key, {})[int(seed)] = json.loads(path.read_text())["rows"]

    def last(key):
        return statistics.mean(r[-1]["frechet_distance"] for r in results[key].values())

    heading = None
    for key in sorted(results, key=lambda key: (*key[:3], last(key))):
        dataset, passes, method, trial = key
        if heading != key[:3]:
            heading = key[:3]
            print(f"\n### {dataset}, {method}, {passes} passes\n")
            print("| trial | settings that differ | seeds | CPU s | distance on the way |")
            print("| --- | --- | --- | --- | --- |")
        rows = list(results[key].values())
        seconds = statistics.mean(r[-1]["cpu_seconds"] for r in rows)
        distances = [
            " / ".join(f"{row['frechet_distance']:.2f}" for row in mark)
            for mark in zip(*rows, strict=True)
        ]
        changes = ", ".join(f"{k}={v}" for k, v in TRIALS[trial][1].items())
        seeds = ", ".join(map(str, results[key]))
        print(f"| {trial} | {changes} | {seeds} | {seconds:.0f} | {'; '.join(distances)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("search", "run", "table"))
    parser.add_argument("name", nargs="*")
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "run":
        run(options.name[0], options.folder)
    elif options.command == "table":
        table(options.folder)
    else:
        names = options.name or [f"{trial}_mnist_0_{PASSES}" for trial in TRIALS]
        runs.each_in_a_process(__file__, names, options.folder, workers=2)


if __name__ == "__main__":
    main()
