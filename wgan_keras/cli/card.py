"""`card`: the model card of a sampler, for those who publish it."""

from pathlib import Path

from wgan_keras.cli.common import find_sampler
from wgan_keras.cli.common import printable
from wgan_keras.cli.common import refuse_existing


def add_commands(commands, parents):
    card = commands.add_parser(
        "card", parents=parents, help="write a model card from what a run knows"
    )
    card.set_defaults(command=run_card)
    add = card.add_argument
    add("folder", type=Path, metavar="RUN|SAMPLER")
    add(
        "--scores",
        type=Path,
        metavar="FILE.json",
        help="what evaluate --json has printed of it",
    )
    add(
        "--license",
        metavar="ID",
        help="the license of the weights, such as mit or cc-by-4.0 [not chosen yet]",
    )
    add("--out", type=Path, metavar="FILE.md", help="where to write it [standard output]")
    add("--overwrite", action="store_true", help="replace the file if it exists")


def run_card(options):
    from wgan_keras.files import read_json
    from wgan_keras.files import verify_manifest
    from wgan_keras.files import write_text
    from wgan_keras.sampling.card import model_card

    if options.out:
        refuse_existing(options.out, options.overwrite)
    folder = find_sampler(options.folder)
    verify_manifest(folder)
    about = read_json(folder / "sampler.json")
    if options.scores:
        about["scores"] = read_json(options.scores)
    if options.license:
        about["license"] = options.license
    card = model_card(about)
    if options.out:
        write_text(options.out, card)
        print(options.out)
    else:
        print("\n".join(printable(line) for line in card.splitlines()))
