"""Two lines that do not touch: which distances notice how far apart they are."""

import numpy as np

from wgan_keras.theory.demos.demo import Demo
from wgan_keras.theory.distances import earth_mover_of_samples
from wgan_keras.theory.distances import js_divergence
from wgan_keras.theory.distances import kl_divergence
from wgan_keras.theory.distances import total_variation
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import GREEN
from wgan_keras.watching.plots import GREY
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure
from wgan_keras.watching.plots import rendered


def parallel_lines(thetas=None, points=25):
    """Example 1 of the paper: the distances of two parallel lines, θ apart.

    Each line is `points` evenly weighted points; the distances are computed from the
    two point sets, and their slopes by central differences.

    Args:
        thetas: Distances to show, 0 among them; by default from −2.5 to 2.5.
        points: Points of a line.

    Returns:
        A `Demo`: values and slopes at θ = 2 and θ = 0, and the curves.

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
    return Demo(numbers, figure, frames)
