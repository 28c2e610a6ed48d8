"""Runs the tutorials' sources and writes their notebooks, one for each language.

A source, `source/NN_name.py`, is a script in jupytext's percent form: code cells, and
between them each piece of prose twice, in adjacent cells tagged `lang="en"` and
`lang="zh-TW"`. It is run once, and both notebooks are written from that one run.

    python tutorials/build.py                     # all of them, some minutes each
    python tutorials/build.py 02_wgan             # one
    python tutorials/build.py 02_wgan --prose     # its words anew, its outputs as they are
    python tutorials/build.py --quick             # a smoke test: nothing is written
    python tutorials/build.py --repository https://github.com/OWNER/NAME

The last one says where the repository is published, once: every notebook then has its
Colab badge, and an install cell that works there.

In a source, the line `SETTING = "full"` chooses how long to train. In the prose,
`{{minutes}}` stands for the minutes that the run took, and `{{how_to_run}}` for the
paragraph that explains how to run a notebook. A notebook should write into a folder `runs`
beside it and nowhere else; a GIF that it leaves as `runs/NN_name_….gif` is copied to
`tutorials/assets`, for pages other than notebooks.
"""

import argparse
import ast
import functools
import hashlib
import inspect
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from nbformat.v4 import new_markdown_cell
from nbformat.v4 import new_notebook

import wgan_keras
from wgan_keras.files import atomic_write
from wgan_keras.files import write_text

TUTORIALS = Path(__file__).resolve().parent
LANGUAGES = ("en", "zh-TW")
REPOSITORY = ""  # such as "https://github.com/OWNER/NAME"; --repository sets it
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "POT_BACKEND_DISABLE_TENSORFLOW": "1"}
TENSORFLOWS_OWN = re.compile(r"[IWE]0000 |WARNING: All log messages before absl")

ON_YOUR_COMPUTER = {
    "en": """\
**How to run it.** On your own computer, run `pip install -e . jupyterlab` in your copy of \
this repository, then `jupyter lab tutorials`.""",
    "zh-TW": """\
**怎麼執行。** 在自己的電腦上，先到這個專案的資料夾裡執行 `pip install -e . jupyterlab`，\
再執行 `jupyter lab tutorials`。""",
}
IN_COLAB = {
    "en": """\
In Colab, open it with this button, and run this line in a cell of its own, before all \
others:""",
    "zh-TW": "想用 Colab 的話，按這個按鈕打開，在最前面新增一格，先執行下面這一行：",
}


# === Sources ===


def names():
    """The tutorials, in their order."""
    return sorted(path.stem for path in (TUTORIALS / "source").glob("*.py"))


def read_source(name):
    """The cells of a source: code cells, and pairs of prose.

    Args:
        name: Such as `"00_distances"`.

    Returns:
        List of strings, code, and of dicts from a language to Markdown.

    Raises:
        ValueError: A piece of prose is not there in both languages, one after the other.
    """
    path = TUTORIALS / "source" / f"{name}.py"
    english, chinese = LANGUAGES
    cells = []
    for cell in [*jupytext.read(path, fmt="py:percent").cells, None]:
        kind = "the end" if cell is None else cell.metadata.get("lang", cell.cell_type)
        twin_is_due = bool(cells) and isinstance(cells[-1], dict) and len(cells[-1]) == 1
        if (kind == chinese) != twin_is_due or kind == "markdown":
            raise ValueError(
                f'{path.name}: each piece of prose is tagged lang="{english}" and followed '
                f'by its lang="{chinese}" twin, unlike {cells[-1:] or kind!r}.'
            )
        if kind == chinese:
            cells[-1][chinese] = cell.source
        elif cell is not None:
            cells.append(cell.source if kind == "code" else {kind: cell.source})
    return cells


def code_in(cells):
    """The code cells alone."""
    return [cell for cell in cells if isinstance(cell, str)]


def prose_in(cells, language):
    """All prose in one language."""
    return "\n\n".join(cell[language] for cell in cells if isinstance(cell, dict))


def digest(cells):
    """SHA-256 of the code, and of the package's code that `inspect.getsource` displays."""
    code = code_in(cells)
    trees = [ast.parse(re.sub(r"(?m)^%.*$", "", cell)) for cell in code]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    namespace = {}
    exec("\n".join(map(ast.unparse, imports)), namespace)
    shown = [
        inspect.getsource(eval(ast.unparse(node.args[0]), namespace))
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "inspect.getsource"
    ]
    return hashlib.sha256("\0".join([*code, *shown]).encode()).hexdigest()


def solutions(cells):
    """The Python code in the hidden solutions of the exercises."""
    hidden = re.findall(r"<details>.*?</details>", prose_in(cells, "en"), re.S)
    return re.findall(r"```python\n(.*?)```", "\n".join(hidden), re.S)


# === Running ===


def run(name, cells, quick=False):
    """Executes a source's code in a folder of its own, as if in `tutorials/en`.

    Args:
        name: Of the tutorial.
        cells: From `read_source`.
        quick: Train for a few steps on little data, and try the solutions, too.

    Returns:
        `(outputs, assets, minutes)`: a list of outputs for each code cell; a dict from the
        names of files for `tutorials/assets` to their content; whole minutes.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
        ValueError: The prose shows a picture that the run has not left.
    """
    code = code_in(cells)
    if quick:
        code = [re.sub(r'(?m)^SETTING = "full"', 'SETTING = "quick"', c) for c in code]
        if code == code_in(cells):
            raise ValueError('A source needs a line SETTING = "full".')
        code += solutions(cells)
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in code])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder, assets = Path(scratch) / "en", Path(scratch) / "assets"
        folder.mkdir()
        assets.mkdir()
        NotebookClient(
            notebook,
            timeout=None,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        ).execute(env={**os.environ, **QUIET})
        made = {path.name: path.read_bytes() for path in assets.glob("*.*")}
        made |= {gif.name: gif.read_bytes() for gif in folder.glob(f"runs/{name}_*.gif")}
    shown = re.findall(r"\.\./assets/([\w.-]+)", prose_in(cells, "en"))
    missing = set(shown) - made.keys()
    if missing:
        raise ValueError(f"The prose shows {sorted(missing)}, which the run has not left.")
    minutes = max(1, round((time.monotonic() - started) / 60))
    return [_cleaned(cell.outputs) for cell in notebook.cells], made, minutes


def _cleaned(outputs):
    """Outputs without TensorFlow's words on the machine, addresses in memory, or JPEGs."""
    kept = []
    for output in outputs:
        lines = output.text.splitlines() if output.get("name") == "stderr" else [""]
        if not all(TENSORFLOWS_OWN.match(line) for line in lines):
            kept.append(output)
        data = output.get("data", {})
        if "image/png" in data:  # Pillow offers the same as a JPEG
            data.pop("image/jpeg", None)
        if len(data) > 1:  # the text is only what is shown where nothing else can be
            data["text/plain"] = re.sub(r" at 0x[0-9A-Fa-f]+", "", data["text/plain"])
    return kept


# === Notebooks ===


def how_to_run(name, language, repository):
    """The paragraph on running a notebook; without a published repository, locally only.

    Args:
        name: Of the tutorial.
        language: Of the notebook; Colab opens the one in the same language.
        repository: Address on GitHub, or `""`.
    """
    if not repository:
        return ON_YOUR_COMPUTER[language]
    _, path = repository.split("https://github.com/")
    page = f"{path}/blob/main/tutorials/{language}/{name}.ipynb"
    return (
        f"{ON_YOUR_COMPUTER[language]}\n\n{IN_COLAB[language]}\n\n"
        "[![Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{page})\n\n"
        f"```\n!pip install -q git+{repository}\n```"
    )


def set_repository(address):
    """Writes the repository's address into this file, for all notebooks from now on."""
    global REPOSITORY
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise ValueError(
            f"Colab opens notebooks from GitHub, and {address!r} is no address there: "
            "expected https://github.com/OWNER/NAME."
        )
    here = Path(__file__)
    REPOSITORY = address
    line = f'REPOSITORY = "{address}"  # --repository sets it'
    write_text(here, re.sub(r"(?m)^REPOSITORY = .*$", line, here.read_text("utf-8")))


def notebook(name, cells, outputs, stamp, language):
    """A tutorial in one language.

    Args:
        name: Of the tutorial.
        cells: From `read_source`.
        outputs: A list of outputs for each code cell.
        stamp: Dict: the run's `digest`, package `version` and `minutes`.
        language: `"en"` or `"zh-TW"`.

    Returns:
        A notebook node. Cells have the same ids in all languages, and keep them when
        others are added.
    """
    written, outputs, ids = [], iter(outputs), set()
    for cell in cells:
        key = hashlib.sha256((cell if isinstance(cell, str) else cell["en"]).encode())
        cell_id = key.hexdigest()[:8]
        while cell_id in ids:
            cell_id += "-again"
        ids.add(cell_id)
        if isinstance(cell, str):
            code = new_code_cell(cell, outputs=next(outputs), id=cell_id)
            written.append(code)
            code.execution_count = sum(c.cell_type == "code" for c in written)
            for output in code.outputs:
                if "execution_count" in output:
                    output.execution_count = code.execution_count
        else:
            text = cell[language].replace("{{minutes}}", str(stamp["minutes"]))
            explained = how_to_run(name, language, REPOSITORY)
            text = text.replace("{{how_to_run}}", explained)
            text = text.replace(
                "{{repository}}", REPOSITORY or "ADDRESS-OF-THIS-REPOSITORY"
            )
            written.append(new_markdown_cell(text, id=cell_id))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "wgan_keras": stamp,
    }
    return new_notebook(cells=written, metadata=metadata)


def notebook_path(name, language):
    return TUTORIALS / language / f"{name}.ipynb"


def read_notebook(name, language):
    """`(notebook, outputs)` as it was written last."""
    found = nbformat.read(notebook_path(name, language), as_version=4)
    return found, [cell.outputs for cell in found.cells if cell.cell_type == "code"]


def write_notebooks(name, cells, outputs, stamp):
    """Writes a tutorial in all languages."""
    for language in LANGUAGES:
        path = notebook_path(name, language)
        path.parent.mkdir(exist_ok=True)
        text = nbformat.writes(notebook(name, cells, outputs, stamp, language)) + "\n"
        write_text(path, text)


def build(name, quick=False, prose=False):
    """Builds one tutorial. See the module's own words."""
    cells = read_source(name)
    if prose:
        found, outputs = read_notebook(name, LANGUAGES[0])
        if found.metadata.wgan_keras.digest != digest(cells):
            raise ValueError(
                f"The code of {name}, or code of the package that it displays, has changed "
                "since its notebooks were run: run it again, without --prose."
            )
        write_notebooks(name, cells, outputs, found.metadata.wgan_keras)
        return
    stamp = {"digest": digest(cells), "version": wgan_keras.__version__}
    outputs, assets, stamp["minutes"] = run(name, cells, quick)
    if quick:
        return
    (TUTORIALS / "assets").mkdir(exist_ok=True)
    for file, content in assets.items():
        path = TUTORIALS / "assets" / file
        atomic_write(path, functools.partial(Path.write_bytes, data=content))
    write_notebooks(name, cells, outputs, stamp)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="a smoke test: write nothing")
    how.add_argument(
        "--prose", action="store_true", help="renew the words, keep the outputs as they are"
    )
    how.add_argument(
        "--repository", metavar="URL", help="say where it is published, in all notebooks"
    )
    options = parser.parse_args()
    prose = options.prose or bool(options.repository)
    try:
        if options.repository:
            set_repository(options.repository)
    except ValueError as error:
        parser.error(str(error))
    for name in options.names or names():
        if name not in names():
            parser.error(f"there is no {name!r}: choose from {', '.join(names())}")
        started = time.monotonic()
        try:
            build(name, options.quick, prose)
        except ValueError as error:
            sys.exit(f"{name}: {error}")
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
