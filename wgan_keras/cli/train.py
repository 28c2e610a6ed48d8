"""`train` and `compare`: options into `Settings`, and those into runs."""

import argparse
import dataclasses
import shlex
from pathlib import Path

from wgan_keras.cli.common import natural
from wgan_keras.cli.common import positive
from wgan_keras.cli.common import quiet_tensorflow
from wgan_keras.errors import UserError
from wgan_keras.runs.settings import MODELS
from wgan_keras.runs.settings import Settings
from wgan_keras.runs.settings import fields

RUN_OPTIONS = ("checkpoint_minutes", "checkpoint_steps")  # which settings do not hold
COMPARED = ("model", "lipschitz", "n_critic", "clip_value", "learning_rate")  # differ


def add_commands(commands, parents):
    train = commands.add_parser(
        "train",
        parents=parents,
        help="train a model and leave pictures, curve, model and sampler in a folder",
    )
    train.set_defaults(command=run_train)
    _add_settings(train, fields())
    _add_run_options(train, "the run's folder [runs/MODEL-DATASET]", "a run")
    train.add_argument(
        "--strategy",
        choices=("mirrored", "multi-worker"),
        help="train on all GPUs, or on all workers that TF_CONFIG lists [on one device]",
    )

    compare = commands.add_parser(
        "compare",
        parents=parents,
        help="train several models alike, and show them side by side",
    )
    compare.set_defaults(command=run_compare)
    compare.add_argument(
        "--models",
        type=_models,
        default="dcgan,wgan,wgan-gp",
        metavar="A,B,…",
        help=f"some of {', '.join(MODELS)} [%(default)s]",
    )
    _add_settings(compare, [field for field in fields() if field.name not in COMPARED])
    _add_run_options(compare, "folder of all runs [runs/compare-DATASET]", "a comparison")


def _add_settings(parser, settings):
    """An option for each field of `Settings`, with its help, choices and default."""
    length = parser.add_mutually_exclusive_group()
    for field in settings:
        about = dict(field.metadata)
        flag = about.pop("flag", f"--{field.name.replace('_', '-')}")
        if field.default is not None and field.name != "image_shape":
            about["help"] += f" [{field.default}]"
        kind = str(field.type).split(" |")[0]
        if kind == "bool":
            about["action"] = argparse.BooleanOptionalAction
        elif field.name == "image_shape":
            about |= {"type": _image_shape, "help": about["help"] + " [32x32x3]"}
        elif field.name == "seed":
            about["type"] = natural
        elif kind in ("int", "float"):
            about["type"] = positive if kind == "int" else float
        group = length if field.name in ("steps", "epochs") else parser
        group.add_argument(flag, dest=field.name, **about)


def _add_run_options(parser, out, what):
    add = parser.add_argument
    add("--out", type=Path, metavar="DIR", help=out)
    add("--overwrite", action="store_true", help="replace an earlier run in the folder")
    add(
        "--resume",
        type=Path,
        metavar="DIR",
        help=f"go on with {what} that was stopped, with its own settings",
    )
    add(
        "--checkpoint-minutes",
        type=_minutes,
        default=1,
        metavar="M",
        help="time between two checkpoints [%(default)s]",
    )
    add(
        "--checkpoint-steps",
        type=positive,
        metavar="N",
        help="generator steps after which there is a checkpoint in any case",
    )


def _image_shape(text):
    try:
        height, width, channels = (int(number) for number in text.split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be like 32x32x3, not {text}") from None
    return height, width, channels


def _minutes(text):
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0
    if not minutes > 0:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text}")
    return minutes


def _models(text):
    names = text.split(",")
    if not set(names) <= MODELS.keys() or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(
            f"must be different ones of {', '.join(MODELS)}, not {text}"
        )
    return names


# === Running ===


def run_train(options):
    given = _given(options)
    strategy = None
    quiet_tensorflow()
    if options.strategy:  # before TensorFlow does anything
        from wgan_keras.fitting.replicas import strategy_named

        strategy = strategy_named(options.strategy)
    from wgan_keras.runs.run import Run

    if options.resume:
        _refuse_with_resume(options)
        run = Run.open(options.resume, strategy)
        _refuse_other_settings(run, given)
    else:
        settings = Settings(**given)
        name = f"{settings.name}-{Path(settings.dataset).stem}"
        out = options.out or Path("runs", name)
        run = Run.create(out, settings, options.overwrite, strategy)
    if options.strategy:
        run.resume_command += f" --strategy {options.strategy}"
    if run.is_finished and options.resume:
        print(f"{run.folder} has finished: there is nothing left to do.")
        return
    run.train(**{name: getattr(options, name) for name in RUN_OPTIONS})
    if run.is_chief:
        folder = shlex.quote(str(run.folder))
        print(f"{run.folder}: report.html shows it all")
        print(f"draw more: python -m wgan_keras sample {folder} -n 64 --out grid.png")


def run_compare(options):
    quiet_tensorflow()
    from wgan_keras.runs.comparison import Comparison

    if options.resume:
        _refuse_with_resume(options)
        comparison = Comparison.open(options.resume)
        for run in comparison.runs:
            _refuse_other_settings(run, _given(options))
    else:
        settings = []
        for name in options.models:
            model, lipschitz = MODELS[name]
            settings.append(Settings(model=model, lipschitz=lipschitz, **_given(options)))
        out = options.out or Path("runs", f"compare-{Path(settings[0].dataset).stem}")
        comparison = Comparison.create(out, settings, options.overwrite)
    rows = comparison.train(**{name: getattr(options, name) for name in RUN_OPTIONS})
    for row in rows:
        print(*(f"{name} {_short(value)}" for name, value in row.items()), sep=", ")
    print(
        f"{comparison.folder}: report.html shows it all, comparison.gif the models side by "
        "side"
    )


def _given(options):
    """The options given that are settings, by the names of `Settings`."""
    given = {field.name: getattr(options, field.name, None) for field in fields()}
    return {name: value for name, value in given.items() if value is not None}


def _refuse_with_resume(options):
    if options.out or options.overwrite:
        raise UserError(
            "--resume goes on in its own folder: leave --out and --overwrite out."
        )


def _refuse_other_settings(run, given):
    """Refuses options that are others than those a run began with."""
    from wgan_keras.fitting.checkpoints import refuse_differences

    before = dataclasses.asdict(run.settings)
    if "epochs" in given:
        given = given | {"steps": run.steps_of(given.pop("epochs"))}
    refuse_differences({name: before[name] for name in given}, given, run.folder)


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else value
