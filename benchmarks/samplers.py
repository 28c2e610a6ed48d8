"""Makes the samplers that come with the package.

    python benchmarks/samplers.py mnist --steps 12000 --out wgan_keras/samplers/mnist

One training with the recommended recipe of the gradient penalty, seed 0; what it ends with
is kept, whatever it is. Beside the SavedModel, `sampler.json` says how it was made, and how
its pictures score.
"""

import argparse
import dataclasses
import shlex
import sys
from pathlib import Path

import runs
import tensorflow as tf

from wgan_keras import Classifier
from wgan_keras import Evaluator
from wgan_keras import Settings
from wgan_keras import load_images
from wgan_keras.evaluation.scores import evaluate

LICENSES = {
    "mnist": "MNIST by Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
    "fashion-mnist": "Fashion-MNIST by Zalando Research, MIT license",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=LICENSES)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    images = load_images(options.dataset)
    test = load_images(options.dataset, "test")
    settings = Settings(
        lipschitz="gp",
        dataset=options.dataset,
        image_shape=images.shape[1:],
        steps=options.steps,
    )
    evaluator = Evaluator(Classifier.shipped(options.dataset), test)
    marks = [options.steps * part // 10 for part in range(1, 11)]
    _, model = runs.measured(settings, images, evaluator, marks, count=10_000)
    scores = evaluate(
        lambda index: model.sample(10_000, seed=index), options.dataset, count=10_000
    )
    model.export_sampler(
        options.out,
        dataset=options.dataset,
        data=LICENSES[options.dataset],
        seed=0,
        settings=dataclasses.asdict(settings),
        images_seen=options.steps * settings.n_critic * settings.batch_size,
        tensorflow=tf.__version__,
        command=shlex.join(["python", *sys.argv]),
        scores=scores,
    )


if __name__ == "__main__":
    main()
