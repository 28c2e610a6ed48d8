"""Two card pools: Kullback-Leibler and Jensen-Shannon divergence as surprise."""

import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.theory.demos.demo import Demo
from wgan_keras.theory.distances import js_divergence
from wgan_keras.theory.distances import kl_divergence
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import GREY
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure

RANKS = ("N", "R", "SR", "SSR")
POOL_P, POOL_Q = (0.50, 0.30, 0.15, 0.05), (0.70, 0.22, 0.07, 0.01)


def card_pools(p=POOL_P, q=POOL_Q, pulls=10_000, seed=0):
    """Pulling from one pool with the other's rates in mind: surprise is divergence.

    Args:
        p: Rates of pool P, one for each of N, R, SR, SSR.
        q: Rates of pool Q.
        pulls: Simulated pulls from each pool, at least 100.
        seed: Fixes the pulls.

    Returns:
        A `Demo`: KL both ways, JS, the mixture of the two pools, and the mean excess
        surprise after 100 and after all pulls with its standard error.

    Raises:
        ValueError: There are not four rates above 0, or fewer than 100 pulls.
    """
    if not len(p) == len(q) == len(RANKS) or min(*p, *q) <= 0 or pulls < 100:
        raise UserError(
            "Each pool needs four rates above 0, for N, R, SR and SSR, and at least "
            f"100 pulls; received {p}, {q} and {pulls}."
        )
    p, q = (np.array(rates) / np.sum(rates) for rates in (p, q))
    excess = {"P‖Q": np.log(p / q), "Q‖P": np.log(q / p)}
    formula = {"P‖Q": kl_divergence(p, q), "Q‖P": kl_divergence(q, p)}
    mixture = (p + q) / 2
    numbers = {
        "kl_p_q": formula["P‖Q"],
        "kl_q_p": formula["Q‖P"],
        "mixture": mixture.tolist(),
        "kl_p_m": kl_divergence(p, mixture),
        "kl_q_m": kl_divergence(q, mixture),
        "js": js_divergence(p, q),
    }

    figure, (rates, surprise, running) = new_figure(6.5, 10, 3, 1)
    places = np.arange(len(RANKS))
    named = [("P", p, BLUE), ("M = (P + Q) / 2", mixture, GREY), ("Q", q, ORANGE)]
    for offset, (name, values, colour) in zip((-0.27, 0, 0.27), named, strict=True):
        rates.bar(places + offset, values, 0.26, color=colour, label=name)
    rates.set(
        title=f"Two pools and their mixture: JS = {numbers['js']:.4f} nats",
        ylabel="rate",
        xticks=places,
    )
    rates.set_xticklabels(RANKS)
    rates.legend()

    rng = np.random.default_rng(seed)
    styles = [("P‖Q", p, BLUE, -0.2), ("Q‖P", q, ORANGE, 0.2)]
    for name, pool, colour, offset in styles:
        surprise.bar(places + offset, excess[name], 0.38, color=colour, label=name)
        seen = excess[name][rng.choice(len(pool), pulls, p=pool)]
        means = np.cumsum(seen) / np.arange(1, pulls + 1)
        running.plot(
            np.arange(10, pulls + 1), means[9:], color=colour, label=f"pulls, {name}"
        )
        exact = f"KL({name}) = {formula[name]:.4f}"
        running.axhline(formula[name], color=colour, linestyle="--", label=exact)
        label = "p_q" if name == "P‖Q" else "q_p"
        numbers[f"surprise_{label}_100_pulls"] = float(means[99])
        numbers[f"surprise_{label}_{pulls}_pulls"] = float(means[-1])
        numbers[f"standard_error_{label}"] = float(seen.std() / np.sqrt(pulls))
    surprise.axhline(0, color="black", linewidth=0.8)
    surprise.set(title="Excess surprise of a card", ylabel="nats", xticks=places)
    surprise.set_xticklabels(RANKS)
    surprise.legend()
    running.set(
        title="The mean over the pulls goes to KL",
        xlabel="pulls",
        ylabel="nats",
        xscale="log",
    )
    running.legend()
    return Demo(numbers, figure, [])
