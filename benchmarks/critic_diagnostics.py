"""Times what `CriticDiagnostics` costs at its default spacing, and shows what c does.

    python benchmarks/critic_diagnostics.py --data-dir DIR --out FOLDER
    python benchmarks/critic_diagnostics.py --clip 0.001 --blocks 10 --out FOLDER

In one training on MNIST with weight clipping, two critic steps, RMSprop 5e-4 and no
normalisation in the critic, every other block of 100 generator steps ends in a measurement,
so that blocks with and without one alternate and share the machine's moods. The callback's
own time is taken as well, and that of drawing, which comes once a minute at most. The
compilation comes once a training. The table and the picture stay in FOLDER.
"""

import argparse
import statistics
import time
from pathlib import Path

import keras

from wgan_keras import CriticDiagnostics
from wgan_keras import Settings
from wgan_keras import load_images
from wgan_keras import training_data
from wgan_keras.runs.building import build_model

BLOCK = 100  # the default of `every`


class TimedDiagnostics(CriticDiagnostics):
    """Keeps the seconds that compiling took, and each measurement."""

    def on_train_begin(self, logs=None):
        start = time.perf_counter()
        super().on_train_begin(logs)
        self.compiling, self.taken = time.perf_counter() - start, []

    def measure(self):
        start = time.perf_counter()
        measured = super().measure()
        self.taken.append(time.perf_counter() - start)
        return measured


class Clock(keras.callbacks.Callback):
    """Notes the time at the end of each block."""

    def on_train_begin(self, logs=None):
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        if self.model.steps_done.numpy() % BLOCK == 0:
            self.times.append(time.perf_counter())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of the MNIST files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--blocks", type=int, default=41)
    parser.add_argument("--clip", type=float, default=0.05)
    options = parser.parse_args()

    images, held_out = (
        load_images("mnist", split, options.data_dir) for split in ("train", "test")
    )
    steps = BLOCK * options.blocks
    settings = Settings(
        dataset="mnist",
        image_shape=images.shape[1:],
        steps=steps,
        n_critic=2,
        learning_rate=5e-4,
        clip_value=options.clip,
        normalization="none",
    )
    model = build_model(settings)
    data = training_data(images, settings.batch_size, settings.n_critic, settings.seed)
    files = options.out / "critic.csv", options.out / "critic.png"
    diagnostics = TimedDiagnostics(*files, images, held_out, every=2 * BLOCK)
    clock = Clock()
    model.fit(data, steps_per_epoch=steps, verbose=2, callbacks=[diagnostics, clock])
    start = time.perf_counter()
    diagnostics.draw()
    drawing = time.perf_counter() - start

    blocks = [end - start for start, end in zip(clock.times, clock.times[1:], strict=False)]
    measured, bare = (statistics.median(blocks[first::2]) for first in (0, 1))
    own = statistics.median(diagnostics.taken)
    print(f"{BLOCK} steps without a measurement, median: {bare:.3f} s")
    print(f"{BLOCK} steps with one, median: {measured:.3f} s ({measured / bare - 1:+.1%})")
    print(f"a measurement, median: {own:.3f} s ({own / bare:.1%} of those steps)")
    print(f"compiling it, once: {diagnostics.compiling:.2f} s")
    print(f"drawing: {drawing:.2f} s ({drawing / 60:.1%} of a minute)")
    for row in diagnostics.rows[1], diagnostics.rows[-1]:
        print(", ".join(f"{name} {value:.3g}" for name, value in row.items()))


if __name__ == "__main__":
    main()
