"""Makes the samplers that come with the package.

    python benchmarks/samplers.py train mnist --minutes 60 --out OUT
    python benchmarks/samplers.py export mnist --out OUT --to wgan_keras/samplers/mnist

One training of all 60,000 images on one core, seed 0, by the recipe below, which is the
recommended one of the gradient penalty with larger networks; what it ends with is kept,
whatever it is. OUT/checkpoint.npz is written every minute, and a training that was stopped
goes on from it. The distance on the way is that of the final scores, which decides nothing
here. `export` writes the SavedModel; its `sampler.json` says how it was made, and how its
pictures score.
"""

import argparse
import json
import platform
import shlex
import sys
import time
from pathlib import Path

JUDGE_EVERY = 300  # CPU seconds
GROWTH = 0.5  # from which share of the time on the batch is twice as large
LICENSES = {
    "mnist": "MNIST by Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
    "fashion-mnist": "Fashion-MNIST by Zalando Research, MIT license",
}

RECIPE = {
    "latent_dim": 16,
    "batch_size": 32,
    "learning_rate": 2e-3,
    "betas": (0.0, 0.99),
    "decays": [0.999],
    "statistics": "fresh",
    "penalty": {"weight": 1.0, "share": 0.25},
    "generator": {"channels": (96, 48), "blocks": 1},
    "critic": {"channels": (48, 96, 96), "normalization": "channel"},
}


def variables_of(trial):
    networks = [trial.generator, trial.critic, *trial.averages]
    optimizers = [v for optimizer in trial.optimizers for v in optimizer.variables]
    return [v for network in networks for v in network.variables] + optimizers


def train(dataset, out, minutes, until=None, save_every=60):
    import keras
    import numpy as np
    import search
    import tensorflow as tf

    from wgan_keras import Classifier
    from wgan_keras import Evaluator
    from wgan_keras import load_images

    out.mkdir(parents=True, exist_ok=True)
    settings = search.settings_of("gp", RECIPE)
    trial = search.Trial(settings, load_images(dataset), seed=0)
    evaluator = Evaluator(Classifier.shipped(dataset), load_images(dataset, "test"))
    spent, number, budget, log = 0.0, 0, 60 * minutes, []
    checkpoint, variables = out / "checkpoint.npz", variables_of(trial)
    if checkpoint.exists():
        saved = np.load(checkpoint)
        spent, number = float(saved["spent"]), int(saved["number"])
        log = json.loads(str(saved["log"]))
        for index, variable in enumerate(variables):
            variable.assign(saved[f"v{index}"])
        trial.step.assign(number)
        trial.random = np.random.default_rng(number)
        tf.random.set_seed(number + 1)

    def save():
        unfinished = out / "unfinished.npz"
        arrays = {f"v{i}": np.asarray(v) for i, v in enumerate(variables)}
        np.savez(unfinished, spent=spent, number=number, log=json.dumps(log), **arrays)
        unfinished.replace(checkpoint)

    rate, saved_at = settings["learning_rate"], spent
    judged_at = log[-1]["cpu_seconds"] if log else 0.0
    started, share = time.time(), 0.0
    before = spent / budget
    while share < 1:
        share = spent / budget
        if until:  # a busy machine may give less time than the budget
            wall = (time.time() - started) / (until - started)
            share = max(share, before + (1 - before) * wall)
        trial.size = settings["batch_size"] * (2 if share > GROWTH else 1)
        for optimizer in trial.optimizers:
            optimizer.learning_rate.assign(rate * max(1 - share, 0.0))
        begun = time.process_time()
        for _ in range(20):
            trial.train_step(number)
            number += 1
        spent += time.process_time() - begun
        if spent - judged_at > JUDGE_EVERY or share >= 1:
            distance = evaluator.frechet_distance(trial.pictures(trial.averages[0]))
            judged_at = spent
            log.append(
                {
                    "cpu_seconds": round(spent, 1),
                    "steps": number,
                    "share": round(share, 3),
                    "distance": distance,
                }
            )
            print(time.strftime("%H:%M:%S"), log[-1], flush=True)
        if spent - saved_at > save_every:
            save()
            saved_at = spent
    save()
    average = trial.averages[0]
    trial.pictures(average)  # with its statistics taken afresh
    average.save(out / "generator.keras")

    about = {
        "dataset": dataset,
        "settings": settings,
        "minutes": minutes,
        "batch_growth": [GROWTH, 2],
        "rate": "falls linearly from the start to 0 at the end",
        "seed": 0,
        "steps": number,
        "cpu_seconds": spent,
        "log": log,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "machine": platform.machine(),
        "parameters": average.count_params(),
    }
    (out / "about.json").write_text(json.dumps(about, indent=1))


def export(dataset, out, folder):
    import keras
    import tensorflow as tf

    from wgan_keras.evaluation.scores import evaluate
    from wgan_keras.files import read_json
    from wgan_keras.sampling.formats import export_sampler
    from wgan_keras.sampling.sampler import Sampler

    generator = keras.models.load_model(out / "generator.keras", compile=False)
    sampler = Sampler(generator)
    trained = read_json(out / "about.json")
    scores = evaluate(lambda index: sampler.draw(10_000, index), dataset, count=10_000)
    about = trained | {
        "model": "WGAN",
        "settings": trained["settings"] | {"model": "wgan", "lipschitz": "gp"},
        "images": 60_000,
        "data": LICENSES[dataset],
        "tensorflow": tf.__version__,
        "command": shlex.join(["python", *sys.argv]),
        "scores": scores,
    }
    export_sampler(generator, folder, "tf_saved_model", about)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("train", "export"))
    parser.add_argument("dataset", choices=LICENSES)
    parser.add_argument("--minutes", type=float, help="of CPU time, to train for")
    parser.add_argument("--until", help="HH:MM, the latest end of a training")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", type=Path, help="folder of the sampler")
    options = parser.parse_args()
    if options.command == "export":
        return export(options.dataset, options.out, options.to)
    until = None
    if options.until:
        today = time.strftime("%Y-%m-%d ") + options.until
        until = time.mktime(time.strptime(today, "%Y-%m-%d %H:%M"))
    train(options.dataset, options.out, options.minutes, until)


if __name__ == "__main__":
    main()
