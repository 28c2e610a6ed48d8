"""The critic as a ruler: its estimate beside the exact Earth-Mover distance."""

import keras
import numpy as np

from wgan_keras.data.toys import TOYS
from wgan_keras.data.toys import toy_points
from wgan_keras.theory.demos.adversaries import clipped_critic
from wgan_keras.theory.demos.demo import Demo
from wgan_keras.theory.distances import earth_mover_of_samples
from wgan_keras.theory.duality import wasserstein_from_critic
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import GREEN
from wgan_keras.watching.plots import GREY
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure


def critic_ruler(shifts=(0.25, 0.5, 1.0, 1.5, 2.0), steps=600, clip_value=0.1, seed=0):
    """How well a clipped critic measures: its bracket against the exact distance.

    In the plane, on three data sets, the fake points are other real points moved away.
    For each distance a new critic is trained, for `steps` steps on the very points.

    Args:
        shifts: How far the fakes are moved.
        steps: Training steps of each critic.
        clip_value: The critics' c.
        seed: Fixes points and weights.

    Returns:
        A `Demo`: for each set and shift the exact distance, the bracket's ends, the raw
        estimate and the bounds of K.
    """

    keras.utils.set_random_seed(seed)
    numbers = {}
    figure, axes = new_figure(6.5, 5.5, 1, 1)
    axes.axhline(1, color="black", linestyle="--", label="exact")
    styles = zip(TOYS, (BLUE, GREEN, GREY), (-0.04, 0, 0.04), strict=True)
    for toy, colour, offset in styles:
        real, other = toy_points(toy, 256, seed), toy_points(toy, 256, seed + 1)
        rows = []
        for shift in shifts:
            fake = other + np.float32([shift, 0])
            critic = clipped_critic(2, clip_value, real, fake, steps)
            exact, _ = earth_mover_of_samples(real, fake)
            found = wasserstein_from_critic(critic, real, fake)
            rows.append({"shift": shift, "exact": exact} | found._asdict())
        numbers[toy] = rows
        exact, low, high, raw = (
            np.array([row[key] for row in rows])
            for key in ("exact", "low", "high", "estimate")
        )
        places = np.array(shifts) + offset
        axes.vlines(places, low / exact, high / exact, color=colour, linewidth=5, label=toy)
        label = "raw estimate" if toy == TOYS[-1] else None
        axes.plot(places, raw / exact, "x", color=ORANGE, label=label)
    axes.set(
        title="what a clipped critic measures\nbars: estimate / K, between K's bounds",
        xlabel="how far the points are moved",
        ylabel="share of the exact Earth-Mover distance",
        ylim=(0, None),
    )
    axes.legend(loc="center", fontsize=9)
    return Demo(numbers, figure, [])
