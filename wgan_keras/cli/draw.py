"""`sample`: pictures from a sampler, as a grid, an array or a walk."""

import shutil
import sys
import zipfile
from pathlib import Path

from wgan_keras.cli.common import add_trust
from wgan_keras.cli.common import natural
from wgan_keras.cli.common import open_sampler
from wgan_keras.cli.common import positive
from wgan_keras.cli.common import printable
from wgan_keras.cli.common import refuse_existing
from wgan_keras.cli.common import require_suffix
from wgan_keras.errors import UserError

MAX_OUTPUTS = {".png": 10_000, ".gif": 1000}  # pictures or frames that one can look at


def add_commands(commands, parents):
    sample = commands.add_parser(
        "sample", parents=parents, help="draw pictures from a sampler"
    )
    sample.set_defaults(command=run_sample)
    add = sample.add_argument
    add(
        "sampler",
        type=Path,
        metavar="SAMPLER",
        help="folder of a sampler (SavedModel or ONNX) or of a run; mnist and "
        "fashion-mnist come with the package",
    )
    add("-n", type=positive, default=64, help="pictures, or frames of a .gif [%(default)s]")
    add(
        "--seed",
        type=natural,
        default=0,
        help="picture i depends on (seed, i) alone [%(default)s]",
    )
    add(
        "--out",
        type=Path,
        default=Path("samples.png"),
        metavar="FILE",
        help=".png: a grid; .npy, .npz: float32 in [0, 1]; .gif: a walk through latents "
        "[%(default)s]",
    )
    add("--overwrite", action="store_true", help="replace the file if it exists")
    add_trust(sample)


def run_sample(options):
    out, count = options.out, options.n
    require_suffix(out, (".png", ".npy", ".npz", ".gif"))
    if count > MAX_OUTPUTS.get(out.suffix, count):
        raise UserError(
            f"A {out.suffix} of {count} pictures is too large to look at: choose at most "
            f"{MAX_OUTPUTS[out.suffix]}, or --out FILE.npy."
        )
    refuse_existing(out, options.overwrite)
    sampler = open_sampler(options.sampler, options.trust)
    print(printable(f"sampler {sampler.folder}: {sampler.describe()}"), file=sys.stderr)
    import numpy as np

    from wgan_keras.watching.plots import image_grid
    from wgan_keras.watching.plots import save_gif
    from wgan_keras.watching.plots import save_image

    if out.suffix == ".gif":
        walks = [sampler.walk(options.seed + walk, count) for walk in range(16)]
        frames = np.stack(walks, axis=1)
        grids = [image_grid(frame, columns=4) for frame in frames]
        save_gif(out, grids + grids[-2:0:-1])  # there and back
    elif out.suffix == ".png":
        save_image(out, image_grid(sampler.draw(count, options.seed)))
    else:
        _refuse_full_disk(out, count, sampler.image_shape)
        _save_array(out, sampler, count, options.seed)
    print(out)


def _refuse_full_disk(out, count, image_shape):
    import math

    needed = 4 * count * math.prod(image_shape)
    out.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(out.parent).free
    if out.suffix == ".npy" and needed > free:  # how well pixels pack is not known
        raise UserError(
            f"{count} pictures take {needed} bytes, and {free} are free where {out} is to "
            "be: choose a smaller -n."
        )


def _save_array(path, sampler, count, seed):
    """Streams pictures to a file: one batch at a time is in memory."""
    import numpy as np

    from wgan_keras.files import atomic_write

    header = {
        "descr": "<f4",
        "fortran_order": False,
        "shape": (count, *sampler.image_shape),
    }

    def write_array(file):
        np.lib.format.write_array_header_1_0(file, header)
        for images in sampler.batches(seed, count):
            file.write(images.astype("<f4", copy=False).tobytes())

    def write(unfinished):
        if path.suffix == ".npy":
            with open(unfinished, "wb") as file:
                write_array(file)
        else:
            with (
                zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
                archive.open("images.npy", "w", force_zip64=True) as file,
            ):
                write_array(file)

    atomic_write(path, write)
