"""Times one generator step of a WGAN (5 critic steps + 1), three ways, side by side.

    pip install -e ".[bench]"
    python benchmarks/train_step.py --data-dir DIR --out docs/benchmark.md

- this package, through `fit`, and its bare compiled step beside it in the same process;
- the widespread Python loop: one compiled function called for each critic step, with
  NumPy batches;
- PyTorch, idiomatic, in several modes, of which the fastest counts.

All have the same networks, batch size and real images (MNIST, or the digits that come
with scikit-learn where it is not found), in float32 and in bfloat16. Each measurement is
a process of its own; the ways alternate over several rounds, and medians are compared.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

BATCH_SIZE, N_CRITIC, LATENT_DIM, WIDTH = 64, 5, 128, 64
STEPS, REPEATS = 10, 6  # timed at a time, and how often in a process
WAYS = [
    "package",
    "python-loop",
    "torch",
    "torch-channels-last",
    "torch-compile",
    "torch-compile-channels-last",
]


def real_images(data_dir):
    from wgan_keras import load_images

    try:
        return load_images("mnist", data_dir=data_dir)
    except FileNotFoundError:
        return load_images("digits")


def timed(run):
    """Milliseconds a generator step, `REPEATS` times, after one run to warm up."""
    run()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / STEPS * 1000)
    return times


# === This package ===


def build_wgan(dtype):
    import keras

    from wgan_keras import WGAN
    from wgan_keras import build_critic
    from wgan_keras import build_generator

    keras.utils.set_random_seed(0)
    if dtype == "bfloat16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    generator = build_generator((28, 28, 1), LATENT_DIM, WIDTH)
    return WGAN(generator, build_critic((28, 28, 1), WIDTH), N_CRITIC)


def package(images, dtype):
    """`fit` and the bare compiled step by turns, in one process, on one model."""
    import tensorflow as tf

    from wgan_keras import training_data

    wgan = build_wgan(dtype)
    wgan.compile()
    data = training_data(images, BATCH_SIZE, N_CRITIC)
    bare_step = tf.function(wgan.train_step)
    batch = next(iter(data))

    def bare():
        for _ in range(STEPS):
            logs = bare_step(batch)
        float(logs["critic_loss"])

    def fit():
        wgan.fit(data, steps_per_epoch=STEPS, verbose=0)

    bare(), fit()
    times = {"fit": [], "bare step": []}
    for _ in range(REPEATS):
        for name, run in (("fit", fit), ("bare step", bare)):
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) / STEPS * 1000)
    return times


# === The Python loop ===


def python_loop(images, dtype):
    import keras
    import numpy as np
    import tensorflow as tf

    wgan = build_wgan(dtype)  # for its networks
    generator, critic = wgan.generator, wgan.critic
    generator_optimizer = keras.optimizers.RMSprop(5e-5)
    critic_optimizer = keras.optimizers.RMSprop(5e-5)
    images = images.astype("float32") / 127.5 - 1
    rng = np.random.default_rng(0)

    @tf.function
    def critic_step(real):
        fake = generator(tf.random.normal((BATCH_SIZE, LATENT_DIM)), training=True)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(critic(fake, training=True))
            loss -= tf.reduce_mean(critic(real, training=True))
        gradients = tape.gradient(loss, critic.trainable_variables)
        critic_optimizer.apply(gradients, critic.trainable_variables)
        for weight in critic.trainable_variables:
            weight.assign(tf.clip_by_value(weight, -0.01, 0.01))
        return loss

    @tf.function
    def generator_step():
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal((BATCH_SIZE, LATENT_DIM)), training=True)
            loss = -tf.reduce_mean(critic(fake, training=True))
        gradients = tape.gradient(loss, generator.trainable_variables)
        generator_optimizer.apply(gradients, generator.trainable_variables)
        return loss

    def run():
        for _ in range(STEPS):
            for _ in range(N_CRITIC):
                critic_step(images[rng.integers(0, len(images), BATCH_SIZE)])
            loss = generator_step()
        float(loss)

    return {"python loop": timed(run)}


# === PyTorch ===


def pytorch(images, dtype, channels_last=False, compiled=False):
    import torch
    from torch import nn

    torch.manual_seed(0)

    def doubling(channels_in, channels_out, **options):
        return nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1, **options)

    generator = nn.Sequential(
        nn.Linear(LATENT_DIM, 7 * 7 * 2 * WIDTH, bias=False),
        nn.Unflatten(1, (2 * WIDTH, 7, 7)),
        nn.BatchNorm2d(2 * WIDTH),
        nn.ReLU(),
        doubling(2 * WIDTH, WIDTH, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(),
        doubling(WIDTH, 1),
        nn.Tanh(),
    )
    critic = nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(7 * 7 * 2 * WIDTH, 1),
    )
    images = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    if channels_last:
        for network in (generator, critic):
            network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    generator_optimizer = torch.optim.RMSprop(generator.parameters(), 5e-5)
    critic_optimizer = torch.optim.RMSprop(critic.parameters(), 5e-5)

    def critic_step(real):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            with torch.no_grad():
                fake = generator(torch.randn(BATCH_SIZE, LATENT_DIM))
            loss = critic(fake).float().mean() - critic(real).float().mean()
        critic_optimizer.zero_grad()
        loss.backward()
        critic_optimizer.step()
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter.clamp_(-0.01, 0.01)

    def generator_step():
        critic.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            loss = -critic(generator(torch.randn(BATCH_SIZE, LATENT_DIM))).float().mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
        critic.requires_grad_(True)
        return loss

    if compiled:
        generator.compile()
        critic.compile()

    def run():
        for _ in range(STEPS):
            for _ in range(N_CRITIC):
                real = images[torch.randint(0, len(images), (BATCH_SIZE,))]
                critic_step(real.float() / 127.5 - 1)
            loss = generator_step()
        float(loss.detach())

    mode = ", compiled" * compiled + ", channels last" * channels_last
    return {f"PyTorch{mode}": timed(run)}


def measure(way, dtype, data_dir):
    images = real_images(data_dir)
    if way == "package":
        times = package(images, dtype)
    elif way == "python-loop":
        times = python_loop(images, dtype)
    else:
        times = pytorch(images, dtype, "channels-last" in way, "compile" in way)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {name: {"ms": statistics.median(ms), "MB": peak} for name, ms in times.items()}


# === Side by side ===


def run_process(way, dtype, data_dir):
    command = [sys.executable, __file__, "--only", way, dtype]
    command += ["--data-dir", data_dir] if data_dir else []
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode:
        print(f"{way} in {dtype} failed:\n{result.stderr[-2000:]}", file=sys.stderr)
        return {}
    return json.loads(result.stdout.splitlines()[-1])


def table(results, dtype):
    """Medians over the rounds, as Markdown; ratios say how much faster `fit` is."""
    medians = {
        name: {key: statistics.median(one[key] for one in rounds) for key in ("ms", "MB")}
        for name, rounds in results.items()
    }
    ours = medians["fit"]["ms"]
    lines = [
        f"| {dtype} | ms a generator step | real images a second | time / `fit`'s time "
        "| peak memory, MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, median in medians.items():
        rate = BATCH_SIZE * N_CRITIC / median["ms"] * 1000
        lines.append(
            f"| {name} | {median['ms']:.1f} | {rate:.0f} | {median['ms'] / ours:.3f} "
            f"| {median['MB']:.0f} |"
        )
    best = min((n for n in medians if "PyTorch" in n), key=lambda n: medians[n]["ms"])
    speed = medians[best]["ms"] / ours
    overhead = ours / medians["bare step"]["ms"] - 1
    lines.append(
        f"\nIn {dtype}, `fit` is {speed:.2f} times as fast as the best of PyTorch's modes "
        f"here ({best}), and takes {overhead:.1%} longer than its own bare compiled step."
    )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder with MNIST's files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="Markdown file for the tables")
    parser.add_argument("--only", nargs=2, metavar=("WAY", "DTYPE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(*options.only, options.data_dir)))
        return
    tables = []
    for dtype in ("float32", "bfloat16"):
        results = {}
        for round_ in range(options.rounds):
            for way in WAYS:
                print(f"{dtype}, round {round_ + 1}: {way}", file=sys.stderr)
                for name, measured in run_process(way, dtype, options.data_dir).items():
                    results.setdefault(name, []).append(measured)
        tables.append(table(results, dtype))
    machine = f"{os.cpu_count()} cores, {processor()}, Python {platform.python_version()}"
    text = (
        "# One generator step of a WGAN\n\n"
        f"`python benchmarks/train_step.py` on {machine}; medians of {options.rounds} "
        f"alternating rounds; batch {BATCH_SIZE}, {N_CRITIC} critic steps and one of the "
        "generator.\n\n" + "\n\n".join(tables) + "\n"
    )
    print(text)
    if options.out:
        options.out.write_text(text)


def processor():
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
