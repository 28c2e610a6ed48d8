"""Writes what the Python package computes, for the page's tests to compare with.

`test/fixtures/traces.json`: the initial weights of a GAN, a clipped WGAN and a WGAN-GP on
points in the plane, the points, latents and mixing shares of each step, and the weights
after the last one. `test/fixtures/distances.json`: KL, JS, total variation and Earth-Mover
distance of random distributions.

    python lab/trace.py
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np

STEPS, BATCH, N_CRITIC, WIDTH, CLIP_VALUE = 20, 8, 2, 8, 0.1
RATE = {"sgd": 0.05, "rmsprop": 0.003, "adam": 0.003}
BETA_1, BETA_2 = 0.5, 0.9
CASES = [
    (method, optimizer)
    for method in ("gan", "saturating-gan", "wgan", "wgan-gp")
    for optimizer in ("rmsprop", "adam", "sgd")
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "test" / "fixtures"
    )
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, made in (("distances", distances()), ("traces", traces())):
        path = out / f"{name}.json"
        path.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


# === Traces of training ===


def traces():
    shared = {
        "steps": STEPS,
        "batch": BATCH,
        "n_critic": N_CRITIC,
        "width": WIDTH,
        "clip_value": CLIP_VALUE,
        "penalty_weight": 10.0,
        "beta_1": BETA_1,
        "beta_2": BETA_2,
    }
    return {**shared, "cases": [trace(*case) for case in CASES]}


def trace(method, optimizer_name):
    """Trains one model for `STEPS` steps, and records all that another engine needs."""
    import keras

    from wgan_keras import toy_points

    keras.utils.set_random_seed(CASES.index((method, optimizer_name)))
    generator, adversary, heard = recording_networks()
    before = [weights(network) for network in (generator, adversary)]
    real = toy_points("8-gaussians", STEPS * N_CRITIC * BATCH, seed=1)
    optimizers = [optimizer(optimizer_name) for _ in range(2)]
    train = train_saturating if method == "saturating-gan" else train_with_package
    train(method, generator, adversary, optimizers, real.reshape(-1, 1, 2, 1))
    batches, shares = what_the_adversary_saw(heard, real)
    return {
        "method": method,
        "optimizer": optimizer_name,
        "rate": RATE[optimizer_name],
        "generator": before[0],
        "adversary": before[1],
        "real": batches,
        "latents": [numbers(latents) for latents in heard["latents"]],
        "shares": shares,
        "generator_after": weights(generator),
        "adversary_after": weights(adversary),
    }


def train_with_package(method, generator, adversary, optimizers, real):
    from wgan_keras import DCGAN
    from wgan_keras import WGAN
    from wgan_keras import GradientPenalty
    from wgan_keras import WeightClipping

    if method == "gan":
        model = DCGAN(generator, adversary, N_CRITIC)
    else:
        strategy = WeightClipping(CLIP_VALUE) if method == "wgan" else GradientPenalty()
        model = WGAN(generator, adversary, N_CRITIC, strategy)
    with warnings.catch_warnings():  # of a momentum beside clipping, which is meant here
        warnings.simplefilter("ignore")
        model.compile(*optimizers, run_eagerly=True)
    model.fit(real, batch_size=N_CRITIC * BATCH, shuffle=False, verbose=0)


def train_saturating(_, generator, discriminator, optimizers, real):
    """The original game, whose generator minimises log(1 − D): not in the package."""
    import tensorflow as tf

    rng = np.random.default_rng(0)

    def draw():
        return tf.constant(rng.normal(size=(BATCH, 2)), tf.float32)

    def descend(network, own_optimizer, loss, *points):
        with tf.GradientTape() as tape:
            value = loss(*points)
        gradients = tape.gradient(value, network.trainable_variables)
        own_optimizer.apply(gradients, network.trainable_variables)

    def discriminator_loss(batch, fake):
        fake_logits = discriminator(fake, training=True)
        real_logits = discriminator(batch, training=True)
        real_loss = tf.reduce_mean(tf.nn.softplus(-real_logits))
        return real_loss + tf.reduce_mean(tf.nn.softplus(fake_logits))

    def generator_loss(latents):
        logits = discriminator(generator(latents, training=True), training=True)
        return -tf.reduce_mean(tf.nn.softplus(logits))  # log(1 − D)

    for number, batch in enumerate(tf.split(tf.constant(real), STEPS * N_CRITIC)):
        fake = generator(draw(), training=True)
        descend(discriminator, optimizers[1], discriminator_loss, batch, fake)
        if number % N_CRITIC == N_CRITIC - 1:
            descend(generator, optimizers[0], generator_loss, draw())


def recording_networks():
    """Two networks, and lists of what enters and leaves them while they train.

    A point is a picture of two pixels, since the package's models take pictures.
    """
    import keras

    heard = {"latents": [], "fake": [], "judged": []}

    class Recorder(keras.layers.Layer):
        def call(self, inputs, training=None):
            if training and hasattr(inputs, "numpy"):
                values = inputs.numpy()
                heard[self.name].append(values.reshape(len(values), -1))
            return inputs

    def hidden():
        return [keras.layers.Dense(WIDTH, activation="leaky_relu") for _ in range(2)]

    generator = [
        keras.Input((2,)),
        Recorder(name="latents"),
        *hidden(),
        keras.layers.Dense(2),
        keras.layers.Reshape((1, 2, 1)),
        Recorder(name="fake"),
    ]
    adversary = [
        keras.Input((1, 2, 1)),
        Recorder(name="judged"),
        keras.layers.Flatten(),
        *hidden(),
        keras.layers.Dense(1),
    ]
    return keras.Sequential(generator), keras.Sequential(adversary), heard


def what_the_adversary_saw(heard, real):
    """Real batches of each step and, for the penalty, where the mixtures lay, in [0, 1)."""
    known = {row.tobytes() for row in real}
    fakes = {fake.tobytes() for fake in heard["fake"]}
    batches, shares, fake = [], [], None
    for points in heard["judged"]:
        if points.tobytes() in fakes:
            fake = points
        elif points[0].tobytes() in known:
            batches.append(points)
        else:  # share * real + (1 − share) * fake, by the coordinate that tells most
            gap = batches[-1] - fake
            rows, widest = np.arange(BATCH), np.abs(gap).argmax(axis=1)
            shares.append(((points - fake) / gap)[rows, widest])
    assert len(batches) == STEPS * N_CRITIC and len(shares) in (0, STEPS * N_CRITIC)
    return [numbers(batch) for batch in batches], [numbers(share) for share in shares]


def optimizer(name):
    import keras

    if name == "adam":
        return keras.optimizers.Adam(RATE[name], beta_1=BETA_1, beta_2=BETA_2)
    kinds = {"rmsprop": keras.optimizers.RMSprop, "sgd": keras.optimizers.SGD}
    return kinds[name](RATE[name])


def weights(network):
    """All weights in a row: each layer's kernel, row by row, and then its bias."""
    return numbers(np.concatenate([value.ravel() for value in network.get_weights()]))


def numbers(values):
    """The shortest decimal numbers that are the same float32."""
    return [float(np.format_float_positional(value)) for value in values.ravel()]


# === Distances ===


def distances(count=200):
    from wgan_keras import earth_mover
    from wgan_keras import earth_mover_of_samples
    from wgan_keras import js_divergence
    from wgan_keras import kl_divergence
    from wgan_keras import total_variation

    rng = np.random.default_rng(0)
    cases = []
    for number in range(count):
        size = int(rng.integers(2, 13))
        p, q = (rng.dirichlet(np.full(size, 0.7)).round(3) for _ in range(2))
        if number % 4:  # places without mass, too
            p[rng.integers(size)] = 0
            q[rng.integers(size)] = 0
        p[0] += 0.01
        q[-1] += 0.01
        x, y = (rng.normal(size=(size, 2)).round(3) for _ in range(2))
        p, q = p.round(3), q.round(3)
        kl = kl_divergence(p, q)
        cases.append(
            {
                "p": p.tolist(),
                "q": q.tolist(),
                "x": x.ravel().tolist(),
                "y": y.ravel().tolist(),
                "kl": kl if np.isfinite(kl) else None,
                "js": js_divergence(p, q),
                "tv": total_variation(p, q),
                "earth_mover": earth_mover(p, q)[0],
                "earth_mover_of_points": earth_mover_of_samples(x, y)[0],
            }
        )
    return cases


if __name__ == "__main__":
    main()
