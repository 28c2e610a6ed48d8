"""What clipping to ±c does to a small critic: its function, its K, its weights."""

import keras
import numpy as np

from wgan_keras.theory.demos.adversaries import clipped_critic
from wgan_keras.theory.demos.adversaries import outputs_and_slopes
from wgan_keras.theory.demos.demo import Demo
from wgan_keras.theory.duality import wasserstein_from_critic
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import GREEN
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure


def lipschitz(clip_values=(0.01, 0.03, 0.1, 0.3), steps=1500, seed=0):
    """What ±c does to a small critic: its function, the K it allows, its weights.

    A critic of three layers is trained to tell N(0.5, 0.2²) from an equal mixture of
    N(−0.5, 0.2²) and N(1.5, 0.2²), whose best critic is a tent.

    Args:
        clip_values: The values of c to compare.
        steps: Training steps of each critic.
        seed: Fixes points and weights.

    Returns:
        A `Demo`: for each c the K that weights of ±c would allow at the most, the bound
        for the trained weights, the steepest slope seen, and the share of weights at ±c.
    """
    rng = np.random.default_rng(seed)
    real = rng.normal(0.5, 0.2, (512, 1))
    fake = rng.normal(0, 0.2, (512, 1)) + rng.choice([-0.5, 1.5], (512, 1))
    line = np.linspace(-1.5, 2.5, 401)[:, None]
    numbers = {}
    figure, axes = new_figure(6.5, 2.6 * len(clip_values), len(clip_values), 2)
    for clip_value, (function, histogram) in zip(clip_values, axes, strict=True):
        keras.utils.set_random_seed(seed)
        critic = clipped_critic(1, clip_value, real, fake, steps)
        found = wasserstein_from_critic(critic, real, fake)
        weights = np.concatenate([w.ravel() for w in critic.get_weights()])
        at_bound = np.abs(weights) >= 0.999 * clip_value
        allowed = np.prod([clip_value * np.sqrt(w.size) for w in critic.get_weights()[::2]])
        numbers[clip_value] = {
            "k_allowed": float(allowed),
            "k_bound": found.lipschitz_high,
            "k_seen": found.lipschitz_low,
            "share_at_bound": float(at_bound.mean()),
            "estimate": found.estimate,
        }
        scores, _ = outputs_and_slopes(critic, line)
        function.plot(line, scores, color=GREEN, linewidth=2)
        for points, colour, name in ((real, BLUE, "real"), (fake, ORANGE, "fake")):
            low, high = function.get_ylim()
            function.plot(
                points[:80, 0],
                np.full(80, low if name == "fake" else high),
                "|",
                color=colour,
                label=name,
            )
        function.set(
            title=f"c = {clip_value}: K ≤ {allowed:.3g},\n{found.lipschitz_low:.2g} seen",
            xlabel="x",
        )
        histogram.hist(weights / clip_value, 41, range=(-1, 1), color=BLUE)
        histogram.set(
            title=f"{at_bound.mean():.0%} of the weights at ±c", xlabel="weight / c"
        )
        function.set_ylabel("critic's score")
        histogram.set_ylabel("number of weights")
    axes[0, 0].legend(fontsize=9)
    return Demo(numbers, figure, [])
