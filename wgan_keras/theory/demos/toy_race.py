"""A GAN and a WGAN on points in the plane, side by side."""

import keras
import numpy as np

from wgan_keras.data.stream import training_data
from wgan_keras.data.toys import toy_modes
from wgan_keras.data.toys import toy_points
from wgan_keras.models.dcgan import DCGAN
from wgan_keras.models.wgan import WGAN
from wgan_keras.nets.lipschitz import WeightClipping
from wgan_keras.theory.demos.adversaries import multilayer_perceptron
from wgan_keras.theory.demos.demo import Demo
from wgan_keras.theory.distances import earth_mover_of_samples
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure
from wgan_keras.watching.plots import rendered


def toy_race(toy="8-gaussians", steps=900, rates=(1e-3, 3e-4, 1e-4), frames=30, seed=0):
    """A GAN and a WGAN on points in the plane, over what their adversaries think.

    Both have the same layers, the same generator and the same number of trials, one for
    each learning rate, all of which are reported; the one that covers the most modes, and
    of those the one with the least Earth-Mover distance, is shown.

    Args:
        toy: Name of the data: `"8-gaussians"`, `"25-gaussians"` or `"swiss-roll"`.
        steps: Generator steps of each trial, rounded down to a multiple of `frames`;
            either model makes 5 adversary steps for each.
        rates: Learning rates to try.
        frames: Pictures of the animation.
        seed: Fixes points, weights and latents.

    Returns:
        A `Demo`: for each model and rate the modes covered, the share of generated points
        on a mode, and the exact Earth-Mover distance of 500 points.
    """
    real = toy_points(toy, 2000, seed)
    numbers, shown = {}, {}
    for kind in ("GAN", "WGAN"):
        trials = {
            rate: _toy_trial(kind, toy, real, rate, steps, frames, seed) for rate in rates
        }
        numbers[kind] = {rate: result for rate, (result, _) in trials.items()}
        best = max(
            rates,
            key=lambda rate: (
                numbers[kind][rate].get("modes", 0),
                -numbers[kind][rate]["earth_mover"],
            ),
        )
        numbers[kind]["shown"] = best
        shown[kind] = (best, trials[best][1])

    figure, axes = new_figure(7.5, 4.2, 1, 2)
    figure.get_layout_engine().set(h_pad=0.1)
    pictures = []
    for moment in range(min(frames, steps) + 1):
        for (kind, (rate, history)), panel in zip(shown.items(), axes, strict=True):
            _draw_landscape(panel, kind, toy, rate, real, **history[moment])
        if not pictures:
            figure.draw_without_rendering()  # its layout settles at the second drawing
        pictures.append(rendered(figure))
    return Demo(numbers, figure, pictures)


def _toy_trial(kind, toy, real, rate, steps, frames, seed):

    keras.utils.set_random_seed(seed)
    as_images = keras.layers.Reshape((1, 2, 1))  # a point is a picture of two pixels
    generator = keras.Sequential(
        [keras.Input((2,)), *multilayer_perceptron(2, 2).layers, as_images]
    )
    adversary = keras.Sequential(
        [keras.Input((1, 2, 1)), keras.layers.Flatten(), *multilayer_perceptron(2).layers]
    )
    if kind == "WGAN":
        model = WGAN(generator, adversary, 5, WeightClipping(0.1), seed=seed)
        model.compile(keras.optimizers.RMSprop(rate), keras.optimizers.RMSprop(rate))
    else:
        model = DCGAN(generator, adversary, 5, seed=seed)
        model.compile(
            keras.optimizers.Adam(rate, beta_1=0.5), keras.optimizers.Adam(rate, beta_1=0.5)
        )

    latents = np.random.default_rng(seed).normal(size=(500, 2)).astype("float32")
    side = np.linspace(-1.2, 1.2, 61, dtype="float32")
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 1, 2, 1)
    history = []

    def record():
        points = generator(latents, training=False).numpy().reshape(-1, 2)
        outputs = adversary(grid, training=False).numpy().reshape(61, 61)
        history.append(
            {"step": int(model.steps_done.numpy()), "points": points, "z": outputs}
        )

    frames = min(frames, steps)
    data = training_data(real.reshape(-1, 1, 2, 1), 128, 5, seed)
    record()
    every = steps // frames
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: record())
    model.fit(data, steps_per_epoch=every, epochs=frames, verbose=0, callbacks=[watch])
    points = history[-1]["points"]
    result = {"earth_mover": earth_mover_of_samples(real[:500], points)[0]}
    return result | mode_coverage(points, toy), history


def mode_coverage(points, toy):
    """Counts the modes of a toy distribution that points cover.

    A point is on a mode if it lies within four standard deviations of it; a mode is
    covered by a tenth of the points that would be its share.

    Args:
        points: `(N, 2)`.
        toy: Name of the distribution.

    Returns:
        Dict with `modes` covered, `of` how many, and the share `on_a_mode`; empty for a
        distribution without modes.
    """
    modes, spread = toy_modes(toy)
    if not len(modes):
        return {}
    ways = np.linalg.norm(points[:, None] - modes, axis=-1)
    near = ways.min(axis=1) < 4 * spread
    counts = np.bincount(ways.argmin(axis=1)[near], minlength=len(modes))
    covered = counts >= len(points) / len(modes) / 10
    return {"modes": int(covered.sum()), "of": len(modes), "on_a_mode": float(near.mean())}


def _draw_landscape(axes, kind, toy, rate, real, step, points, z):
    axes.clear()
    label = "score" if kind == "WGAN" else "probability of being real"
    z = z if kind == "WGAN" else 1 / (1 + np.exp(-z.clip(-30, 30)))
    side = np.linspace(-1.2, 1.2, 61)
    axes.contourf(side, side, z, levels=10, cmap="cividis", alpha=0.8)
    axes.plot(*real[:500].T, ".", color="white", markersize=2)
    axes.plot(*points.T, ".", color=ORANGE, markersize=4)
    axes.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal", xticks=[], yticks=[])
    covered = mode_coverage(points, toy)
    modes = f", {covered['modes']} of {covered['of']} modes" if covered else ""
    title = f"{kind}, rate {rate:g}, step {step}{modes}"
    axes.set_title(f"{title}\nbright: high {label}", fontsize=10)
    axes.set_xlabel("white: real points, orange: generated ones")
