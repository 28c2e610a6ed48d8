"""Pictures of pictures and of curves: arrays go in, an array or a figure comes out."""

from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from wgan_keras.files import atomic_write

# Okabe and Ito's colours, which the colour-blind tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
CAPTION_HEIGHT = 22


def image_grid(images, columns=8, min_side=56, caption=""):
    """Lays pictures out in a grid, small ones enlarged pixel by pixel.

    Args:
        images: `(N, H, W, C)` with 1 or 3 channels; floats in [0, 1], or uint8. What is
            not a number is drawn black.
        columns: Pictures in a row.
        min_side: Pixels that a picture's shorter side has at least.
        caption: A line of text above the grid.

    Returns:
        uint8 array `(height, width)` of grey pictures, `(height, width, 3)` of RGB ones.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        images = np.rint(np.clip(np.nan_to_num(images), 0, 1) * 255).astype(np.uint8)
    count, height, width, channels = images.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    scale, gap = max(1, -(-min_side // min(height, width))), 2
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width = height * scale + gap, width * scale + gap
    grid = np.full((rows * height + gap, columns * width + gap, channels), 40, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * height + gap, index % columns * width + gap
        grid[top : top + height - gap, left : left + width - gap] = image
    if channels == 1:
        grid = grid[..., 0]
    return np.concatenate([_caption(caption, grid), grid]) if caption else grid


def _caption(text, grid):
    from PIL import Image
    from PIL import ImageDraw
    from PIL import ImageFont

    mode = "L" if grid.ndim == 2 else "RGB"
    strip = Image.new(mode, (grid.shape[1], CAPTION_HEIGHT), "black")
    font = ImageFont.load_default(13)
    ImageDraw.Draw(strip).text((6, 3), text, font=font, fill="white")
    return np.asarray(strip)


def save_image(path, image):
    """Writes a uint8 picture, grey or RGB, in the format that the path's ending names."""
    _write_encoded(path, image)


def save_gif(path, frames, frames_per_second=10):
    """Writes an endless GIF, of 32 levels of grey where the pictures are grey, or colours.

    Args:
        path: The file.
        frames: List of uint8 pictures of one shape, grey or RGB.
        frames_per_second: Speed.
    """

    if frames[0].ndim == 2:  # a third of the size, and hardly to be told from all 256
        greys = np.rint(np.rint(np.arange(256) / 255 * 31) / 31 * 255).astype(np.uint8)
        frames = [greys[frame] for frame in frames]
    else:  # one palette for all frames: what does not change takes no room
        from PIL import Image

        some = np.concatenate(frames[:: -(-len(frames) // 4)] + frames[-1:])
        palette = Image.fromarray(some).quantize(64, Image.Quantize.MAXCOVERAGE)
        frames = [
            np.asarray(
                Image.fromarray(frame).quantize(palette=palette, dither=0).convert("RGB")
            )
            for frame in frames
        ]
    duration = round(1000 / frames_per_second)  # milliseconds
    _write_encoded(path, frames, is_batch=True, duration=duration, loop=0)


def _write_encoded(path, image, **options):
    # In memory first: on a full disk, imageio would try again when it is collected.
    kind = Path(path).suffix
    content = imageio.imwrite("<bytes>", image, extension=kind, plugin="pillow", **options)
    atomic_write(path, lambda unfinished: unfinished.write_bytes(content))


def new_figure(width, height, rows, columns, height_ratios=None, **options):
    """A figure in the package's style, without pyplot's global state.

    Args:
        width: Inches; a picture has 120 pixels an inch.
        height: Inches.
        rows: Rows of axes.
        columns: Columns of axes.
        height_ratios: Relative heights of the rows.
        **options: As for `Figure.subplots`, such as `sharex=True`.

    Returns:
        `(figure, axes)`, the axes as `Figure.subplots` returns them.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    axes = figure.subplots(rows, columns, height_ratios=height_ratios, **options)
    for one in np.ravel(axes):
        one.grid(alpha=0.3)
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save_figure(path, figure):
    """Writes a figure in the format that the path's ending names."""
    kind = Path(path).suffix[1:]
    atomic_write(path, lambda unfinished: figure.savefig(unfinished, format=kind))


def rendered(figure):
    """A figure as a uint8 picture `(height, width, 3)`, a frame of a GIF."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def learning_curve(history, path=None):
    """Draws the curves of a training, raw and median-filtered.

    For a WGAN: the Wasserstein estimate on training and on held-out images, and below
    it the same divided by the mean slope of the critic at the data, since the raw
    estimate is a distance only up to that constant. For a DCGAN: its losses and how
    often real and generated images are told apart. At the bottom, where it was
    measured, the Fréchet distance of the pictures.

    Args:
        history: Dict of equally long sequences: `step`, and logged values by name;
            NaN where a value was not measured.
        path: File to write; `None` to write nothing.

    Returns:
        The `matplotlib.figure.Figure`.

    Reference:
        Arjovsky, Chintala, Bottou (2017), figure 3, where the estimate is
        median-filtered.
    """
    history = {name: np.asarray(values, float) for name, values in history.items()}
    step = history["step"]
    scored = "frechet_distance" in history
    figure, panels = new_figure(8, 8 if scored else 6, 2 + scored, 1, sharex=True)
    top, bottom = panels[:2]
    if "wasserstein_estimate" in history:
        estimate, lipschitz = (
            history["wasserstein_estimate"],
            history["lipschitz_estimate"],
        )
        held_out = history.get("val_wasserstein_estimate", np.full(len(step), np.nan))
        _draw(top, step, estimate, BLUE, "training images", held_out)
        top.set_ylabel("Wasserstein estimate\n(K × distance)")
        fresh = np.diff(lipschitz, prepend=0) != 0  # between renewals, K is an old one
        fresh &= lipschitz > 0
        normalised = estimate[fresh] / lipschitz[fresh]
        held_out_normalised = np.divide(
            held_out, lipschitz, out=np.full(len(step), np.nan), where=lipschitz > 0
        )
        _draw(
            bottom,
            step[fresh],
            normalised,
            BLUE,
            "training images",
            held_out_normalised,
            step,
        )
        bottom.set_ylabel("estimate / mean slope\nat the data")
    else:
        held_out = history.get("val_discriminator_loss", np.full(len(step), np.nan))
        _draw(top, step, history["discriminator_loss"], BLUE, "discriminator", held_out)
        _draw(top, step, history["generator_loss"], ORANGE, "generator")
        top.set_ylabel("loss (nats)")
        _draw(bottom, step, history["real_accuracy"], BLUE, "real taken for real")
        _draw(bottom, step, history["fake_accuracy"], ORANGE, "fake taken for fake")
        bottom.set_ylabel("share told apart")
    if scored:
        distance = history["frechet_distance"]
        measured = ~np.isnan(distance)
        panels[2].plot(step[measured], distance[measured], "o-", color=GREEN, markersize=4)
        panels[2].set_yscale("log")
        panels[2].set_ylabel("Fréchet distance\nof the pictures")
    panels[-1].set_xlabel("generator step")
    for axes in (top, bottom):
        if axes.lines:
            above = {"loc": "lower right", "bbox_to_anchor": (1, 0.97), "ncols": 3}
            axes.legend(frameon=False, fontsize="small", **above)
            _leave_out_spikes(axes)
    if path:
        save_figure(path, figure)
    return figure


def critic_diagnostics(history, weights, clip_value=None, path=None):
    """Draws what `CriticDiagnostics` has measured: slopes, layers, weights, estimates.

    Args:
        history: Dict of equally long sequences: `step`, and measured values by name.
        weights: The critic's trainable weights as they are now, a flat float array.
        clip_value: The bound c that they are clipped to; `None` for none.
        path: File to write; `None` to write nothing.

    Returns:
        The `matplotlib.figure.Figure`.

    Reference:
        Gulrajani et al. (2017), figure 1b, for the upper right and lower left panel.
    """
    history = {name: np.asarray(values, float) for name, values in history.items()}
    step = history["step"].astype(int)
    figure, ((norms, layers), (histogram, estimates)) = new_figure(8, 6.8, 2, 2)

    # === Gradients at the images ===
    for place, colour in (("real", BLUE), ("fake", ORANGE), ("mixed", GREEN)):
        norms.plot(step, history[f"gradient_at_{place}"], ".-", color=colour, label=place)
    norms.set(xlabel="generator step", ylabel="mean norm")
    _scale_by_logarithm(norms)
    _head(norms, "Gradient at the images")

    # === Gradients by layer ===
    names = [name for name in history if name.startswith("gradient_at_layer_")]
    numbers = range(1, len(names) + 1)
    shown = np.unique(np.linspace(0, len(step) - 1, 4).astype(int))
    for row, strength in zip(shown, np.linspace(0.25, 1, 4)[-len(shown) :], strict=True):
        by_layer = np.array([history[name][row] for name in names])
        style = {"color": BLUE, "alpha": strength, "label": step[row]}
        layers.plot(numbers, by_layer, "o-", markersize=4, **style)
    _scale_by_logarithm(layers)
    layers.set(xticks=numbers, xlabel="layer, from the images on", ylabel="mean norm")
    _head(layers, "Gradient by layer, at step")

    # === Weights ===
    weights = weights[np.isfinite(weights)]
    limit = np.abs(weights).max(initial=clip_value or 0)  # as rounded as the weights are
    histogram.hist(weights, np.linspace(-limit, limit, 82), color=BLUE, log=True)
    histogram.set(xlabel="value", ylabel="number of weights", ylim=(0.8, None))
    histogram.locator_params(axis="x", nbins=4)
    title = "Weights"
    if clip_value is not None:
        title += f", {np.mean(np.abs(weights) >= clip_value):.1%} at ±{clip_value:g}"
        for side in (-clip_value, clip_value):
            histogram.axvline(side, color=ORANGE, linestyle="--", linewidth=1)
    _head(histogram, title)

    # === Estimates ===
    for kind, line, colour in (("training", ".-", BLUE), ("held_out", ".--", GREEN)):
        label = f"{kind.replace('_', '-')} images"
        estimates.plot(
            step, history[f"estimate_on_{kind}"], line, color=colour, label=label
        )
    _make_room_below_a_peak(estimates)
    estimates.set(xlabel="generator step", ylabel="mean f(real) − mean f(fake)")
    _head(estimates, "Wasserstein estimate")
    if path:
        save_figure(path, figure)
    return figure


def _scale_by_logarithm(axes):
    if any(np.any(line.get_ydata() > 0) for line in axes.lines):  # else, a dead critic
        axes.set_yscale("log")


def _make_room_below_a_peak(axes):
    """Where a peak would flatten all else, scales what is above the typical by logarithm.

    Below it, around 0, the scale stays linear, since an estimate can be negative.
    """
    sizes = np.abs(np.concatenate([line.get_ydata() for line in axes.lines]))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if len(sizes):
        typical = 10 ** np.ceil(np.log10(np.median(sizes)))
        if sizes.max() > 10 * typical:
            axes.set_yscale("symlog", linthresh=typical)


def _head(axes, title):
    """A title, and between it and the axes, where no curve can be, the legend."""
    handles, _ = axes.get_legend_handles_labels()
    axes.set_title(title, pad=22 if handles else 6)
    if handles:
        axes.legend(
            frameon=False,
            fontsize="small",
            loc="lower center",
            bbox_to_anchor=(0.5, 0.99),
            ncols=4,
            columnspacing=1,
            handlelength=1.2,
        )


def _draw(axes, step, values, colour, label, held_out=None, held_out_step=None):
    from scipy.ndimage import median_filter

    if not len(values):
        return
    axes.plot(step, values, color=colour, alpha=0.25, linewidth=0.8)
    window = 2 * (len(values) // 40) + 1
    smooth = median_filter(values, window, mode="reflect")
    axes.plot(step, smooth, color=colour, linewidth=2, label=f"{label} (median)")
    if held_out is not None and not np.isnan(held_out).all():
        steps = step if held_out_step is None else held_out_step
        axes.plot(steps, held_out, ".", color=GREEN, label="held-out")


def _leave_out_spikes(axes):
    """Fits the axis to 98 in 100 values, and says what the others would have needed."""
    values = np.concatenate([line.get_ydata() for line in axes.lines])
    values = values[np.isfinite(values)]
    if not len(values):
        return
    low, high = np.percentile(values, [1, 99])
    margin = 0.08 * (high - low) or 1
    if values.min() < low - margin or values.max() > high + margin:
        axes.set_ylim(low - margin, high + margin)
        axes.text(
            0.99,
            0.03,
            f"cut off: {values.min():.3g} to {values.max():.3g}",
            transform=axes.transAxes,
            ha="right",
            fontsize="small",
            color=GREY,
        )
