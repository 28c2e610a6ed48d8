"""`distances` and `demo`: the mathematics, in numbers and in pictures."""

import contextlib
from pathlib import Path

from wgan_keras.cli.common import quiet_tensorflow
from wgan_keras.cli.common import refuse_existing
from wgan_keras.cli.common import require_suffix
from wgan_keras.errors import UserError


def add_commands(commands, parents):
    distances = commands.add_parser(
        "distances",
        parents=parents,
        help="compare two distributions by KL, JS, total variation, Earth-Mover",
    )
    distances.set_defaults(command=run_distances)
    for name in ("p", "q"):
        distances.add_argument(
            name, help="a list such as 0.7,0.2,0.1, or a .npy, .csv or .txt file of numbers"
        )

    demo = commands.add_parser(
        "demo", parents=parents, help="draw one of the arguments for the distance"
    )
    demo.set_defaults(command=run_demo)
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


def run_distances(options):
    from wgan_keras.theory import distances

    p, q = _numbers(options.p), _numbers(options.q)
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
        (
            "EM",
            distances.earth_mover_on_line(p, q),
            "average distance, in places, that the cheapest plan moves it",
        ),
    ]
    for name, value, meaning in rows:
        print(f"{name:8} {value:<10.6g} {meaning}")


def _numbers(text):
    """A list of numbers, written out or in a file."""
    import numpy as np

    from wgan_keras.data.readers import read_array

    with contextlib.suppress(ValueError):
        return np.array([float(number) for number in text.split(",")])
    path = Path(text)
    try:
        if not path.is_file():  # or a device, which may never end
            raise ValueError("there is no such file")
        if path.suffix == ".npy":
            return read_array(path).ravel().astype(float)
        separator = "," if "," in path.read_text(encoding="utf-8") else None
        return np.loadtxt(path, delimiter=separator).ravel()
    except (ValueError, OSError, EOFError, TypeError) as error:
        raise UserError(
            f"{text} is neither a list of numbers such as 0.7,0.2,0.1 nor a .npy, .csv or "
            f".txt file of them ({error})."
        ) from error


def run_demo(options):
    if not options.list and options.name is None:
        raise UserError("Which demo? Name one, or say --list to see their names.")
    quiet_tensorflow()
    from wgan_keras.theory.demos import DEMOS
    from wgan_keras.theory.demos import MOVING

    if options.list:
        for name, demo in DEMOS.items():
            print(f"{name:20} {demo.__doc__.splitlines()[0]}")
        return
    if options.name not in DEMOS:
        raise UserError(f"No demo {options.name!r}: expected one of {', '.join(DEMOS)}.")
    out = options.out or Path(f"{options.name}.png")
    require_suffix(out, (".png", ".svg", ".pdf", ".gif"))
    if out.suffix == ".gif" and options.name not in MOVING:
        raise UserError(f"Nothing moves in {options.name}: --out must end in .png.")
    refuse_existing(out, options.overwrite)
    demo = DEMOS[options.name]()
    demo.save(out)
    _print_numbers(demo.numbers)
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
