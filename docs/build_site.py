"""Builds the site, in English and in Traditional Chinese, without a network.

    python docs/build_site.py                     # writes build/site/index.html

It gathers the pages of `docs/`, the notebooks with their stored outputs, a page of the
command line made from its parser, and one of all public names made from `__init__.pyi`, and
has Sphinx build them once for each language. A warning is an error, and so is a link within
the site that leads nowhere. The lab is copied as it is.
"""

import argparse
import ast
import html.parser
import json
import os
import posixpath
import re
import shutil
import sys
import time
import urllib.parse
from pathlib import Path

from update import ROOT
from update import repository

import wgan_keras
from wgan_keras.cli.common import quiet_tensorflow
from wgan_keras.cli.main import build_parser

LANGUAGES = {"en": "en", "zh-TW": "zh_TW"}  # as folders have it, and as Sphinx has it
SCRIPTS = ("build_site.py", "conf.py", "update.py")
OWN_PAGES = (
    "index.md",
    "lab.md",
    "reference.md",
    "results.md",
    "safety.md",
    "developing.md",
)
LINK = re.compile(r"\]\(([^)\s]+)\)")

# === Pages ===


def gather(sources):
    """Copies all pages to a folder for each language, so that their links fit.

    Args:
        sources: The folder, which gets a subfolder for each language.
    """
    for language in LANGUAGES:
        for file, page in pages(language).items():
            target = sources / language / page
            target.parent.mkdir(parents=True, exist_ok=True)
            if file in GENERATED:
                target.write_text(GENERATED[file](), encoding="utf-8")
            elif file.suffix == ".md":
                text = with_links(file.read_text(encoding="utf-8"), file, page, language)
                target.write_text(text, encoding="utf-8")
            elif file.suffix == ".ipynb":
                notebook = json.loads(file.read_text(encoding="utf-8"))
                for cell in notebook["cells"]:
                    if cell["cell_type"] == "markdown":
                        text = "".join(cell["source"])
                        cell["source"] = with_links(text, file, page, language)
                target.write_text(json.dumps(notebook), encoding="utf-8")
            else:
                shutil.copy(file, target)


def pages(language):
    """Dict from a language's files to their places in the site's sources."""
    docs, tutorials, chinese = ROOT / "docs", ROOT / "tutorials", ROOT / "docs" / "zh-TW"
    found = {}
    for file in sorted(docs.rglob("*.md")):
        if file.is_relative_to(chinese) == (language == "zh-TW"):
            home = chinese if language == "zh-TW" else docs
            name = file.relative_to(home).as_posix()
            found[file] = name if "/" in name or name in OWN_PAGES else f"results/{name}"
    for file in sorted((tutorials / language).glob("*.ipynb")):
        found[file] = f"tutorials/{file.name}"
    for folder, place in ((docs / "images", "images"), (tutorials / "assets", "assets")):
        for file in sorted(folder.glob("*.*")):
            found[file] = f"{place}/{file.name}"
    if language == "en":
        found |= {file: file.relative_to(docs).as_posix() for file in GENERATED}
    return found


def with_links(text, file, page, language):
    """A page's text, its links to files turned into links to pages, or to the repository.

    Args:
        text: Markdown.
        file: Where it stands in the repository.
        page: Where it stands in the sources of the site.
        language: The page's language.
    """
    here = pages(language)
    elsewhere = {other: pages(other) for other in LANGUAGES if other != language}
    folder, address = posixpath.dirname(page), repository(ROOT)

    def turned(match):
        path, mark, anchor = match[1].partition("#")
        target = Path(os.path.normpath(file.parent / path)) if path else file
        if re.match(r"\w+:", match[1]):
            return match[0]
        # Links that Sphinx does not know how to follow are written as addresses.
        scheme = "at:" if mark else "site:"
        if mark and target in here and target.suffix == ".ipynb":
            built = posixpath.relpath(here[target], folder or ".")
            return f"]({scheme}{_built(built)}{mark}{anchor})"
        if path and target in here:
            return f"]({posixpath.relpath(here[target], folder or '.')}{mark}{anchor})"
        for other, there in elsewhere.items():
            if path and target in there:
                up = "../" * page.count("/") + ("../" if other == "en" else f"{other}/")
                return f"]({scheme}{up}{_built(there[target])}{mark}{anchor})"
        if not path or not target.exists():
            return match[0]  # Sphinx names it, unless it stands in code
        inside = target.relative_to(ROOT).as_posix()
        return f"]({address}/blob/main/{inside})" if address else "](repository:)"

    text = LINK.sub(turned, text)
    # Without an address, a link to the repository is its text alone.
    return re.sub(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(repository:\)", r"\1", text)


def _built(page):
    return re.sub(r"\.(md|ipynb)$", ".html", page)


# === Reference ===


def command_line_page():
    """The command line as its parser describes it, in Markdown."""
    parser = build_parser()
    [commands] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    about = {choice.dest: choice.help for choice in commands._choices_actions}
    lines = [
        "# Command line",
        "",
        "You call a command as `python -m wgan_keras COMMAND` or `wgan-keras COMMAND`. Its",
        "defaults stand in square brackets. The exit status is 0 after success, 2 after an",
        "error that you can fix, 130 after an interruption, and 1 after a mistake of the",
        "package itself.",
    ]
    for name, command in commands.choices.items():
        summary = about[name][0].upper() + about[name][1:]
        usage = command.format_usage().removeprefix("usage: ").strip()
        lines += ["", f"## {name}", "", f"{summary}.", "", "```text", usage, "```", ""]
        lines += ["| option | meaning |", "| --- | --- |"]
        formatter = command._get_formatter()
        for action in command._actions:
            called = formatter._format_action_invocation(action)
            meaning = formatter._expand_help(action) if action.help else ""
            lines.append(f"| `{called}` | {meaning.strip()} |".replace("|PATH", "\\|PATH"))
    return "\n".join(lines) + "\n"


AREAS = {  # folder of the package: title
    "data": "Data",
    "nets": "Networks and the Lipschitz constraint",
    "models": "Models",
    "fitting": "Checkpoints",
    "sampling": "Sampling",
    "watching": "Callbacks",
    "evaluation": "Scores",
    "runs": "Runs",
    "theory": "Distances",
    "files": "Files",
    "errors": "Errors",
}


def python_page():
    """All public names by area, each for autodoc to describe, in Markdown."""
    stub = ast.parse((ROOT / "wgan_keras" / "__init__.pyi").read_text(encoding="utf-8"))
    names = {area: [] for area in AREAS}
    for node in stub.body:
        if isinstance(node, ast.ImportFrom):
            names[node.module.split(".")[0]] += [alias.name for alias in node.names]
    lines = [
        "# Python",
        "",
        "These names are imported from `wgan_keras` itself, for example",
        "`from wgan_keras import WGAN`. Each is loaded when it is first used, so",
        "`import wgan_keras` does not wait for TensorFlow.",
    ]
    for area, members in names.items():
        lines += ["", f"## {AREAS[area]}"]
        for name in members:
            thing = getattr(wgan_keras, name)
            lines += ["", f"### {name}", "", "```{eval-rst}"]
            if isinstance(thing, type):
                lines += [f".. autoclass:: wgan_keras.{name}"]
                if documented(thing):
                    lines += [f"   :members: {', '.join(documented(thing))}"]
            else:
                lines += [f".. autofunction:: wgan_keras.{name}"]
            lines += ["```"]
    return "\n".join(lines) + "\n"


def documented(kind):
    """A class' own public attributes that say what they are, and not those of Keras."""
    found = {}
    for parent in kind.__mro__:
        if parent.__module__.startswith("wgan_keras"):
            found |= {n: v for n, v in vars(parent).items() if n not in found}
    return sorted(n for n, v in found.items() if n[0] != "_" and getattr(v, "__doc__", ""))


def modules_page():
    """Each file of the package with the first sentence of its docstring, in Markdown."""
    lines = ["# Modules", "", "| file | what it is |", "| --- | --- |"]
    for path in sorted((ROOT / "wgan_keras").rglob("*.py")):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if about:
            first = " ".join(about.partition("\n\n")[0].split())
            lines.append(f"| `{path.relative_to(ROOT / 'wgan_keras')}` | {first} |")
    return "\n".join(lines) + "\n"


GENERATED = {  # page, which is not in the repository: what makes it
    ROOT / "docs" / "reference" / "command-line.md": command_line_page,
    ROOT / "docs" / "reference" / "python.md": python_page,
    ROOT / "docs" / "reference" / "modules.md": modules_page,
}

# === Building ===


def build(out):
    """Builds both languages and copies the lab.

    Args:
        out: The folder of the finished site.

    Raises:
        SystemExit: Sphinx warned of something.
    """
    from sphinx.cmd.build import main as sphinx_build

    sources = out.with_name(f"{out.name}-sources")
    for folder in (sources, out):
        shutil.rmtree(folder, ignore_errors=True)
    gather(sources)
    for language, code in LANGUAGES.items():
        target = out if language == "en" else out / language
        status = sphinx_build(
            [
                *("--builder", "html", "--fail-on-warning", "--quiet"),
                *("--conf-dir", str(ROOT / "docs"), "--define", f"language={code}"),
                *("--doctree-dir", str(sources / f"{language}-doctrees")),
                *(str(sources / language), str(target)),
            ]
        )
        if status:
            sys.exit(f"The {language} pages were not built: Sphinx says why above.")
    lab = out / "lab"
    lab.mkdir()
    for file in sorted((ROOT / "wgan_keras" / "lab").glob("*.[hj]*")):
        shutil.copy(file, lab)


# === Links ===


class Anchors(html.parser.HTMLParser):
    """Collects a page's ids, and what it links to."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def broken_links(out):
    """Links within the site that lead nowhere, as `page: link`."""
    found = {
        path: Anchors(path.read_text(encoding="utf-8"))
        for path in sorted(out.rglob("*.html"))
        if not {"lab", "_static"} & set(path.relative_to(out).parts[:-1])
    }
    broken = []
    for path, page in found.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                target = Path(
                    os.path.normpath(path.parent / urllib.parse.unquote(parts.path))
                )
            anchor = urllib.parse.unquote(parts.fragment)
            missing_anchor = target in found and anchor and anchor not in found[target].ids
            if not target.is_file() or missing_anchor:
                broken.append(f"{path.relative_to(out)}: {link}")
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    out = parser.parse_args().out.resolve()
    started = time.monotonic()
    quiet_tensorflow()
    build(out)
    broken = broken_links(out)
    if broken:
        sys.exit("These links lead nowhere:\n" + "\n".join(broken))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    seconds = time.monotonic() - started
    print(f"{out / 'index.html'}: {size / 1e6:.0f} MB, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
