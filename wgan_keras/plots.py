"""Pictures of pictures and of curves: arrays go in, an array or a figure comes out."""

import os
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

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


def write_whole(path, write):
    """Lets `write(unfinished_path)` make a file, which then takes the place of `path`.

    Whatever happens meanwhile, `path` is the old file or the new one, complete.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".unfinished-{path.name}")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def save_image(path, image):
    """Writes a uint8 picture, grey or RGB, in the format that the path's ending names."""
    write_whole(path, lambda unfinished: imageio.imwrite(unfinished, image))


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

        palette = Image.fromarray(frames[-1]).quantize(64, Image.Quantize.MAXCOVERAGE)
        frames = [
            np.asarray(
                Image.fromarray(frame).quantize(palette=palette, dither=0).convert("RGB")
            )
            for frame in frames
        ]

    def write(unfinished):
        duration = round(1000 / frames_per_second)  # milliseconds
        with imageio.imopen(unfinished, "w", plugin="pillow") as gif:
            gif.write(frames, is_batch=True, duration=duration, loop=0)

    write_whole(path, write)


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
    write_whole(path, lambda unfinished: figure.savefig(unfinished, format=kind))


def rendered(figure):
    """A figure as a uint8 picture `(height, width, 3)`, a frame of a GIF."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def learning_curve(history, path=None):
    """Draws the curves of a training, raw and median-filtered.

    For a WGAN: the Wasserstein estimate on training and on held-out images, and below
    it the same divided by the Lipschitz constant as seen at the data, since the raw
    estimate is a distance only up to that constant. For a DCGAN: its losses and how
    often real and made images are told apart. At the bottom, where it was measured, the
    Fréchet distance of the pictures.

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
        bottom.set_ylabel("estimate / K seen at the data\n(pixel distance)")
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
            axes.legend(frameon=False, loc="upper right")
            _leave_out_spikes(axes)
    if path:
        save_figure(path, figure)
    return figure


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
