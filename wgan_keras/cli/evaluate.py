"""`evaluate`: how good pictures are, beside as many real ones."""

import json
import math
from pathlib import Path

from wgan_keras.cli.common import add_trust
from wgan_keras.cli.common import open_sampler
from wgan_keras.cli.common import positive
from wgan_keras.cli.common import printable
from wgan_keras.cli.common import quiet_tensorflow
from wgan_keras.cli.common import refuse_existing
from wgan_keras.cli.common import require_suffix
from wgan_keras.errors import UserError

_FEATURES = {  # kind of network: how its features are described
    "classifier": "classifier: test accuracy {test_accuracy:.2%}",
    "trained_classifier": "classifier trained on the spot, on {training[images]} labelled "
    "images of {classes} classes: test accuracy {test_accuracy:.2%}",
    "random_network": "random network, untrained, since the images have no labels",
}


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
    add(
        "--dataset",
        metavar="NAME|PATH",
        help="the real images: mnist, fashion-mnist, digits, a folder of images, or a .npy "
        "or .npz file [what the sampler says]",
    )
    add("--data-dir", metavar="DIR", help="folder with the files of (fashion-)mnist")
    add("-n", type=positive, help="pictures in a set [10000, or as many as there are]")
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
    draw, total, image_shape, dataset = _pictures(options)
    if not isinstance(dataset, str):
        raise UserError("Which images to compare with? Say --dataset mnist, for example.")
    quiet_tensorflow()
    from wgan_keras.evaluation.scores import MIN_COUNT
    from wgan_keras.evaluation.scores import RealImages

    fewest = options.n or MIN_COUNT
    if total < fewest:
        raise UserError(
            f"{options.pictures} holds {total} pictures, fewer than the {fewest} of a set: "
            f"choose a smaller -n, of at least {MIN_COUNT}, or add pictures."
        )
    real = RealImages(dataset, image_shape, options.data_dir)
    count = options.n or min(10_000, total, real.largest_count(options.sets))
    sets = min(options.sets, total // count)
    result = real.evaluate(lambda index: draw(index, count), count, sets)
    if options.neighbours:
        _draw_neighbours(options.neighbours, draw(0, count)[:40], real.training)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _print_scores(result)


def _pictures(options):
    """What is scored.

    Returns:
        `(draw, total, image_shape, dataset)`: a function from the index of a set and the
        number of its pictures to the set; how many pictures there are, the shape of one,
        and the data set that they are of.
    """
    if options.pictures.suffix != ".npy":
        sampler = open_sampler(options.pictures, options.trust)
        dataset = options.dataset or sampler.about.get("dataset")
        return (
            lambda index, count: sampler.draw(count, index),
            math.inf,
            sampler.image_shape,
            dataset,
        )
    from wgan_keras.data.readers import read_array

    images = read_array(options.pictures)
    if images.ndim == 0:
        raise UserError(f"{options.pictures} holds one number, and not pictures.")
    return (
        lambda index, count: images[index * count :][:count],
        len(images),
        images.shape[1:],
        options.dataset,
    )


def _draw_neighbours(path, generated, training):
    import numpy as np

    from wgan_keras.evaluation.metrics import nearest_training_images
    from wgan_keras.watching.plots import image_grid
    from wgan_keras.watching.plots import save_image

    nearest = training[nearest_training_images(generated, training)[0]]
    if generated.dtype != np.uint8:
        nearest = nearest / 255
    rows = [half[i : i + 10] for i in range(0, 40, 10) for half in (generated, nearest)]
    save_image(path, image_grid(np.concatenate(rows), 10))


def _print_scores(result):
    import numpy as np

    sets = result["sets"]
    print(
        f"{sets} set{'s' * (sets > 1)} of {result['count']} pictures, against as many test "
        f"images of {printable(result['dataset'])}; real: training images, as many."
    )
    print(_features(result))
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


def _features(result):
    """A line that says which network's features pictures were compared in."""
    kind = next(kind for kind in _FEATURES if kind in result)
    about = result[kind]
    return f"{_FEATURES[kind].format(**about)}, SHA-256 {about['sha256']}"
