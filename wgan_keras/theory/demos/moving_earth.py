"""Moving earth: the coupling of the cheapest plan, beside a poor one."""

import numpy as np

from wgan_keras.theory.demos.demo import Demo
from wgan_keras.theory.distances import earth_mover
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure

HEAP_P, HEAP_Q = (0, 4, 2, 0, 0, 0, 3, 1), (1, 0, 1, 3, 3, 2, 0, 0)


def moving_earth(p=HEAP_P, q=HEAP_Q):
    """Two heaps of clay: the cheapest plan beside a poor one, as arrows and matrices.

    The poor plan spreads every place's clay over all the places that need some, in
    proportion: as a joint distribution, the independent one.

    Args:
        p: Clay at places 0, 1, 2, … before; any unit.
        q: Clay at the same places after.

    Returns:
        A `Demo`: the cost of both plans, in places, and the best coupling.
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
        axes[0, column].set_title(f"{name}: {mean_cost:.2f} places on average")
        _draw_coupling(axes[1, column], plan)
    return Demo(numbers, figure, [])


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
