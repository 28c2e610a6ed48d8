"""How much bad luck a run and a reader of files survive.

    python benchmarks/soak.py --kills 100
    python benchmarks/soak.py --inputs 100000
    python benchmarks/soak.py --kills 100 --inputs 100000 --write

`--kills` trains one run that is killed (SIGKILL) again and again, more than a third of the
times while a checkpoint or a result is being written. It goes on each time, and is compared
with the same run left alone in the end, byte for byte. `--inputs` reads so many damaged
files of all kinds: each has to be refused with an error that names it, or read as if it
were whole. `--write` puts both tables into docs/soak.md, their numbers into docs/soak.json.
"""

import argparse
import gzip
import io
import json
import multiprocessing
import os
import platform
import random
import signal
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from wgan_keras import Settings
from wgan_keras import UserError
from wgan_keras import files
from wgan_keras.data.folder import ImageFolder
from wgan_keras.data.readers import read_array
from wgan_keras.data.readers import read_idx
from wgan_keras.fitting.checkpoints import pack_checkpoint
from wgan_keras.fitting.checkpoints import read_checkpoint
from wgan_keras.vetting import vet_saved_model

DOCS = Path(__file__).parent.parent / "docs"
SETTINGS = Settings(width=2, latent_dim=4, batch_size=8, steps=3000)
SAME_BYTES = ("config.json", "history.csv", "curve.png", "training.gif", "samples.png")

# === Kills ===


def train(folder):
    """Trains the run in a folder, or goes on with it; in a process of its own."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from wgan_keras import Run

    folder = Path(folder)
    found = (folder / "config.json").exists() and (folder / files.MANIFEST).exists()
    run = Run.open(folder) if found else Run.create(folder, SETTINGS, overwrite=True)
    run.train(verbose=False, checkpoint_steps=10)


def being_written(folder):
    """Whether a checkpoint or a result is half written at this moment."""
    patterns = ("checkpoints/.unfinished-*", ".unfinished-model*", "sampler.unfinished")
    return any(next(folder.glob(pattern), None) for pattern in patterns)


def soak_kills(kills, seed=0):
    """Kills a training so many times, and compares it with one that was left alone.

    Returns:
        Dict of what was done and found.
    """
    rng = random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["wgan_keras.runs.run"])
    with tempfile.TemporaryDirectory() as parent:
        alone, killed = Path(parent, "alone"), Path(parent, "killed")
        process = context.Process(target=train, args=(alone,))
        process.start()
        process.join()
        assert process.exitcode == 0, "the run that is left alone failed"
        done = {"kills": 0, "while writing": 0, "restarts": 0, "seed": seed}
        while True:
            process = context.Process(target=train, args=(killed,))
            process.start()
            done["restarts"] += 1
            wants_writing = rng.random() < 0.5
            patience = time.monotonic() + 60
            before = newest_checkpoint(killed)
            while process.is_alive() and time.monotonic() < patience:
                if newest_checkpoint(killed) > before and done["kills"] < kills:
                    if not wants_writing:
                        time.sleep(rng.uniform(0, 0.3))
                        break
                    if being_written(killed):
                        break
                time.sleep(0.0005)
            if done["kills"] == kills:
                process.join()
            writing = being_written(killed)
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
                done["kills"] += 1
                done["while writing"] += writing
            process.join()
            if process.exitcode == 0:
                break
            print(f"\r{done['kills']} kills, {done['while writing']} while writing", end="")
        print()
        return done | {"files": compare(alone, killed)}


def newest_checkpoint(folder):
    return max((path.name for path in folder.glob("checkpoints/0*")), default="")


def compare(alone, killed):
    """Compares two runs; returns how many files and arrays are equal, or fails."""
    frames = [str(p.relative_to(alone)) for p in alone.glob("training-frames/*.png")]
    for name in (*SAME_BYTES, *frames):
        assert (alone / name).read_bytes() == (killed / name).read_bytes(), name
    from wgan_keras import Run

    states = [Run.open(folder).model.state for folder in (alone, killed)]
    for one, other in zip(*states, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    pictures = [Run.open(folder).sampler.draw(64) for folder in (alone, killed)]
    np.testing.assert_array_equal(*pictures)
    return {"equal files": len(SAME_BYTES) + len(frames), "equal arrays": len(states[0])}


# === Damaged inputs ===

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)
IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", *IMAGES.shape) + IMAGES.tobytes()
TABLE = b"step,epoch,critic_loss,val_loss\r\n1,1,-0.5,\r\n2,1,-0.75,0.125\r\n"
CHECKPOINT = pack_checkpoint({"0": IMAGES, "place": np.array("{}")})


def saved(write, *arrays, **named):
    buffer = io.BytesIO()
    write(buffer, *arrays, **named)
    return buffer.getvalue()


def damage(content, rng):
    """The content of a file, cut short, with bits turned, longer, or all made up."""
    kind = rng.choice(["cut", "turned", "turned", "turned early", "longer", "made up"])
    if kind == "cut":
        return content[: rng.randrange(len(content))]
    if kind == "longer":
        return content + rng.randbytes(rng.randint(1, 9))
    if kind == "made up":
        return content[: rng.choice([0, 2, 4, 8, 16, 80])] + rng.randbytes(200)
    turned = bytearray(content)
    reach = len(content) if kind == "turned" else min(len(content), 160)
    for _ in range(rng.randint(1, 3)):
        turned[rng.randrange(reach)] ^= 1 << rng.randrange(8)
    return bytes(turned)


def read_picture(path):
    images = ImageFolder(path.parent, (8, 8, 1))[:]
    assert images.shape == (1, 8, 8, 1)
    assert images.dtype == np.uint8


def read_counted(path):
    for row in files.read_table(path):
        assert all(isinstance(value, (int, float)) for value in row.values())


def read_kept(path):
    if read_checkpoint(path) is None:
        raise UserError(f"{path} is damaged")


def read_manifest(path):
    files.verify_manifest(path.parent)
    assert (path.parent / "weights").read_bytes() == IDX


def read_model(path):
    from wgan_keras import load_model

    load_model(path)


def kinds(folder):
    """For each kind: its file's name, its content, what reads it, its share of inputs."""
    from wgan_keras import WGAN
    from wgan_keras import build_critic
    from wgan_keras import build_generator

    wgan = WGAN(build_generator((8, 8, 1), 4, 2), build_critic((8, 8, 1), 2))
    wgan.compile()
    wgan.export_sampler(folder / "sampler")
    wgan.save(folder / "wgan.keras")
    (folder / "weights").write_bytes(IDX)
    files.write_manifest(folder, ["weights"])
    manifest = (folder / files.MANIFEST).read_bytes()
    graph = (folder / "sampler" / "saved_model.pb").read_bytes()
    pixels = Image.fromarray(np.tile(IMAGES[0], (4, 4)))
    pictures = {
        f"picture, {kind}": (f"a.{kind.lower()}", saved(pixels.save, format=kind))
        for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA")
    }
    return {
        "IDX": ("a-idx3-ubyte", IDX, lambda path: read_idx(path, 3), 15),
        "IDX, gzipped": ("a.gz", gzip.compress(IDX), lambda path: read_idx(path, 3), 15),
        ".npy": ("a.npy", saved(np.save, IMAGES), read_array, 15),
        ".npz": (
            "a.npz",
            saved(np.savez_compressed, x=IMAGES),
            lambda path: read_array(path, "x"),
            10,
        ),
        **{name: (*pair, read_picture, 2) for name, pair in pictures.items()},
        "table of a run": ("history.csv", TABLE, read_counted, 10),
        "manifest": (files.MANIFEST, manifest, read_manifest, 8),
        "checkpoint": ("1.checkpoint", CHECKPOINT, read_kept, 9.5),
        "graph of a sampler": (
            "saved_model.pb",
            graph,
            lambda path: vet_saved_model(path.parent),
            1,
        ),
        "model": ("wgan.keras", (folder / "wgan.keras").read_bytes(), read_model, 0.5),
    }


def soak_inputs(inputs, seed=0):
    """Reads so many damaged files.

    Returns:
        Dict from kinds to counts: tried, refused by name, read as they are.
    """
    rng = random.Random(seed)
    warnings.simplefilter("ignore")  # Pillow's, of damaged headers
    rows = {}
    with tempfile.TemporaryDirectory() as parent:
        made = Path(parent, "made")
        made.mkdir()
        for kind, (name, content, read, share) in kinds(made).items():
            folder = Path(parent, kind)
            folder.mkdir()
            if kind == "manifest":
                (folder / "weights").write_bytes(IDX)
            row = {"tried": 0, "refused by name": 0, "read": 0}
            for _ in range(max(1, round(inputs * share / 100))):
                (folder / name).write_bytes(damage(content, rng))
                row["tried"] += 1
                try:
                    read(folder / name)
                    row["read"] += 1
                except UserError as error:
                    assert str(folder) in str(error), (kind, str(error))
                    row["refused by name"] += 1
            rows[kind] = row
            print(f"{kind:20} {row}", flush=True)
    return rows


# === Writing it down ===


def write(results):
    """Writes docs/soak.json, keeping what was not done this time, and docs/soak.md."""
    path = DOCS / "soak.json"
    results = (files.read_json(path) if path.exists() else {}) | results
    files.write_json(path, results)
    lines = ["# Soak", "", "How much bad luck a run and a reader of files survive."]
    if "kills" in results:
        kills = results["kills"]
        lines += [
            "",
            "## A training that is killed",
            "",
            f"By `{kills['command']}` on {kills['machine']}. One run of {SETTINGS.steps} "
            f"generator steps was killed by SIGKILL {kills['kills']} times, "
            f"{kills['while writing']} of them while a checkpoint, the model or the "
            "sampler was being written, and went on each time. At its end, "
            f"{kills['files']['equal files']} files are equal to those of the same run "
            "left alone, byte for byte, and so are "
            f"{kills['files']['equal arrays']} arrays of its model and the first 64 "
            "pictures of its sampler. (The model's file itself holds a date.)",
        ]
    if "inputs" in results:
        inputs = results["inputs"]
        total = {
            key: sum(row[key] for row in inputs["kinds"].values())
            for key in ("tried", "refused by name", "read")
        }
        lines += [
            "",
            "## Damaged files",
            "",
            f"By `{inputs['command']}` on {inputs['machine']}. Files of each kind were cut "
            "short, lengthened, made up, or had bits turned. Each was refused with an "
            "error that names it, or read: a bit that is turned in a pixel, in a number or "
            "in a field that nobody reads is noticed only where there is a checksum. No "
            "other error came up.",
            "",
            "| kind | tried | refused by name | read |",
            "| --- | --- | --- | --- |",
        ]
        for kind, row in [*inputs["kinds"].items(), ("all", total)]:
            cells = " | ".join(f"{value:,}" for value in row.values())
            lines.append(f"| {kind} | {cells} |")
    files.write_text(DOCS / "soak.md", "\n".join([*lines, ""]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    about = {
        "command": f"python benchmarks/soak.py {' '.join(sys.argv[1:])}",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
    }
    results = {}
    if options.inputs:
        results["inputs"] = about | {"kinds": soak_inputs(options.inputs, options.seed)}
    if options.kills:
        results["kills"] = about | soak_kills(options.kills, options.seed)
        print(json.dumps(results["kills"], indent=2))
    if options.write:
        write(results)


if __name__ == "__main__":
    main()
