import imageio.v3 as imageio
import numpy as np
import pytest

from wgan_keras.watching import plots


def test_grid_places_pictures_in_order():
    pictures = np.arange(6).reshape(6, 1, 1, 1) * np.ones((1, 4, 4, 1)) / 10
    grid = plots.image_grid(pictures, columns=3, min_side=8)
    assert grid.shape == (2 * 10 + 2, 3 * 10 + 2)
    centres = grid[6::10, 6::10]
    np.testing.assert_array_equal(centres, np.rint(np.arange(6).reshape(2, 3) / 10 * 255))


def test_grid_keeps_colours_and_takes_uint8():
    red = np.zeros((1, 4, 4, 3), np.uint8)
    red[..., 0] = 200
    grid = plots.image_grid(red, min_side=4)
    assert grid.shape == (8, 8, 3)
    assert (grid[2:6, 2:6] == [200, 0, 0]).all()


def test_caption_stands_above_the_grid():
    bare = plots.image_grid(np.zeros((2, 28, 28, 1)))
    captioned = plots.image_grid(np.zeros((2, 28, 28, 1)), caption="step 7")
    np.testing.assert_array_equal(captioned[plots.CAPTION_HEIGHT :], bare)
    assert captioned[: plots.CAPTION_HEIGHT].max() > 200


def test_gif_plays_all_frames_for_ever(tmp_path):
    frames = [np.full((8, 8), grey, np.uint8) for grey in (0, 100, 255)]
    plots.save_gif(tmp_path / "a.gif", frames, frames_per_second=20)
    read = imageio.imread(tmp_path / "a.gif", index=None)
    np.testing.assert_allclose(read[:, 0, 0, 0], [0, 100, 255], atol=4)
    meta = imageio.immeta(tmp_path / "a.gif")
    assert meta["loop"] == 0
    assert meta["duration"] == 50


def curve(**columns):
    history = {"step": np.arange(1, 41), **columns}
    return plots.learning_curve(history)


def test_wgan_curve_is_raw_filtered_and_normalised(tmp_path):
    estimate = np.linspace(4, 2, 40)
    estimate[7] = 50.0  # one spike, which the median leaves out
    lipschitz = np.repeat([1.0, 2.0, 4.0, 8.0], 10)
    held_out = np.full(40, np.nan)
    held_out[[19, 39]] = [3.0, 2.0]
    figure = curve(
        wasserstein_estimate=estimate,
        lipschitz_estimate=lipschitz,
        val_wasserstein_estimate=held_out,
    )
    raw, filtered, dots = figure.axes[0].lines
    np.testing.assert_array_equal(raw.get_ydata(), estimate)
    assert filtered.get_ydata().max() < 5
    np.testing.assert_array_equal(dots.get_ydata(), held_out)
    assert figure.axes[0].get_ylim()[1] < 50
    assert "50" in figure.axes[0].texts[0].get_text()
    normalised, _, dots = figure.axes[1].lines
    np.testing.assert_array_equal(normalised.get_xdata(), [1, 11, 21, 31])
    np.testing.assert_allclose(
        normalised.get_ydata(), estimate[::10] / [1.0, 2.0, 4.0, 8.0]
    )
    np.testing.assert_allclose(dots.get_ydata()[[19, 39]], [1.5, 0.25])


def test_dcgan_curve(tmp_path):
    names = ("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy")
    history = {"step": range(5), **{name: np.arange(5) / 5 for name in names}}
    plots.learning_curve(history, tmp_path / "curve.png")
    assert imageio.imread(tmp_path / "curve.png").shape == (720, 960, 4)


def diagnostics(steps=5, **columns):
    names = ("gradient_at_real", "gradient_at_fake", "gradient_at_mixed")
    names += ("estimate_on_training", "estimate_on_held_out")
    names += tuple(f"gradient_at_layer_{layer}" for layer in (1, 2, 3))
    values = {name: np.arange(steps) + index for index, name in enumerate(names)}
    return {"step": np.arange(steps) * 100, **values, **columns}


def test_critic_diagnostics_show_what_was_measured():
    history = diagnostics()
    weights = np.repeat(np.float32([-0.05, 0, 0.02, 0.05]), [5, 3, 1, 6])
    norms, layers, histogram, estimates = plots.critic_diagnostics(
        history, weights, 0.05
    ).axes
    for axes, names in {
        norms: ["gradient_at_real", "gradient_at_fake", "gradient_at_mixed"],
        estimates: ["estimate_on_training", "estimate_on_held_out"],
    }.items():
        for line, name in zip(axes.lines, names, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), history["step"])
            np.testing.assert_array_equal(line.get_ydata(), history[name])
    for line, step in zip(layers.lines, [0, 1, 2, 4], strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(line.get_ydata(), np.arange(5, 8) + step)
        assert line.get_label() == str(100 * step)
    heights = [bar.get_height() for bar in histogram.patches]
    assert [heights[0], heights[-1], sum(heights)] == [5, 6, 15]  # none falls outside
    assert [line.get_xdata()[0] for line in histogram.lines] == [-0.05, 0.05]
    assert histogram.get_title() == "Weights, 73.3% at ±0.05"


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_critic_diagnostics_of_a_critic_that_is_dead_or_broken(value, tmp_path):
    history = diagnostics(steps=1)
    history = {name: np.full(1, value) for name in history} | {"step": [1]}
    path = tmp_path / "critic.png"
    figure = plots.critic_diagnostics(history, np.full(9, value), None, path)
    assert len(figure.axes[2].lines) == 0  # no clip value to mark
    assert imageio.imread(path).ndim == 3


def test_a_peak_does_not_flatten_the_estimates():
    def scale(estimate):
        columns = {f"estimate_on_{kind}": estimate for kind in ("training", "held_out")}
        figure = plots.critic_diagnostics(diagnostics(**columns), np.zeros(9))
        return figure.axes[3].yaxis.get_transform()

    assert scale(np.array([0.1, 50.0, 0.3, -0.2, 0.3])).linthresh == 1
    assert not hasattr(scale(np.array([0.1, 0.5, 0.3, -0.2, 0.3])), "linthresh")
