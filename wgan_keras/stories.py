"""The arguments for the Wasserstein distance, each told by numbers, a figure and frames.

Every story computes what it shows, with the distances, losses and constraints of this
package, and returns the numbers beside the picture.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wgan_keras.distances import earth_mover
from wgan_keras.distances import earth_mover_of_samples
from wgan_keras.distances import js_divergence
from wgan_keras.distances import kl_divergence
from wgan_keras.distances import total_variation
from wgan_keras.distances import wasserstein_from_critic
from wgan_keras.plots import BLUE
from wgan_keras.plots import GREEN
from wgan_keras.plots import GREY
from wgan_keras.plots import ORANGE
from wgan_keras.plots import new_figure
from wgan_keras.plots import rendered
from wgan_keras.plots import save_figure
from wgan_keras.plots import save_gif


class Story(NamedTuple):
    """What a story found, and its pictures.

    Attributes:
        numbers: Dict of the computed values by name.
        figure: A `matplotlib.figure.Figure`.
        frames: List of uint8 pictures `(H, W, 3)`; empty where nothing moves.
    """

    numbers: dict
    figure: object
    frames: list

    def save(self, path):
        """Writes the figure, or, to a path that ends in .gif, the frames.

        Raises:
            ValueError: A .gif is asked of a story in which nothing moves.
        """
        if Path(path).suffix != ".gif":
            save_figure(path, self.figure)
        elif self.frames:
            save_gif(path, self.frames, frames_per_second=8)
        else:
            raise ValueError(f"Nothing moves in this story: {path} must end in .png.")


# === Two card pools: Kullback-Leibler and Jensen-Shannon ===

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
        A `Story`: KL both ways, JS, the mixture of the two pools, and the mean excess
        surprise after 100 and after all pulls with its standard error.

    Raises:
        ValueError: There are not four rates above 0, or fewer than 100 pulls.
    """
    if not len(p) == len(q) == len(RANKS) or min(*p, *q) <= 0 or pulls < 100:
        raise ValueError(
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
    return Story(numbers, figure, [])


# === Moving earth: the coupling ===

HEAP_P, HEAP_Q = (0, 4, 2, 0, 0, 0, 3, 1), (1, 0, 1, 3, 3, 2, 0, 0)


def moving_earth(p=HEAP_P, q=HEAP_Q):
    """Two heaps of clay: the cheapest plan beside a poor one, as arrows and matrices.

    The poor plan spreads every place's clay over all the places that need some, in
    proportion: as a joint distribution, the independent one.

    Args:
        p: Clay at places 0, 1, 2, … before; any unit.
        q: Clay at the same places after.

    Returns:
        A `Story`: the cost of both plans, in places, and the best coupling.
    """
    p, q = (np.array(heap, float) / np.sum(heap) for heap in (p, q))
    places = np.arange(len(p))
    cost = np.abs(places[:, None] - places)
    distance, best = earth_mover(p, q, cost)
    poor = np.outer(p, q)
    numbers = {
        "earth_mover": distance,
        "poor_plan": float((poor * cost).sum()),
        "coupling": best.tolist(),
    }
    figure, axes = new_figure(10, 8, 2, 2, height_ratios=[1, 1.5])
    plans = [
        ("the cheapest plan", best, distance),
        ("a poor plan", poor, numbers["poor_plan"]),
    ]
    for column, (name, plan, mean_cost) in enumerate(plans):
        _draw_heaps(axes[0, column], places, p, q, plan)
        axes[0, column].set_title(f"{name}: {mean_cost:.2f} places in the mean")
        _draw_coupling(axes[1, column], plan)
    return Story(numbers, figure, [])


def _draw_heaps(axes, places, p, q, plan):
    axes.bar(places, p, 0.9, color=BLUE, label="before, p")
    axes.bar(places, -q, 0.9, color=ORANGE, label="after, q")
    for start, end in np.argwhere(plan > 1e-12):
        axes.annotate(
            "",
            (end, -q[end] / 2),
            (start, p[start] / 2),
            arrowprops={
                "arrowstyle": "-|>",
                "color": "black",
                "alpha": 0.75,
                "linewidth": 0.5 + 12 * plan[start, end],
            },
        )
    axes.set(xlabel="place", ylabel="share of the clay", xticks=places)
    axes.set_yticks([-0.4, -0.2, 0, 0.2, 0.4], ["0.4", "0.2", "0", "0.2", "0.4"])
    axes.legend(loc="lower right")


def _draw_coupling(axes, plan):
    axes.imshow(plan, cmap="Greys", vmin=0, vmax=plan.max() * 1.6)
    for row, column in np.argwhere(plan > 1e-12):
        axes.text(
            column, row, f"{plan[row, column]:.2f}", ha="center", va="center", fontsize=9
        )
    rows, columns = plan.sum(axis=1), plan.sum(axis=0)
    size = len(plan)
    axes.set_xticks(range(size), [f"{n}\n{v:.1f}" for n, v in enumerate(columns)])
    axes.set_yticks(range(size), [f"{n}   {v:.1f}" for n, v in enumerate(rows)])
    axes.set(
        xlabel="to place; below it, the column's sum q",
        ylabel="from place; the row's sum p",
    )
    axes.grid(False)


# === Two lines that do not touch ===


def parallel_lines(thetas=None, points=25):
    """Example 1 of the paper: the distances of two parallel lines, θ apart.

    Each line is `points` evenly weighted points; the distances are computed from the
    two point sets, and their slopes by central differences.

    Args:
        thetas: Distances to show, 0 among them; by default from −2.5 to 2.5.
        points: Points of a line.

    Returns:
        A `Story`: values and slopes at θ = 2 and θ = 0, and the curves.

    Reference:
        Arjovsky, Chintala, Bottou (2017), Example 1 and figure 1.
    """
    thetas = np.linspace(-2.5, 2.5, 41) if thetas is None else np.asarray(thetas, float)
    measures = {
        "KL": (kl_divergence, GREY),
        "JS": (js_divergence, ORANGE),
        "TV": (total_variation, GREEN),
    }
    height = np.linspace(0, 1, points)

    def divergence(measure, theta):
        """Both lines as distributions on the points of either."""
        on_zero, on_theta = np.ones(points), np.zeros(points)
        if theta == 0:
            return measure(on_zero, on_zero)
        return measure(np.r_[on_zero, on_theta], np.r_[on_theta, on_zero])

    def moved(theta):
        on_zero, on_theta = (np.c_[np.full(points, x), height] for x in (0.0, theta))
        return earth_mover_of_samples(on_zero, on_theta)[0]

    def slope(function, theta, step=1e-3):
        with np.errstate(invalid="ignore"):
            return float((function(theta + step) - function(theta - step)) / (2 * step))

    functions = {
        name: (lambda theta, measure=measure: divergence(measure, theta))
        for name, (measure, _) in measures.items()
    }
    functions["EM"] = moved
    colours = {name: colour for name, (_, colour) in measures.items()} | {"EM": BLUE}
    curves = {name: [function(t) for t in thetas] for name, function in functions.items()}
    slopes = {
        name: [slope(function, t) if t else np.nan for t in thetas]
        for name, function in functions.items()
    }
    numbers = {"theta": thetas.tolist(), "curves": curves, "slopes": slopes}
    for name, function in functions.items():
        numbers[f"{name.lower()}_at_2"] = function(2.0)
        numbers[f"{name.lower()}_slope_at_2"] = slope(function, 2.0)
        numbers[f"{name.lower()}_at_0"] = function(0.0)

    figure, (lines, values, derivatives) = new_figure(
        6, 10.5, 3, 1, height_ratios=[1, 1.5, 1.3]
    )
    left, right = (lines.plot([], [], "o", color=colour)[0] for colour in (BLUE, ORANGE))
    lines.set(xlim=(-2.8, 2.8), ylim=(-0.1, 1.3), xlabel="x", ylabel="y")
    for name, curve in curves.items():
        apart = np.where(np.isfinite(curve) & (thetas != 0), curve, np.nan)
        label = "KL = ∞ except at 0" if name == "KL" else name
        values.plot(thetas, apart, ".-", color=colours[name], label=label)
        width = 5 if name == "JS" else 1.5  # TV lies on it
        if name != "KL":
            colour = colours[name]
            derivatives.plot(
                thetas, slopes[name], color=colour, linewidth=width, label=name
            )
    values.plot(0, 0, "o", color="black", label="all of them at θ = 0")
    values.axhspan(2.9, 3.2, color=GREY, alpha=0.4)
    across = values.get_yaxis_transform()
    values.text(0.7, 2.98, "KL = ∞", transform=across)
    values.set(
        title="how far apart, by each measure",
        xlabel="θ",
        ylabel="KL, JS in nats; TV; EM in units of x",
        ylim=(-0.1, 3.2),
    )
    values.axhline(np.log(2), color=ORANGE, linestyle=":", linewidth=1)
    values.text(0.02, np.log(2) + 0.06, "log 2", color=ORANGE, transform=across)
    derivatives.set(
        title="its slope: what a generator could follow",
        xlabel="θ",
        ylabel="change per unit of θ",
        ylim=(-1.4, 1.4),
    )
    values.legend(loc="upper center", bbox_to_anchor=(0.5, 0.9), fontsize=9)
    derivatives.legend(loc="upper left", fontsize=9)
    markers = [
        axes.axvline(0, color="black", linewidth=1) for axes in (values, derivatives)
    ]

    def show(theta):
        left.set_data(np.zeros(points), height)
        right.set_data(np.full(points, theta), height)
        lines.set_title(f"two lines, θ = {theta:.2f} apart".replace("-", "−"))
        for marker in markers:
            marker.set_xdata([theta, theta])

    frames = []
    for theta in thetas[::-1]:
        show(theta)
        frames.append(rendered(figure))
    show(2.0)
    return Story(numbers, figure, frames)


# === Training small adversaries to their optimum ===


def multilayer_perceptron(inputs, outputs=1, width=64, depth=2):
    """A small network of leaky ReLU layers on points `(N, inputs)`."""
    import keras

    hidden = [keras.layers.Dense(width, activation="leaky_relu") for _ in range(depth)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(outputs)])


def train_adversary(network, loss, real, fake, optimizer, steps):
    """Trains a critic or a discriminator alone, on fixed points, all in every step.

    Args:
        network: Built `keras.Model`; constraints on its variables are honoured.
        loss: Function of the outputs for real and for fake points.
        real: float32 points `(N, d)`.
        fake: float32 points `(M, d)`.
        optimizer: Keras optimizer.
        steps: Number of updates.
    """
    import tensorflow as tf

    real, fake = (tf.constant(points, tf.float32) for points in (real, fake))
    optimizer.build(network.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = loss(network(real, training=True), network(fake, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)

    update = step.get_concrete_function()  # or TensorFlow warns where many are trained
    for _ in range(steps):
        update()


def outputs_and_slopes(network, points):
    """A network's outputs `(N,)` at points `(N, d)`, and their gradients `(N, d)`."""
    import tensorflow as tf

    points = tf.constant(points, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs = network(points, training=False)
    return outputs.numpy()[:, 0].astype(float), tape.gradient(outputs, points).numpy()


def clipped_critic(inputs, clip_value, real, fake, steps, **size):
    """A critic that `WeightClipping` binds, trained with RMSprop on fixed points."""
    import keras

    from wgan_keras.lipschitz import WeightClipping
    from wgan_keras.losses import critic_loss

    critic = multilayer_perceptron(inputs, **size)
    WeightClipping(clip_value).attach(critic)
    rate = min(clip_value / 20, 1e-2)  # so that the way from −c to c takes forty steps
    train_adversary(critic, critic_loss, real, fake, keras.optimizers.RMSprop(rate), steps)
    return critic


# === The gradient that vanishes ===


def vanishing_gradient(steps=1500, clip_value=0.1, seed=0):
    """Figure 2 of the paper: a discriminator trained long beside a clipped critic.

    Real points are N(2, 0.5²), fake ones N(−2, 0.5²). Both networks have the same layers
    and are trained as long. The gradients are those that a generator would receive at its
    points: of log(1 − D), which it minimises in the original game; of −log D, which it is
    given in practice; and of the critic's score.

    Args:
        steps: Training steps of each network.
        clip_value: The critic's c.
        seed: Fixes points and weights.

    Returns:
        A `Story`: mean and median gradient norms at the fake points, and the least and
        the largest slope of the critic on the whole line from −4 to 4.

    Reference:
        Arjovsky, Chintala, Bottou (2017), figure 2.
    """
    import keras

    from wgan_keras.losses import discriminator_loss

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(2, 0.5, (512, 1)), rng.normal(-2, 0.5, (512, 1))
    discriminator = multilayer_perceptron(1)
    adam = keras.optimizers.Adam(1e-3)
    train_adversary(discriminator, discriminator_loss, real, fake, adam, steps)
    critic = clipped_critic(1, clip_value, real, fake, steps)

    line = np.linspace(-4, 4, 401)[:, None]
    logits, logit_slopes = outputs_and_slopes(discriminator, line)
    scores, score_slopes = outputs_and_slopes(critic, line)
    probability = 1 / (1 + np.exp(-logits))
    slopes = {
        "log(1 − D)": np.abs(probability * logit_slopes[:, 0]),
        "−log D": np.abs((1 - probability) * logit_slopes[:, 0]),
        "critic": np.abs(score_slopes[:, 0]),
    }
    at_fake, fake_slopes = outputs_and_slopes(discriminator, fake)
    d_fake = 1 / (1 + np.exp(-at_fake))[:, None]
    numbers = {
        "log_1_minus_d_gradient": float(np.abs(d_fake * fake_slopes).mean()),
        "log_1_minus_d_gradient_median": float(np.median(np.abs(d_fake * fake_slopes))),
        "minus_log_d_gradient": float(np.abs((1 - d_fake) * fake_slopes).mean()),
        "critic_gradient": float(np.abs(outputs_and_slopes(critic, fake)[1]).mean()),
        "critic_slope_least": float(slopes["critic"].min()),
        "critic_slope_most": float(slopes["critic"].max()),
        "d_at_fake": float(d_fake.mean()),
    }

    figure, (values, gradients) = new_figure(6.5, 8, 2, 1)
    for points, colour, name in ((real, BLUE, "real"), (fake, ORANGE, "fake")):
        values.hist(
            points[:, 0], 30, density=True, color=colour, alpha=0.35, label=f"{name} points"
        )
    values.plot(line, probability, color=GREY, linewidth=2, label="D, the discriminator")
    spread = (scores - scores.min()) / np.ptp(scores)
    values.plot(
        line, spread, color=GREEN, linewidth=2, label="f, the critic (drawn to 0–1)"
    )
    values.set(title="what they say", xlabel="x", ylim=(-0.05, 1.45))
    values.legend(loc="upper left", fontsize=9, ncols=2)
    for (name, slope), colour in zip(slopes.items(), (GREY, "black", GREEN), strict=True):
        gradients.semilogy(line, np.maximum(slope, 1e-12), color=colour, label=name)
    gradients.axvspan(-3, -1, color=ORANGE, alpha=0.12, label="where the fakes are")
    gradients.set(title="what the generator can follow", xlabel="x", ylabel="|gradient|")
    gradients.set_ylim(1e-10, 1e3)
    gradients.legend(loc="lower left", bbox_to_anchor=(0.22, 0), fontsize=9)
    return Story(numbers, figure, [])


# === The critic as a ruler ===


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
        A `Story`: for each set and shift the exact distance, the bracket's ends, the raw
        estimate and the bounds of K.
    """
    import keras

    from wgan_keras.datasets import TOYS
    from wgan_keras.datasets import toy_points

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
    return Story(numbers, figure, [])


# === Lipschitz, seen ===


def lipschitz(clip_values=(0.01, 0.03, 0.1, 0.3), steps=1500, seed=0):
    """What ±c does to a small critic: its function, the K it allows, its weights.

    A critic of three layers is trained to tell N(0.5, 0.2²) from an equal mixture of
    N(−0.5, 0.2²) and N(1.5, 0.2²), whose best critic is a tent.

    Args:
        clip_values: The values of c to compare.
        steps: Training steps of each critic.
        seed: Fixes points and weights.

    Returns:
        A `Story`: for each c the K that weights of ±c would allow at the most, the bound
        for the trained weights, the steepest slope seen, and the share of weights at ±c.
    """
    import keras

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
    return Story(numbers, figure, [])


# === A toy GAN and a toy WGAN, side by side ===


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
        A `Story`: for each model and rate the modes covered, the share of generated points
        on a mode, and the exact Earth-Mover distance of 500 points.
    """
    from wgan_keras.datasets import toy_points

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
    return Story(numbers, figure, pictures)


def _toy_trial(kind, toy, real, rate, steps, frames, seed):
    import keras

    from wgan_keras.datasets import training_data
    from wgan_keras.lipschitz import WeightClipping
    from wgan_keras.models import DCGAN
    from wgan_keras.models import WGAN

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

    def look():
        points = generator(latents, training=False).numpy().reshape(-1, 2)
        outputs = adversary(grid, training=False).numpy().reshape(61, 61)
        history.append(
            {"step": int(model.steps_done.numpy()), "points": points, "z": outputs}
        )

    frames = min(frames, steps)
    data = training_data(real.reshape(-1, 1, 2, 1), 128, 5, seed)
    look()
    every = steps // frames
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: look())
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
    from wgan_keras.datasets import toy_modes

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
    axes.set_xlabel("white: real points, orange: made ones")


def _race_on(toy):
    return functools.update_wrapper(functools.partial(toy_race, toy), toy_race)


STORIES = {
    "card-pools": card_pools,
    "moving-earth": moving_earth,
    "parallel-lines": parallel_lines,
    "vanishing-gradient": vanishing_gradient,
    "critic-ruler": critic_ruler,
    "lipschitz": lipschitz,
    "toy-race": toy_race,
    "toy-race-25": _race_on("25-gaussians"),
    "toy-race-swiss-roll": _race_on("swiss-roll"),
}
MOVING = {name for name in STORIES if name.startswith(("parallel", "toy-race"))}
