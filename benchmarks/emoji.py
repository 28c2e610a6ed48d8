"""A WGAN-GP on pictures in colour: the emoji of a font that anyone can install.

    apt-get install fonts-noto-color-emoji
    python benchmarks/emoji.py draw emoji-32 --size 32
    python benchmarks/emoji.py train emoji-32 --size 32 --minutes 6 --out runs/emoji-32
    python benchmarks/emoji.py write runs/emoji-32 runs/emoji-64

`draw` draws each emoji of the font over white. `train` trains the recommended recipe of
the gradient penalty, seed 0, for so many minutes of CPU time, or until Ctrl-C; what it
ends with is kept, whatever it is. It leaves the GIF, the learning curve, the sampler and
`result.json` with the scores, the memory and the time. `write` makes docs/colour.md and
its pictures from that, and keeps what somebody has written there about the looks of the
pictures.
"""

import argparse
import dataclasses
import os
import resource
import shutil
import signal
import time
from pathlib import Path

import runs

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
FONT_SIZE = 109  # the only one of this font, whose glyphs are bitmaps
CANVAS = 136  # pixels of a side that hold every glyph
FRAME_STEPS, GIF_FRAMES = 100, 30  # generator steps between two frames; frames at most
DOCS = Path(__file__).parent.parent / "docs"
SETS = 3  # of pictures that are scored
LOOKS = "## What they look like"

INTRODUCTION = """# Pictures in colour

Here a WGAN learns the emoji of the font Noto Color Emoji (Google, SIL Open Font License),
which `benchmarks/emoji.py` draws over white. It uses the recommended recipe of the
gradient penalty with seed 0, on one core. Every tenth emoji is held out. Many emoji come
in several skin tones, so most of the held-out ones have near twins among the training
images.

```sh
apt-get install fonts-noto-color-emoji
python benchmarks/emoji.py draw emoji-32 --size 32
python benchmarks/emoji.py train emoji-32 --size 32 --minutes 6 --out runs/emoji-32
python benchmarks/emoji.py draw emoji-64 --size 64
python benchmarks/emoji.py train emoji-64 --size 64 --minutes 10 --out runs/emoji-64
python -m wgan_keras evaluate runs/emoji-32/sampler --dataset emoji-32
```
"""
SCORES = """
## Scores

Each score is the mean and standard deviation over {sets} sets of {count} pictures,
compared with as many held-out emoji. The real columns score training images in the same
way, and show what a perfect generator would get. The emoji have no labels, so the
features come from a fixed random network (SHA-256 {checksum}…). Such features see colours
and textures, and hardly what a picture shows. Use them to compare models on the same
pictures only.
"""

# === Drawing ===


def emoji_in(font):
    """Texts that a font draws as one glyph each: its code points and its ligatures.

    Args:
        font: A `fontTools.ttLib.TTFont`.

    Returns:
        Sorted list of strings.
    """
    texts = {name: chr(code) for code, name in font.getBestCmap().items()}
    found = {sign for sign in texts.values() if sign.isprintable()}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            for first, ligatures in getattr(subtable, "ligatures", {}).items():
                for ligature in ligatures:
                    names = [first, *ligature.Component]
                    if texts.keys() >= set(names):
                        found.add("".join(texts[name] for name in names))
    return sorted(found)


def draw(folder, size):
    """Draws every emoji over white, as a PNG file of `size` × `size` pixels each."""
    from fontTools.ttLib import TTFont
    from PIL import Image
    from PIL import ImageDraw
    from PIL import ImageFont

    font, drawn = ImageFont.truetype(FONT, FONT_SIZE), set()
    folder.mkdir(parents=True, exist_ok=True)
    for text in emoji_in(TTFont(FONT)):
        image = Image.new("RGB", (CANVAS, CANVAS), "white")
        place = (CANVAS / 2, CANVAS / 2)
        ImageDraw.Draw(image).text(place, text, font=font, anchor="mm", embedded_color=True)
        pixels = image.tobytes()
        one_glyph = font.getlength(text) <= CANVAS
        if one_glyph and len(image.getcolors(2**16)) > 1 and pixels not in drawn:
            drawn.add(pixels)
            name = "-".join(f"{ord(sign):x}" for sign in text)
            image.resize((size, size), Image.Resampling.LANCZOS).save(
                folder / f"{name}.png"
            )
    print(f"{folder}: {len(drawn)} emoji")


# === Training ===


def train(data, size, minutes, out):
    os.environ.update(runs.ONE_THREAD)  # before TensorFlow is imported
    import keras

    from wgan_keras import HealthCheck
    from wgan_keras import LearningCurve
    from wgan_keras import Settings
    from wgan_keras import TrainingGif
    from wgan_keras import load_images
    from wgan_keras import training_data
    from wgan_keras.files import write_json
    from wgan_keras.runs.building import build_model

    settings = Settings(lipschitz="gp", dataset=str(data), image_shape=(size, size, 3))
    images = load_images(data, image_shape=settings.image_shape)
    model = build_model(settings)

    class Budget(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.cpu, self.wall = time.process_time(), time.time()
            signal.signal(signal.SIGINT, self.end)

        def on_train_batch_end(self, batch, logs=None):
            if time.process_time() - self.cpu > 60 * minutes:
                self.end()

        def end(self, *_):
            self.model.stop_training = True

    budget, health = Budget(), HealthCheck()
    model.fit(
        training_data(images, settings.batch_size, settings.n_critic, settings.seed),
        epochs=10**6,  # until the budget is spent
        verbose=0,
        callbacks=[
            TrainingGif(out / "training.gif", every=FRAME_STEPS, max_frames=GIF_FRAMES),
            LearningCurve(out / "history.csv", out / "curve.png"),
            health,
            budget,
        ],
    )
    result = {
        "settings": dataclasses.asdict(settings),
        "machine": runs.processor(),
        "images": len(images),
        "steps": int(model.steps_done.numpy()),
        "cpu_seconds": time.process_time() - budget.cpu,
        "seconds": time.time() - budget.wall,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parameters": model.generator.count_params(),
        "broken": health.broken,
    }
    model.export_sampler(out / "sampler", dataset=str(data), seed=settings.seed)
    write_json(out / "result.json", result | {"evaluation": score(out)})
    print(out / "result.json")


def score(out):
    """Scores the sampler of a run, as `python -m wgan_keras evaluate RUN` does."""
    from wgan_keras import ExportedSampler
    from wgan_keras import RealImages

    sampler = ExportedSampler(out / "sampler")
    real = RealImages(sampler.about["dataset"], sampler.image_shape)
    count = real.largest_count(SETS)
    return real.evaluate(lambda index: sampler.draw(count, seed=index), count, SETS)


# === Writing ===


def write(folders):
    """Writes docs/colour.md and its pictures from the folders of trained runs."""
    from wgan_keras.files import read_json
    from wgan_keras.files import write_text

    results = [read_json(folder / "result.json") for folder in folders]
    for folder, result in zip(folders, results, strict=True):
        size = result["settings"]["image_shape"][0]
        side_by_side(folder, DOCS / "images" / f"emoji-{size}.png")
        shutil.copy(folder / "training.gif", DOCS / "images" / f"emoji-{size}.gif")
    page = DOCS / "colour.md"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    looks = before[before.find(LOOKS) :] if LOOKS in before else f"{LOOKS}\n"
    write_text(page, described(results) + looks)


def side_by_side(run, path):
    """Draws the first 64 pictures of seed 1, and 64 held-out emoji to their right."""
    import numpy as np

    from wgan_keras import ExportedSampler
    from wgan_keras import load_images
    from wgan_keras.watching.plots import image_grid
    from wgan_keras.watching.plots import save_image

    sampler = ExportedSampler(run / "sampler")
    real = load_images(sampler.about["dataset"], "test", image_shape=sampler.image_shape)
    some = np.random.default_rng(1).permutation(len(real))[:64]
    grids = [image_grid(images) for images in (sampler.draw(64, seed=1), real[some])]
    gap = np.full((len(grids[0]), 24, 3), 255, np.uint8)
    save_image(path, np.concatenate([grids[0], gap, grids[1]], axis=1))


def described(results):
    """The generated part of docs/colour.md."""

    def row(name, cells):
        return f"| {name} | " + " | ".join(cells) + " |"

    kinds = ("generated", "real")
    sizes = [result["settings"]["image_shape"][0] for result in results]
    facts = {
        "processor": lambda r: r["machine"],
        "training images": lambda r: f"{r['images']:,}",
        "weights of the generator": lambda r: f"{r['parameters']:,}",
        "generator steps": lambda r: f"{r['steps']:,}",
        "CPU time, minutes": lambda r: f"{r['cpu_seconds'] / 60:.1f}",
        "CPU time of a step, ms": lambda r: f"{1000 * r['cpu_seconds'] / r['steps']:.0f}",
        "time by the clock, minutes": lambda r: f"{r['seconds'] / 60:.0f}",
        "memory at its peak, GB": lambda r: f"{r['peak_megabytes'] / 1024:.2f}",
    }
    evaluations = [result["evaluation"] for result in results]
    scores = {
        name: [runs.spread(e["scores"][name][kind]) for e in evaluations for kind in kinds]
        for name in evaluations[0]["scores"]
    }
    scores["nearest training image"] = [
        f"{e['nearest'][kind]:.3g}" for e in evaluations for kind in kinds
    ]
    lines = [
        INTRODUCTION,
        row("", [f"{size}×{size}×3" for size in sizes]),
        row("---", ["---"] * len(sizes)),
        *(row(name, [fact(result) for result in results]) for name, fact in facts.items()),
        SCORES.format(
            sets=SETS,
            count=evaluations[0]["count"],
            checksum=evaluations[0]["random_network"]["sha256"][:12],
        ),
        row("", [cell for size in sizes for cell in (f"{size}×{size}×3", "real")]),
        row("---", ["---"] * 2 * len(sizes)),
        *(row(name.replace("_", " "), cells) for name, cells in scores.items()),
        "",
        "## Pictures",
        "",
        "On the left are the first 64 pictures of seed 1, uncurated, and on the right 64",
        "held-out emoji at random. The animations show 36 latents as the generator learns.",
    ]
    for size in sizes:
        lines += ["", f"![generated and real, {size}×{size}](images/emoji-{size}.png)"]
        lines += ["", f"![the training at {size}×{size}](images/emoji-{size}.gif)"]
    return "\n".join([*lines, "", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    drawing = commands.add_parser("draw")
    drawing.set_defaults(run=lambda options: draw(options.folder, options.size))
    drawing.add_argument("folder", type=Path)
    drawing.add_argument("--size", type=int, default=32)
    training = commands.add_parser("train")
    training.set_defaults(
        run=lambda options: train(options.data, options.size, options.minutes, options.out)
    )
    training.add_argument("data", type=Path, help="the folder that draw made")
    training.add_argument("--size", type=int, default=32)
    training.add_argument("--minutes", type=float, required=True)
    training.add_argument("--out", type=Path, required=True)
    writing = commands.add_parser("write")
    writing.set_defaults(run=lambda options: write(options.folders))
    writing.add_argument("folders", type=Path, nargs="+", help="what train has left")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
