"""Trains the small classifier in whose features pictures are scored.

    python benchmarks/classifier.py mnist --out mnist.keras

writes the classifier, and beside it a JSON file with its accuracy and its SHA-256. Scores
in the features of two different classifiers cannot be compared, so the package ships one
for each data set, in wgan_keras/evaluation/classifiers, and names it with each score.
"""

import argparse
import json
import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from wgan_keras import load_images
from wgan_keras import load_labels
from wgan_keras.evaluation.classifier import build_classifier
from wgan_keras.files import checksum
from wgan_keras.files import write_json

BATCH_SIZE = 128


def augmented(images, labels, flip, seed):
    """Shifts by up to two pixels, and mirrors clothes, anew in each epoch."""
    height, width, channels = images.shape[1:]

    def augment(image, label, seed):
        image = tf.pad(image, [[2, 2], [2, 2], [0, 0]])
        image = tf.image.stateless_random_crop(image, (height, width, channels), seed)
        if flip:
            image = tf.image.stateless_random_flip_left_right(image, seed)
        return image, label

    options = tf.data.Options()
    options.autotune.enabled = False  # it would hold up the end of `fit`
    pairs = tf.data.Dataset.from_tensor_slices((images, labels)).repeat()
    pairs = pairs.shuffle(len(images), seed=seed)
    seeds = tf.data.Dataset.random(seed=seed).batch(2)
    return (
        tf.data.Dataset.zip(pairs, seeds)
        .map(lambda pair, seed: augment(*pair, seed), num_parallel_calls=2)
        .batch(BATCH_SIZE)
        .prefetch(2)
        .with_options(options)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=("mnist", "fashion-mnist"))
    parser.add_argument("--data-dir")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.keras")
    parser.add_argument("--images", type=int, help="train on the first so many only")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()

    images, labels = (
        load(options.dataset, "train", options.data_dir)[: options.images]
        for load in (load_images, load_labels)
    )
    classifier = build_classifier(images.shape[1:], options.width)
    steps = len(images) // BATCH_SIZE
    rate = keras.optimizers.schedules.CosineDecay(2e-3, options.epochs * steps)
    classifier.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    flip = options.dataset == "fashion-mnist"
    classifier.fit(
        augmented(images, labels, flip, options.seed),
        steps_per_epoch=steps,
        epochs=options.epochs,
        verbose=2,
    )
    test_images, test_labels = (
        load(options.dataset, "test", options.data_dir)
        for load in (load_images, load_labels)
    )
    predicted = classifier.predict(test_images, batch_size=500, verbose=0).argmax(axis=1)
    accuracy = float(np.mean(predicted == test_labels))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    # Without compilation: no optimizer and no loss in the file.
    keras.Model(classifier.input, classifier.output, name="classifier").save(options.out)
    about = {
        "dataset": options.dataset,
        "test_accuracy": accuracy,
        "sha256": checksum(options.out),
        "parameters": classifier.count_params(),
        "training": {
            "images": len(images),
            "width": options.width,
            "epochs": options.epochs,
            "seed": options.seed,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "machine": platform.machine(),
        },
    }
    write_json(options.out.with_suffix(".json"), about)
    print(json.dumps(about, indent=2))


if __name__ == "__main__":
    main()
