"""A WGAN-GP on pictures in colour: the emoji of a font that anyone can install.

    apt-get install fonts-noto-color-emoji
    python benchmarks/emoji.py draw emoji-32 --size 32
    python benchmarks/emoji.py train emoji-32 --size 32 --minutes 6 --out runs/emoji-32
    python benchmarks/emoji.py write runs/emoji-32 runs/emoji-64

`draw` draws each emoji of the font over white. `train` trains the recommended recipe of the
gradient penalty, seed 0, for so many minutes of CPU time; what it ends with is kept,
whatever it is. It leaves the GIF, the learning curve, the sampler and `result.json`, with
the scores, the memory and the time. `write` makes docs/colour.md and its pictures of it.
"""

import argparse
import dataclasses
import json
import resource
import time
from pathlib import Path

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
FONT_SIZE = 109  # the only one of this font, whose glyphs are bitmaps
CANVAS = 136  # pixels of a side that hold every glyph
FRAME_STEPS = 100  # generator steps between two frames of the GIF

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

        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = time.process_time() - self.cpu > 60 * minutes

    budget, health = Budget(), HealthCheck()
    model.fit(
        training_data(images, settings.batch_size, settings.n_critic, settings.seed),
        epochs=10**6,  # until the budget is spent
        verbose=0,
        callbacks=[
            TrainingGif(out / "training.gif", every=FRAME_STEPS),
            LearningCurve(out / "history.csv", out / "curve.png"),
            health,
            budget,
        ],
    )
    result = {
        "settings": dataclasses.asdict(settings),
        "images": len(images),
        "steps": int(model.steps_done.numpy()),
        "cpu_seconds": time.process_time() - budget.cpu,
        "seconds": time.time() - budget.wall,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parameters": model.generator.count_params(),
        "broken": health.broken,
    }
    model.export_sampler(out / "sampler", dataset=str(data), seed=settings.seed)
    write_json(out / "result.json", result)
    print(json.dumps(result, indent=2))


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
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
