"""`lab`: the interactive page, served to this machine."""

import argparse

from wgan_keras import lab as page


def add_commands(commands, parents):
    lab = commands.add_parser(
        "lab",
        parents=parents,
        help="open the interactive page in which a GAN and a WGAN learn side by side",
    )
    lab.set_defaults(command=run_lab)
    add = lab.add_argument
    add("--scene", choices=page.SCENES, default=page.SCENES[0], help="[%(default)s]")
    add("--port", type=_port, default=0, help="port on 127.0.0.1 [any that is free]")
    add("--no-browser", action="store_true", help="print the address, and open nothing")


def _port(text):
    if not (text.isdigit() and int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, not {text}")
    return int(text)


def run_lab(options):
    page.serve(options.port, not options.no_browser, options.scene)
