"""`evaluate`: how good pictures are, beside as many real ones."""

import json
from pathlib import Path

from wgan_keras.cli.common import add_trust
from wgan_keras.cli.common import open_sampler
from wgan_keras.cli.common import positive
from wgan_keras.cli.common import quiet_tensorflow
from wgan_keras.cli.common import refuse_existing
from wgan_keras.cli.common import require_suffix
from wgan_keras.errors import UserError


def add_commands(commands, parents):
    evaluate = commands.add_parser(
        "evaluate",
        parents=parents,
        help="score a sampler's pictures, beside as many real ones",
    )
    evaluate.set_defaults(command=run_evaluate)
    add = evaluate.add_argument
    add(
        "pictures",
        type=Path,
        metavar="SAMPLER|RUN|FILE.npy",
        help="what is scored; a file holds uint8 images, or floats in [0, 1]",
    )
    add("--dataset", metavar="NAME", help="mnist or fashion-mnist [what the sampler says]")
    add("--data-dir", metavar="DIR", help="folder with the data set's files")
    add("-n", type=positive, default=10_000, help="pictures in a set [%(default)s]")
    add("--sets", type=positive, default=3, help="disjoint sets [%(default)s]")
    add("--json", action="store_true", help="print JSON instead of a table")
    add(
        "--neighbours",
        type=Path,
        metavar="FILE.png",
        help="draw some pictures above their nearest training images",
    )
    add("--overwrite", action="store_true", help="replace the file if it exists")
    add_trust(evaluate)


def run_evaluate(options):
    if options.neighbours:
        require_suffix(options.neighbours, (".png",), "--neighbours")
        refuse_existing(options.neighbours, options.overwrite)
    draw, dataset, sets = _pictures(options)
    if not isinstance(dataset, str):
        raise UserError("Which images to compare with? Say --dataset mnist, for example.")
    quiet_tensorflow()
    from wgan_keras.evaluation.scores import evaluate

    result = evaluate(draw, dataset, options.n, sets, options.data_dir)
    if options.neighbours:
        _draw_neighbours(options, draw(0)[:40], dataset)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _print_scores(result)


def _pictures(options):
    """What draws a set of pictures, the data set they are of, and how many sets."""
    if options.pictures.suffix != ".npy":
        sampler = open_sampler(options.pictures, options.trust)
        dataset = options.dataset or sampler.about.get("dataset")
        return lambda index: sampler.draw(options.n, index), dataset, options.sets
    from wgan_keras.data.readers import read_array

    images = read_array(options.pictures)
    if images.ndim == 0:
        raise UserError(f"{options.pictures} holds one number, and not pictures.")
    if len(images) < options.n:
        raise UserError(
            f"{options.pictures} holds {len(images)} pictures, fewer than the {options.n} "
            "of a set: choose a smaller -n."
        )

    def part(index):
        return images[index * options.n :][: options.n]

    return part, options.dataset, min(options.sets, len(images) // options.n)


def _draw_neighbours(options, generated, dataset):
    import numpy as np

    from wgan_keras.data.images import load_images
    from wgan_keras.evaluation.metrics import nearest_training_images
    from wgan_keras.watching.plots import image_grid
    from wgan_keras.watching.plots import save_image

    training = load_images(dataset, "train", options.data_dir)
    nearest = training[nearest_training_images(generated, training)[0]]
    if generated.dtype != np.uint8:
        nearest = nearest / 255
    rows = [half[i : i + 10] for i in range(0, 40, 10) for half in (generated, nearest)]
    save_image(options.neighbours, image_grid(np.concatenate(rows), 10))


def _print_scores(result):
    import numpy as np

    about, sets = result["classifier"], result["sets"]
    print(
        f"{sets} set{'s' * (sets > 1)} of {result['count']} pictures, against as many test "
        f"images of {result['dataset']}; real: training images, as many."
    )
    print(
        f"classifier: test accuracy {about['test_accuracy']:.2%}, SHA-256 {about['sha256']}"
    )
    print(f"{'':20}{'generated':>22}{'real':>22}")
    for name, values in result["scores"].items():
        cells = []
        for kind in ("generated", "real"):
            cells.append(f"{np.mean(values[kind]):.4g}")
            if sets > 1:
                cells[-1] += f" ± {np.std(values[kind], ddof=1):.2g}"
        print(f"{name:20}{cells[0]:>22}{cells[1]:>22}")
    print(
        "median distance to the nearest training image: "
        f"{result['nearest']['generated']:.3g}; of test images "
        f"{result['nearest']['real']:.3g}"
    )
