"""The command line of the package. Nothing slow is imported before it is needed."""

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import sys
import time
import zipfile
from pathlib import Path

from wgan_keras import __version__
from wgan_keras.recipes import METHODS
from wgan_keras.recipes import RECIPES

HELD_OUT = 2000  # held-out images that the learning curve is measured on
FRAMES = 60  # frames that a training's GIF has, about
MOST = {".png": 10_000, ".gif": 1000}  # pictures or frames of `sample`
SCORES = 20  # times that a training's pictures are scored, about
DEFAULTS = {
    "model": "wgan",
    "dataset": "digits",
    "image_shape": (32, 32, 3),
    "recipe": "recommended",
    "seed": 0,
}
SHIPPED = ("mnist", "fashion-mnist")  # samplers that come with the package
NO_SETTINGS = {  # options of `train` that may differ, or are compared in another form
    *("command", "resume", "out", "overwrite", "checkpoint_minutes", "checkpoint_steps"),
    *("data_dir", "image_shape", "epochs", "steps", "strategy"),
}


def main(arguments=None):
    """Runs a command; exits with status 2 and one line on an error of the user's."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except KeyboardInterrupt as interruption:
        print(str(interruption) or "interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        message = _users_error(error)
        if message is None:
            raise
        print(f"error: {_printable(' '.join(message.split()))}", file=sys.stderr)
        sys.exit(2)


def _printable(text):
    """Text from a file, without the signs that a terminal obeys."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))


def _users_error(error):
    """The message of an error that a user can cause; `None` for any other."""
    if isinstance(error, (ValueError, OSError, MemoryError)):
        return str(error) or "there is not enough memory."
    # One that was raised in the data pipeline comes back wrapped by TensorFlow.
    inner = re.search(r"(?:ValueError|OSError): (.*)", str(error))
    if inner and type(error).__module__.startswith("tensorflow"):
        return inner[1]
    return None


def _parser():
    parser = argparse.ArgumentParser(
        prog="wgan-keras", description="Trains a WGAN or a DCGAN, and draws pictures."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        parents=[_training_options()],
        help="train a model and leave pictures, curve, model and sampler in a folder",
    )
    train.set_defaults(command=_train)
    add = train.add_argument
    add(
        "--model",
        choices=("wgan", "dcgan"),
        help=f"what to train [{DEFAULTS['model']}]",
    )
    add("--n-critic", type=_positive, help="critic steps for a generator step [recipe]")
    add(
        "--lipschitz",
        choices=("clip", "gp", "sn"),
        help="how a WGAN's critic is kept Lipschitz: weight clipping, gradient penalty, or "
        "spectral normalisation [clip]",
    )
    add("--clip", type=float, metavar="C", help="bound of the critic's weights [recipe]")
    add("--learning-rate", type=float, metavar="R", help="of both networks [recipe]")
    add("--out", type=Path, metavar="DIR", help="the run's folder [runs/MODEL-DATASET]")
    add(
        "--resume",
        type=Path,
        metavar="RUN",
        help="go on with the stopped run in a folder, with its own settings",
    )
    add(
        "--checkpoint-minutes",
        type=float,
        default=1,
        metavar="M",
        help="time between two checkpoints [%(default)s]",
    )
    add(
        "--checkpoint-steps",
        type=_positive,
        metavar="N",
        help="generator steps after which there is a checkpoint in any case",
    )
    add(
        "--strategy",
        choices=("mirrored", "multi-worker"),
        help="train on all GPUs, or on all workers that TF_CONFIG lists [on one device]",
    )

    compare = commands.add_parser(
        "compare",
        parents=[_training_options()],
        help="train several models alike, and show them side by side",
    )
    compare.set_defaults(command=_compare)
    add = compare.add_argument
    add(
        "--models",
        type=_models,
        default="dcgan,wgan,wgan-gp",
        metavar="A,B,…",
        help=f"some of {', '.join(METHODS)} [%(default)s]",
    )
    add("--out", type=Path, metavar="DIR", help="folder of all runs [runs/compare-DATASET]")

    sample = commands.add_parser("sample", help="draw pictures from a sampler")
    sample.set_defaults(command=_sample)
    add = sample.add_argument
    add(
        "sampler",
        type=Path,
        metavar="SAMPLER",
        help="a sampler's or a run's folder; mnist and fashion-mnist come with the package",
    )
    add(
        "-n", type=_positive, default=64, help="pictures, or frames of a .gif [%(default)s]"
    )
    add(
        "--seed",
        type=_natural,
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

    evaluate = commands.add_parser(
        "evaluate", help="score a sampler's pictures, beside as many real ones"
    )
    evaluate.set_defaults(command=_evaluate)
    add = evaluate.add_argument
    add(
        "pictures",
        type=Path,
        metavar="SAMPLER|RUN|FILE.npy",
        help="what is scored; a file holds uint8 images, or floats in [0, 1]",
    )
    add("--dataset", metavar="NAME", help="mnist or fashion-mnist [what the sampler says]")
    add("--data-dir", metavar="DIR", help="folder with the data set's files")
    add("-n", type=_positive, default=10_000, help="pictures in a set [%(default)s]")
    add("--sets", type=_positive, default=3, help="disjoint sets [%(default)s]")
    add("--json", action="store_true", help="print JSON instead of a table")
    add(
        "--neighbours",
        type=Path,
        metavar="FILE.png",
        help="draw some pictures above their nearest training images",
    )
    add("--overwrite", action="store_true", help="replace the file if it exists")

    info = commands.add_parser("info", help="say what a run or a sampler is")
    info.set_defaults(command=_info)
    info.add_argument("folder", type=Path, metavar="RUN|SAMPLER")

    distances = commands.add_parser(
        "distances",
        help="compare two distributions by KL, JS, total variation, Earth-Mover",
    )
    distances.set_defaults(command=_distances)
    for name in ("p", "q"):
        distances.add_argument(
            name, help="a list such as 0.7,0.2,0.1, or a .npy, .csv or .txt file of numbers"
        )

    demo = commands.add_parser("demo", help="draw one of the arguments for the distance")
    demo.set_defaults(command=_demo)
    add = demo.add_argument
    add("name", nargs="?", metavar="NAME", help="which one; --list names them")
    add("--list", action="store_true", help="name the demos")
    add(
        "--out",
        type=Path,
        metavar="FILE",
        help=".png, or .gif where something moves [NAME.png]",
    )
    add("--overwrite", action="store_true", help="replace the file if it exists")
    return parser


def _training_options():
    """What `train` and `compare` both take."""
    parser = argparse.ArgumentParser(add_help=False)
    add = parser.add_argument
    add(
        "--dataset",
        metavar="NAME|PATH",
        help="digits, mnist, fashion-mnist, a folder of images, or a .npy or .npz file "
        f"[{DEFAULTS['dataset']}]",
    )
    add("--data-dir", metavar="DIR", help="folder with the files of (fashion-)mnist")
    add(
        "--image-shape",
        type=_image_shape,
        metavar="HxWxC",
        help="what a folder's images are converted to [32x32x3]",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=_positive, help="passes over the data")
    length.add_argument("--steps", type=_positive, help="generator steps [4000]")
    add(
        "--recipe",
        choices=tuple(RECIPES),
        help="settings where none are given: the method's paper, to the letter, or what "
        f"learnt fastest in docs/recipes.md [{DEFAULTS['recipe']}]",
    )
    add("--batch-size", type=_positive, help="images for a critic step [recipe]")
    add("--latent-dim", type=_positive, help="length of a latent vector [recipe]")
    add("--width", type=_positive, help="channels of the widest pictures [recipe]")
    add(
        "--average-decay",
        type=float,
        metavar="D",
        help="of the generator's averaged weights; 0 for none [recipe]",
    )
    add(
        "--mixed-precision",
        action=argparse.BooleanOptionalAction,
        help="compute in bfloat16 [recipe]",
    )
    add(
        "--seed",
        type=_natural,
        help=f"fixes weights, order and latents [{DEFAULTS['seed']}]",
    )
    add("--overwrite", action="store_true", help="replace an earlier run in the folder")
    return parser


def _models(text):
    names = text.split(",")
    if not set(names) <= METHODS.keys() or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(
            f"must be different ones of {', '.join(METHODS)}, not {text}"
        )
    return names


def _positive(text):
    return _whole(text, 1, 2**31 - 1)


def _natural(text):
    return _whole(text, 0, 2**31 - 1)


def _whole(text, low, high):
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"must be a whole number from {low}, not {text}")
    return number


def _image_shape(text):
    try:
        height, width, channels = (int(number) for number in text.split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be like 32x32x3, not {text}") from None
    return height, width, channels


# === train ===


def _train(options):
    chief, scope = True, contextlib.nullcontext
    if options.strategy:  # before TensorFlow does anything
        _quiet_tensorflow()
        from wgan_keras import distribution

        strategy = distribution.strategy_named(options.strategy)
        chief, scope = distribution.is_chief(strategy), strategy.scope
    if options.resume:
        run, settings = _run_to_resume(options)
    else:
        settings = _settings(options, _method(options))
        dataset = Path(settings["dataset"]).stem
        run = options.out or Path("runs", f"{_name(settings)}-{dataset}")
        if chief:
            _refuse_used(run, options.overwrite)
    data = _Data(settings, options)
    from wgan_keras import checkpoints
    from wgan_keras import distribution
    from wgan_keras import files
    from wgan_keras import recipes

    checkpoint = checkpoints.Checkpoint(
        run / "checkpoints", options.checkpoint_minutes, options.checkpoint_steps
    )
    past, settings = settings, data.complete(settings)
    if options.resume:
        now = settings | _given(options) | {"version": __version__}
        checkpoints.refuse_differences(past, json.loads(json.dumps(now)), run)
        if (run / "report.html").exists():  # the last of the results
            print(f"{run} has finished: there is nothing left to do.")
            return
    with distribution.naming_lost_workers(), scope():
        model = recipes.build(settings)
    if not chief:
        with _saying_how_to_resume(run, options.strategy):
            _fit_and_export(model, settings, run, data, [checkpoint])
        return
    run.mkdir(parents=True, exist_ok=True)
    with files.locked(run):
        if not options.resume:
            _refuse_used(run, options.overwrite)
            _empty(run)  # of an earlier run, which --overwrite gives up
            files.write_json(run / "config.json", settings)
        with _saying_how_to_resume(run, options.strategy):
            _fit_and_export(model, settings, run, data, [checkpoint])
            shutil.rmtree(run / "checkpoints")
    print(f"{run}: report.html shows it all")
    print(f"draw more: python -m wgan_keras sample {run} -n 64 --seed 7 --out grid.png")


def _method(options):
    model = options.model or DEFAULTS["model"]
    if model == "dcgan" and (options.lipschitz or options.clip is not None):
        raise ValueError("--lipschitz and --clip are for a WGAN: leave them out.")
    method = "dcgan" if model == "dcgan" else options.lipschitz or "clip"
    if options.clip is not None and method != "clip":
        raise ValueError("--clip goes with --lipschitz clip only: leave one of them out.")
    rate = options.learning_rate
    if rate is not None and not 0 < rate < 1:
        raise ValueError(f"--learning-rate must lie between 0 and 1, not {rate}.")
    return method


def _settings(options, method):
    """What determines a run: the options, with the recipe where they are silent."""
    for name, value in DEFAULTS.items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    recipe = RECIPES[options.recipe][method]
    given = {name: getattr(options, name, None) for name in recipe}
    settings = recipe | {name: value for name, value in given.items() if value is not None}
    return {
        "model": "dcgan" if method == "dcgan" else "wgan",
        "method": method,
        "dataset": str(options.dataset),
        "data_dir": options.data_dir,
        "image_shape": options.image_shape,
        "recipe": options.recipe,
        **settings,
        "average_decay": settings["average_decay"] or None,
        "seed": options.seed,
        "version": __version__,
    }


def _name(settings):
    return next(name for name in METHODS if METHODS[name] == settings["method"])


class _Data:
    """The images of a data set, and what scores pictures of it, where there is one."""

    def __init__(self, settings, options):
        self.options = options
        _quiet_tensorflow()
        from wgan_keras import datasets
        from wgan_keras import evaluation

        name = settings["dataset"]
        source = {
            "data_dir": options.data_dir or settings["data_dir"],
            "image_shape": options.image_shape or settings["image_shape"],
        }
        self.images = datasets.load_images(name, "train", **source)
        self.held_out = datasets.load_images(name, "test", **source)[:HELD_OUT]
        self.evaluator = None
        if name in evaluation.SCORED:
            classifier = evaluation.Classifier.shipped(name)
            self.evaluator = evaluation.Evaluator(classifier, self.held_out)

    def complete(self, settings):
        """Settings with what follows from the images, and the generator steps."""
        from wgan_keras import datasets

        steps = self.options.steps or settings.get("steps", 4000)
        if self.options.epochs:
            dealt = settings["batch_size"], settings["n_critic"]
            steps = self.options.epochs * datasets.steps_per_epoch(self.images, *dealt)
        return settings | {
            "steps": steps,
            "image_shape": self.images.shape[1:],
            "images": len(self.images),
            "fingerprint": [
                datasets.fingerprint(part) for part in (self.images, self.held_out)
            ],
        }


def _fit_and_export(model, settings, run, data, more_callbacks):
    """Trains a model, and leaves all that a run consists of in its folder."""
    from wgan_keras import callbacks
    from wgan_keras import datasets
    from wgan_keras import distribution
    from wgan_keras import files
    from wgan_keras import plots
    from wgan_keras import reports

    chief = distribution.is_chief(model.distribute_strategy)
    if chief:
        print(
            *(f"{name}={value}" for name, value in settings.items() if value is not None),
            flush=True,
        )
        files.write_manifest(run, ["config.json"])

    # === Training ===
    steps = settings["steps"]
    dealt = {name: settings[name] for name in ("batch_size", "n_critic")}
    epoch_steps = datasets.steps_per_epoch(data.images, **dealt)
    health = callbacks.HealthCheck()
    watch = [
        health,
        _stop_after(steps),
        callbacks.TrainingGif(run / "training.gif", every=max(1, steps // FRAMES)),
        callbacks.LearningCurve(run / "history.csv", run / "curve.png"),
        *more_callbacks,
    ]
    if data.evaluator:  # before the curve, which shows its scores
        watch.insert(0, callbacks.Quality(data.evaluator, every=max(1, steps // SCORES)))
    model.fit(
        datasets.training_data(data.images, **dealt, seed=settings["seed"]),
        steps_per_epoch=epoch_steps,
        epochs=-(-steps // epoch_steps),
        validation_data=datasets.evaluation_data(data.held_out, 250),
        verbose=chief and (1 if sys.stdout.isatty() else 2),
        callbacks=watch,
    )
    if health.broken:
        raise ValueError(
            f"The training broke down ({', '.join(health.broken)}): there is no model to "
            f"keep; {run} holds its curve and pictures up to there."
        )

    # === Results ===
    if not chief:
        return
    files.write_whole(run / "model.keras", model.save)
    about = {"dataset": settings["dataset"], "seed": settings["seed"]}
    shutil.rmtree(run / "sampler", ignore_errors=True)  # of a run killed after it
    model.export_sampler(run / "sampler", **about)
    plots.save_image(run / "samples.png", plots.image_grid(model.sample(64, seed=1)))
    files.write_manifest(run, ["config.json", "history.csv", "model.keras"])
    reports.run_report(run, _name(settings))


def _run_to_resume(options):
    """A run's folder, and the settings that it began with."""
    run = options.resume
    if options.out or options.overwrite:
        raise ValueError(
            "--resume goes on in its own folder: leave --out, --overwrite out."
        )
    from wgan_keras import files

    checksum = files.verify_manifest(run)
    if not _is_run(run):
        raise FileNotFoundError(f"{run} is no run: expected a folder that train has made.")
    if checksum is None:
        raise ValueError(f"{run} was begun by an older version: start it anew.")
    return run, files.read_json(run / "config.json")


def _given(options):
    """The options given that are settings, by the names and values of settings."""
    given = {
        name: value
        for name, value in vars(options).items()
        if value is not None and name not in NO_SETTINGS
    }
    if "lipschitz" in given:
        given["method"] = given.pop("lipschitz")
    if "average_decay" in given:
        given["average_decay"] = given["average_decay"] or None
    return given


@contextlib.contextmanager
def _saying_how_to_resume(run, strategy):
    again = f"go on with: python -m wgan_keras train --resume {shlex.quote(str(run))}"
    if strategy:
        again += f" --strategy {strategy}"
    try:
        yield
    except KeyboardInterrupt as interruption:
        message = f"{str(interruption) or 'interrupted'}; {again}"
        raise KeyboardInterrupt(message) from interruption
    except OSError as error:
        message = f"{str(error).rstrip('.')}. Once that is mended, {again}"
        raise OSError(message) from error


def _empty(folder):
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _stop_after(steps):
    """Ends the training in the middle of its last epoch, where the steps are done."""
    import keras

    class StopAfter(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.steps_done.numpy()) >= steps:
                self.model.stop_training = True

    return StopAfter()


def _refuse_used(run, overwrite):
    """Refuses a folder in use, unless it is an earlier run and may be overwritten."""
    if not run.exists() or (run.is_dir() and not any(run.iterdir())):
        return
    if not overwrite:
        raise FileExistsError(
            f"{run} exists and is not empty: name another folder with --out, say "
            f"--overwrite, or go on with what was stopped by --resume {run}."
        )
    if not _is_run(run):
        raise FileExistsError(
            f"{run} is not a run of this program, and is not overwritten: name another "
            "folder with --out."
        )


def _is_run(folder):
    from wgan_keras.files import read_json

    try:
        settings = read_json(folder / "config.json")
    except (OSError, ValueError):
        return False
    return {"model", "steps", "version"} <= settings.keys()


# === compare ===


def _compare(options):
    settings = {name: _settings(options, METHODS[name]) for name in options.models}
    folder = options.out or Path("runs", f"compare-{Path(options.dataset).stem}")
    _refuse_used(folder, options.overwrite)
    data = _Data({"dataset": options.dataset, "data_dir": None}, options)
    from wgan_keras import files
    from wgan_keras import recipes
    from wgan_keras import reports

    for name in settings:
        settings[name] = data.complete(settings[name])
        recipes.build(settings[name])  # what cannot be built is refused before all else
    folder.mkdir(parents=True, exist_ok=True)
    _empty(folder)  # of an earlier comparison, which --overwrite gives up
    about = {"model": ",".join(settings), "steps": options.steps, "version": __version__}
    files.write_json(folder / "config.json", about)
    seconds = {}
    for name in options.models:
        started = time.monotonic()
        (folder / name).mkdir()
        files.write_json(folder / name / "config.json", settings[name])
        model = recipes.build(settings[name])
        _fit_and_export(model, settings[name], folder / name, data, [])
        seconds[name] = time.monotonic() - started
    rows = reports.comparison_rows(folder, seconds)
    if data.evaluator:
        real = data.evaluator.frechet_distance(data.images[:1000])
        rows.append({"model": "real images", "Fréchet distance": real})
    files.write_json(folder / "comparison.json", rows)
    reports.compare_report(folder, options.models, rows)
    for row in rows:
        print(*(f"{name} {_short(value)}" for name, value in row.items()), sep=", ")
    print(f"{folder}: report.html shows it all, comparison.gif the models side by side")


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else value


# === sample ===


def _sample(options):
    kind = options.out.suffix
    if kind not in (".png", ".npy", ".npz", ".gif"):
        raise ValueError(f"--out must end in .png, .npy, .npz or .gif, not {options.out}.")
    if options.n > MOST.get(kind, options.n):
        raise ValueError(
            f"A {kind} of {options.n} pictures is too large to look at: choose at most "
            f"{MOST[kind]}, or --out FILE.npy."
        )
    _refuse_existing(options.out, options.overwrite)
    sampler = _open_sampler(options.sampler)
    print(_printable(f"sampler {sampler.folder}: {sampler.describe()}"), file=sys.stderr)
    import numpy as np

    from wgan_keras import plots

    if kind == ".gif":
        walks = [sampler.walk(options.seed + walk, options.n) for walk in range(16)]
        frames = np.stack(walks, axis=1)
        grids = [plots.image_grid(frame, columns=4) for frame in frames]
        plots.save_gif(options.out, grids + grids[-2:0:-1])  # there and back
    elif kind == ".png":
        images = np.concatenate(list(sampler.batches(options.seed, options.n)))
        plots.save_image(options.out, plots.image_grid(images))
    else:
        _save_array(options.out, sampler, options.n, options.seed)
    print(options.out)


def _refuse_existing(path, overwrite):
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists: name another file, or say --overwrite.")


def _save_array(path, sampler, count, seed):
    """Streams pictures to a file: one batch at a time is in memory."""
    import numpy as np

    from wgan_keras import files

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

    files.write_whole(path, write)


def _open_sampler(folder):
    """Opens the sampler in a folder, in a run's, or of those that come with the package."""
    candidates = [folder, folder / "sampler"]
    if str(folder) in SHIPPED:
        candidates.append(Path(__file__).parent / "samplers" / folder)
    for candidate in candidates:
        if (candidate / "saved_model.pb").is_file():
            _quiet_tensorflow()
            from wgan_keras.sampling import ExportedSampler

            return ExportedSampler(candidate)
    raise FileNotFoundError(
        f"{folder} is neither a sampler nor a run with one: expected a folder with "
        "saved_model.pb, or with sampler/saved_model.pb, or one of those that come with "
        f"the package: {', '.join(SHIPPED)}."
    )


# === evaluate ===


def _evaluate(options):
    if options.neighbours:
        if options.neighbours.suffix != ".png":
            raise ValueError(f"--neighbours must end in .png, not {options.neighbours}.")
        _refuse_existing(options.neighbours, options.overwrite)
    dataset, sets = options.dataset, options.sets
    if options.pictures.suffix == ".npy":
        from wgan_keras.datasets import read_array

        images = read_array(options.pictures)
        if images.ndim == 0:
            raise ValueError(f"{options.pictures} holds one number, and not pictures.")
        if len(images) < options.n:
            raise ValueError(
                f"{options.pictures} holds {len(images)} pictures, fewer than the "
                f"{options.n} of a set: choose a smaller -n."
            )
        sets = min(sets, len(images) // options.n)

        def draw(index, count=options.n):
            return images[index * options.n :][:count]

    else:
        sampler = _open_sampler(options.pictures)
        dataset = dataset or sampler.about.get("dataset")

        def draw(index, count=options.n):
            return np.concatenate(list(sampler.batches(index, count)))

    if not isinstance(dataset, str):
        raise ValueError("Which images to compare with? Say --dataset mnist, for example.")
    _quiet_tensorflow()
    import numpy as np

    from wgan_keras import datasets
    from wgan_keras import evaluation
    from wgan_keras import plots

    result = evaluation.evaluate(draw, dataset, options.n, sets, options.data_dir)
    if options.neighbours:
        training = datasets.load_images(dataset, "train", options.data_dir)
        made = draw(0, min(40, options.n))
        nearest = training[evaluation.nearest_training_images(made, training)[0]]
        if made.dtype != np.uint8:
            nearest = nearest / 255
        rows = [half[i : i + 10] for i in range(0, 40, 10) for half in (made, nearest)]
        plots.save_image(options.neighbours, plots.image_grid(np.concatenate(rows), 10))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _print_scores(result)


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
    print(f"{'':20}{'made':>22}{'real':>22}")
    for name, values in result["scores"].items():
        cells = []
        for kind in ("made", "real"):
            cells.append(f"{np.mean(values[kind]):.4g}")
            if sets > 1:
                cells[-1] += f" ± {np.std(values[kind], ddof=1):.2g}"
        print(f"{name:20}{cells[0]:>22}{cells[1]:>22}")
    print(
        "median distance to the nearest training image: "
        f"{result['nearest']['made']:.3g}; of test images {result['nearest']['real']:.3g}"
    )


# === info ===


def _info(options):
    from wgan_keras import files

    folder = options.folder
    checksum = files.verify_manifest(folder)
    if _is_run(folder):
        print(f"run {folder}, {_verified(checksum)}")
        _print_values(files.read_json(folder / "config.json"))
        if (folder / "history.csv").is_file():
            rows = files.read_table(folder / "history.csv")
            print("last step:" if rows else "no step yet")
            _print_values(rows[-1] if rows else {})
        if not (folder / "sampler").is_dir():
            print("the training has not finished: there is no sampler yet; to go on:")
            print(f"  python -m wgan_keras train --resume {folder}")
            return
    sampler = _open_sampler(folder)
    print(f"sampler {sampler.folder}, {_verified(sampler.checksum)}")
    _print_values(sampler.about)
    print("signatures, each returning images float32 in [0, 1]:")
    for name, function in sorted(sampler.signatures.items()):
        inputs = sorted(function.structured_input_signature[1].items())
        arguments = (
            f"{key}: {spec.dtype.name} {spec.shape if spec.shape.rank else ''}".rstrip()
            for key, spec in inputs
        )
        print(f"  {name}({', '.join(arguments)})")


def _verified(checksum):
    if checksum is None:
        return "of an older version, without a manifest of checksums: not verified"
    return f"verified; SHA-256 of its manifest: {checksum}"


def _print_values(values):
    for name, value in values.items():
        print(_printable(f"  {name}: {value}"))


# === distances and demo ===


def _distances(options):
    from wgan_keras import distances

    p, q = _numbers(options.p), _numbers(options.q)
    earth_mover, _ = distances.earth_mover(p, q)
    rows = [
        (
            "KL(P‖Q)",
            distances.kl_divergence(p, q),
            "nats of extra surprise when P is drawn and Q expected",
        ),
        (
            "KL(Q‖P)",
            distances.kl_divergence(q, p),
            "nats of extra surprise when Q is drawn and P expected",
        ),
        (
            "JS",
            distances.js_divergence(p, q),
            "nats; log 2 = 0.693147 where they never meet",
        ),
        (
            "TV",
            distances.total_variation(p, q),
            "largest difference in any event's probability",
        ),
        ("EM", earth_mover, "mean distance, in places, of the cheapest plan to move it"),
    ]
    for name, value, meaning in rows:
        print(f"{name:8} {value:<10.6g} {meaning}")


def _numbers(text):
    """A list of numbers, written out or in a file."""
    import numpy as np

    from wgan_keras.datasets import read_array

    with contextlib.suppress(ValueError):
        return np.array([float(number) for number in text.split(",")])
    path = Path(text)
    try:
        if not path.is_file():  # or a device, which may never end
            raise ValueError("there is no such file")
        if path.suffix == ".npy":
            return read_array(path).ravel().astype(float)
        separator = "," if "," in path.read_text() else None
        return np.loadtxt(path, delimiter=separator).ravel()
    except (ValueError, OSError, EOFError, TypeError) as error:
        raise ValueError(
            f"{text} is neither a list of numbers such as 0.7,0.2,0.1 nor a .npy, .csv or "
            f".txt file of them ({error})."
        ) from error


def _demo(options):
    if not options.list and options.name is None:
        raise ValueError("Which demo? Name one, or say --list to see their names.")
    from wgan_keras import stories

    if options.list:
        for name, story in stories.STORIES.items():
            print(f"{name:20} {story.__doc__.splitlines()[0]}")
        return
    if options.name not in stories.STORIES:
        raise ValueError(
            f"No demo {options.name!r}: expected one of {', '.join(stories.STORIES)}."
        )
    out = options.out or Path(f"{options.name}.png")
    if out.suffix not in (".png", ".gif", ".svg", ".pdf"):
        raise ValueError(f"--out must end in .png, .svg, .pdf or .gif, not {out}.")
    if out.suffix == ".gif" and options.name not in stories.MOVING:
        raise ValueError(f"Nothing moves in {options.name}: --out must end in .png.")
    _refuse_existing(out, options.overwrite)
    _quiet_tensorflow()
    story = stories.STORIES[options.name]()
    story.save(out)
    _print_numbers(story.numbers)
    print(out)


def _print_numbers(numbers, indent=""):
    """A line for each number; tables by their names, long curves left to the figure."""
    for name, value in numbers.items():
        if isinstance(value, dict) and not any(_is_curve(one) for one in value.values()):
            print(f"{indent}{name}:")
            _print_numbers(value, indent + "  ")
        elif isinstance(value, list) and not _is_curve(value):
            for row in value if isinstance(value[0], (list, dict)) else [value]:
                cells = (
                    row
                    if isinstance(row, list)
                    else [f"{key} {row[key]:.4g}" for key in row]
                )
                print(
                    f"{indent}{name}:",
                    *(c if isinstance(c, str) else f"{c:.3f}" for c in cells),
                )
        elif isinstance(value, (int, float)):
            print(f"{indent}{name}: {value:.6g}")


def _is_curve(value):
    return isinstance(value, list) and len(value) > 10


# === TensorFlow's start-up noise ===


def _quiet_tensorflow():
    """Imports TensorFlow with its C++ start-up messages, and only them, out of sight."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _standard_error_nowhere():
        import tensorflow  # noqa: F401


@contextlib.contextmanager
def _standard_error_nowhere():
    """They are written before any log level is read, to the file descriptor itself."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
