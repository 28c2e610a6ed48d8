"""Times a generator step on one worker and on two, and counts what a step moves.

    python benchmarks/workers.py [--rounds 2]

Trains a clipped WGAN of width 32 (batch 64, two critic steps, 28×28 images) with the digits
that come with scikit-learn: alone, and as two workers on this machine with the same global
batch, each a fresh process on one core, in turn. Prints the median times, and the bytes
and multiply-adds of a step from 2 to 256 replicas.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

STEPS, REPEATS = 10, 4  # timed at a time, and how often in a process
BATCH_SIZE, N_CRITIC = 64, 2


def build():
    from wgan_keras import Settings
    from wgan_keras.runs.building import build_model

    return build_model(
        Settings(
            image_shape=(28, 28, 1),
            batch_size=BATCH_SIZE,
            n_critic=N_CRITIC,
            normalization="none",
        )
    )


def measure():
    """Prints milliseconds a step, `REPEATS` times, in this process."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.sched_setaffinity(0, {int(os.environ["CORE"])})
    import contextlib

    import keras

    from wgan_keras import load_images
    from wgan_keras import training_data
    from wgan_keras.fitting.replicas import strategy_named

    scope = contextlib.nullcontext
    if "TF_CONFIG" in os.environ:
        scope = strategy_named("multi-worker").scope
    with scope():
        model = build()
    images = load_images("digits")
    times = []
    for _ in range(1 + REPEATS):  # the first to warm up
        data, ends = training_data(images, BATCH_SIZE, N_CRITIC), []
        clock = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, ends=ends: ends.append(
                time.perf_counter()
            )
        )
        model.fit(data, steps_per_epoch=STEPS + 1, verbose=0, callbacks=[clock])
        times.append(1000 * (ends[-1] - ends[0]) / STEPS)
    print(json.dumps(times[1:]))


def run(workers):
    """Milliseconds a step of so many workers: of each repeat, those of the slowest."""
    sockets = [socket.socket() for _ in range(workers)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    cluster = {"worker": [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]}
    for one in sockets:
        one.close()
    processes = []
    for index in range(workers):
        environment = os.environ | {"CORE": str(index)}
        if workers > 1:
            task = {"type": "worker", "index": index}
            environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
        processes.append(
            subprocess.Popen(
                [sys.executable, __file__, "--measure"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    times = [json.loads(one.communicate()[0].splitlines()[-1]) for one in processes]
    return [max(repeat) for repeat in zip(*times, strict=True)]


def multiply_adds(network):
    """Multiply-adds of one image's way through a network's kernels."""
    total = 0
    for layer in network.layers:
        if not hasattr(layer, "kernel"):
            continue
        shape = layer.output.shape
        if type(layer).__name__ == "Conv2DTranspose":
            shape = layer.input.shape
        places = shape[1] * shape[2] if len(shape) == 4 else 1
        total += places * layer.kernel.shape.num_elements()
    return total


def table():
    """Prints what a replica computes and sends in a step, for 1 to 256 of them."""
    model = build()

    def count(variables):
        return sum(v.shape.num_elements() for v in variables)

    critic, generator = (
        count(network.trainable_variables) for network in (model.critic, model.generator)
    )
    measured = [v for v in model.non_trainable_weights if v.dtype.startswith("float")]
    statistics_kept = count(measured) - generator  # each replica averages its own weights
    payload = 4 * (
        N_CRITIC * critic + generator + statistics_kept + 2 * len(model.log_names)
    )
    c, g = multiply_adds(model.critic), multiply_adds(model.generator)
    # A way back costs twice the way there; the critic sees real and made images, the
    # generator's step needs no gradient of the critic's kernels, and the average, one way.
    image = N_CRITIC * (6 * c + g) + 2 * c + 3 * g + g
    print(f"critic {critic:,} weights, generator {generator:,}, statistics", end=" ")
    print(f"{statistics_kept:,}; {payload:,} bytes to average in a step")
    print(f"critic {c:,} multiply-adds an image, generator {g:,}, a step {image:,}")
    for replicas in (2, 4, 8, 16, 32, 64, 128, 256):
        sent = 2 * (replicas - 1) / replicas * payload
        work = image * BATCH_SIZE / replicas
        print(f"| {replicas} | {sent:,.0f} | {work:,.0f} | {work / sent:,.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure()
        return
    times = {1: [], 2: []}
    for _ in range(options.rounds):
        for workers, past in times.items():
            past += run(workers)
    for workers, past in times.items():
        low, high = min(past), max(past)
        middle = statistics.median(past)
        print(f"{workers} worker(s): {middle:.0f} ms a step ({low:.0f} to {high:.0f})")
    table()


if __name__ == "__main__":
    main()
