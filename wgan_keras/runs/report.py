"""Reports of runs: one file of HTML, pictures included, that needs no network.

A comparison is a folder of runs, one for each model, trained alike.
"""

import base64
import html
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from wgan_keras.files import read_json
from wgan_keras.files import read_table
from wgan_keras.files import write_text
from wgan_keras.watching.plots import BLUE
from wgan_keras.watching.plots import GREEN
from wgan_keras.watching.plots import GREY
from wgan_keras.watching.plots import ORANGE
from wgan_keras.watching.plots import new_figure
from wgan_keras.watching.plots import rendered
from wgan_keras.watching.plots import save_gif

COLOURS = (BLUE, ORANGE, GREEN, GREY)
CURVES = {  # the curve that is shown of each model, and its name
    "wasserstein_estimate": "Wasserstein estimate",
    "discriminator_loss": "discriminator's loss",
}

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 62rem; margin: 0 auto; padding: 1rem; color: #222; background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }}
h1, h2 {{ line-height: 1.2; }}
img {{ max-width: 100%; height: auto; }}
figure {{ margin: 1rem 0; }}
figcaption {{ color: #666; font-size: .9rem; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .875rem; }}
th, td {{ padding: .25rem .5rem .25rem 0; border-bottom: 1px solid #ddd; text-align: left;
  vertical-align: top; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.pair {{ display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def read_history(run):
    """The table of a run, a dict of float arrays by name, NaN where a cell is empty."""
    rows = read_table(Path(run) / "history.csv")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def run_report(run, name):
    """Writes `report.html` into a finished run's folder.

    Args:
        run: The folder that `train` left.
        name: What the model is called.
    """
    run = Path(run)
    settings = read_json(run / "config.json")
    title = f"{name} on {settings['dataset']}"
    _write(run / "report.html", title, _run_body(run, settings))


def compare_report(folder, names, rows):
    """Writes `comparison.gif` and `report.html` into a folder of runs.

    Args:
        folder: The folder; the runs are its subfolders.
        names: Their names, in order.
        rows: The table: `comparison_rows`, and what else is to be compared with.
    """
    folder = Path(folder)
    side_by_side(folder / "comparison.gif", {name: folder / name for name in names})
    settings = {name: read_json(folder / name / "config.json") for name in names}
    dataset = settings[names[0]]["dataset"]
    body = [_picture(folder / "comparison.gif", "The same latents, as each model learns.")]
    body.append(_table(rows))
    for name in names:
        body.append(f"<h2>{html.escape(name)}</h2>")
        body.append(_run_body(folder / name, settings[name]))
    _write(folder / "report.html", f"{', '.join(names)} on {dataset}", "\n".join(body))


def comparison_rows(folder, seconds):
    """A dict for each run: what it was, what it took, and how good its pictures are.

    Args:
        folder: Folder of the runs.
        seconds: Dict from their names to the time that each took; `None` of one that was
            stopped and resumed.
    """
    rows = []
    for name in seconds:
        settings = read_json(Path(folder) / name / "config.json")
        history = read_history(Path(folder) / name)
        row = {
            "model": name,
            "generator steps": int(history["step"][-1]),
            "critic steps each": settings["n_critic"],
        }
        if seconds[name] is not None:
            row["seconds"] = round(seconds[name])
        if "frechet_distance" in history:
            distances = history["frechet_distance"]
            row["Fréchet distance"] = float(distances[~np.isnan(distances)][-1])
        rows.append(row)
    return rows


def side_by_side(path, runs):
    """Makes one GIF of several runs: the same latents, and each one's curve beneath.

    Args:
        path: The GIF.
        runs: Dict from a name to the run's folder; frames that all of them have are shown.
    """
    frames = {
        name: {int(f.stem): f for f in (Path(run) / "training-frames").glob("*.png")}
        for name, run in runs.items()
    }
    steps = sorted(set.intersection(*(set(files) for files in frames.values())))
    histories = {name: read_history(run) for name, run in runs.items()}
    scored = all("frechet_distance" in history for history in histories.values())
    figure, axes = new_figure(
        3.2 * len(runs),
        6.4 if scored else 5,
        2 + scored,
        len(runs),
        height_ratios=[3.3, 1.3, 1.3][: 2 + scored],
        squeeze=False,
    )
    markers = []
    for column, (name, history) in enumerate(histories.items()):
        pictures, curve = axes[:2, column]
        pictures.set_title(name)
        pictures.set_axis_off()
        shown = next(key for key in CURVES if key in history)
        _draw_curve(curve, history["step"], history[shown], COLOURS[column % 4])
        curve.set_title(CURVES[shown], fontsize="small")
        markers.append(curve.axvline(0, color=GREY, linewidth=1))
        if scored:
            for other, (key, values) in enumerate(histories.items()):
                measured = ~np.isnan(values["frechet_distance"])
                axes[2, column].plot(
                    values["step"][measured],
                    values["frechet_distance"][measured],
                    color=COLOURS[other % 4],
                    linewidth=2.5 if key == name else 0.8,
                )
            axes[2, column].set_yscale("log")
            axes[2, column].set_title("Fréchet distance", fontsize="small")
            markers.append(axes[2, column].axvline(0, color=GREY, linewidth=1))
    for one in axes[1:].flat:
        one.tick_params(labelsize="x-small")
        one.set_xlim(0, steps[-1])
    figure.supxlabel("generator step", fontsize="small")
    drawn, images = [], []
    for step in steps:
        for artist in drawn:
            artist.remove()
        drawn = [
            axes[0, column].imshow(
                imageio.imread(files[step]), cmap="gray", vmin=0, vmax=255
            )
            for column, files in enumerate(frames.values())
        ]
        for marker in markers:
            marker.set_xdata([step, step])
        images.append(rendered(figure))
    save_gif(path, images)


def _draw_curve(axes, step, values, colour):
    from scipy.ndimage import median_filter

    smooth = median_filter(values, 2 * (len(values) // 80) + 1, mode="reflect")
    axes.plot(step, smooth, color=colour)


# === HTML ===


def _run_body(run, settings):
    parts = ['<div class="pair">']
    parts.append(
        _picture(run / "training.gif", "The same latents, as the generator learns.")
    )
    parts.append(_picture(run / "samples.png", "64 samples, uncurated."))
    parts.append("</div>")
    parts.append(_picture(run / "curve.png", "The learning curve."))
    rows = [
        {"setting": name, "value": value}
        for name, value in settings.items()
        if value is not None
    ]
    return "\n".join(
        [*parts, "<details><summary>Settings</summary>", _table(rows), "</details>"]
    )


def _picture(path, caption):
    kind = Path(path).suffix[1:]
    data = base64.b64encode(Path(path).read_bytes()).decode()
    return (
        f'<figure><img alt="{html.escape(caption)}" src="data:image/{kind};base64,{data}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def _table(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["".join(f"<th>{html.escape(name)}</th>" for name in names)]
    lines += ["".join(_cell(row.get(name, "")) for name in names) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table>\n{body}\n</table></div>'


def _cell(value):
    if isinstance(value, float):
        return f'<td class="number">{value:.4g}</td>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def _write(path, title, body):
    page = _PAGE.format(title=html.escape(title), body=body)
    write_text(path, page)
