"""The command line. Nothing slow is imported before it is needed."""

import argparse
import contextlib
import os
import re
import signal
import sys
import traceback

from wgan_keras import __version__
from wgan_keras.cli import card
from wgan_keras.cli import draw
from wgan_keras.cli import evaluate
from wgan_keras.cli import info
from wgan_keras.cli import lab
from wgan_keras.cli import theory
from wgan_keras.cli import train
from wgan_keras.cli.common import printable
from wgan_keras.errors import UserError

COMMANDS = (train, draw, evaluate, info, card, theory, lab)


def main(arguments=None):
    """Runs a command.

    The exit status is 2, with one line, after an error that the user can mend; 130 after an
    interruption; and 1 after a mistake of the package's own, whose traceback `--debug`
    shows.
    """
    prepare_streams()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["distances"] and "--" not in arguments:
        # A list that begins with a negative number would be taken for an option.
        listed = [re.match(r"-[\d.]", argument) is not None for argument in arguments]
        if any(listed):
            arguments.insert(listed.index(True), "--")
    options = build_parser().parse_args(arguments)
    with contextlib.suppress(ValueError):  # only the main thread may
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, interrupt)
    try:
        options.command(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt as interruption:
        end(130, str(interruption) or "interrupted", options.debug)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except Exception as error:
        message = users_error(error)
        if message is not None:
            end(2, f"error: {printable(' '.join(message.split()))}", options.debug)
        described = printable(" ".join(f"{type(error).__name__}: {error}".split()))
        end(
            1,
            f"This is a mistake in wgan_keras, and not yours ({described[:300]}). Run the "
            "command again with --debug to see where, and please report it.",
            options.debug,
        )


def interrupt(number, frame):
    """Ends the command, and lets nothing disturb the cleaning up: once is enough."""
    for signals in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signals, signal.SIG_IGN)
    # What was half made, such as the writer of a GIF, may fail when it is thrown away.
    sys.unraisablehook = lambda unraisable: None
    name = signal.Signals(number).name
    raise KeyboardInterrupt(
        "interrupted" if number == signal.SIGINT else f"ended by {name}"
    )


def end(status, message, debug):
    if debug:
        traceback.print_exc()
    print(message, file=sys.stderr)
    sys.exit(status)


def users_error(error):
    """The message of an error that the user can mend; `None` for any other."""
    if isinstance(error, (UserError, OSError)):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"there is not enough memory ({str(error) or 'MemoryError'})."
    # One that was raised in the data pipeline comes back wrapped by TensorFlow.
    inner = re.search(r"(?:UserError|OSError|FileNotFoundError): (.*)", str(error))
    if inner and type(error).__module__.startswith("tensorflow"):
        return inner[1]
    return None


def prepare_streams():
    """Makes any output work: closed, or to a terminal that knows few signs."""
    for descriptor in (0, 1, 2):  # a file opened later must not become the output
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def build_parser():
    parser = argparse.ArgumentParser(
        prog="wgan-keras", description="Trains a WGAN or a DCGAN, and draws pictures."
    )
    parser.add_argument("--version", action="version", version=__version__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", help="show the traceback of an error"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_commands(commands, [common])
    return parser
