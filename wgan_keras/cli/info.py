"""`info`: what a run or a sampler is."""

import shlex
from pathlib import Path

from wgan_keras.cli.common import add_trust
from wgan_keras.cli.common import open_sampler
from wgan_keras.cli.common import print_values
from wgan_keras.cli.common import verified


def add_commands(commands, parents):
    info = commands.add_parser(
        "info", parents=parents, help="say what a run or a sampler is"
    )
    info.set_defaults(command=run_info)
    info.add_argument("folder", type=Path, metavar="RUN|SAMPLER")
    add_trust(info)


def run_info(options):
    from wgan_keras import files
    from wgan_keras.runs.folders import is_run

    folder = options.folder
    checksum = files.verify_manifest(folder)
    if is_run(folder):
        print(f"run {folder}, {verified(checksum)}")
        print_values(files.read_json(folder / "config.json"))
        if (folder / "history.csv").is_file():
            rows = files.read_table(folder / "history.csv")
            print("last step:" if rows else "no step yet")
            print_values(rows[-1] if rows else {})
        if not (folder / "sampler").is_dir():
            print("the training has not finished: there is no sampler yet; to go on:")
            print(f"  python -m wgan_keras train --resume {shlex.quote(str(folder))}")
            return
    sampler = open_sampler(folder, options.trust)
    print(f"sampler {sampler.folder}, {verified(sampler.checksum)}")
    print_values(sampler.about)
    print("signatures, each returning images float32 in [0, 1]:")
    for line in sampler.describe_signatures():
        print(f"  {line}")
