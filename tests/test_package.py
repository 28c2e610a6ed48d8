"""What holds for the package as a whole: names, layers, examples."""

import doctest
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import wgan_keras

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "wgan_keras").rglob("*.py"))


ALIASES = {"training_data": "TrainingStream"}  # as a call reads, and as a class


def test_all_public_names_are_there():
    for name in wgan_keras.__all__:
        assert getattr(wgan_keras, name).__name__ == ALIASES.get(name, name)
    assert set(wgan_keras.__all__) <= set(dir(wgan_keras))
    with pytest.raises(AttributeError, match="No wgan_keras attribute nothing"):
        wgan_keras.nothing  # noqa: B018


def test_importing_does_not_import_tensorflow():
    program = (
        "import sys, wgan_keras; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_version_is_said_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    said = project["tool"]["setuptools"]["dynamic"]["version"]
    assert said == {"attr": "wgan_keras.__version__"}
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"(?m)^## (\S+)", changes)[1] == wgan_keras.__version__


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_in_docstrings(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    if name.endswith("__main__"):
        return
    assert (
        doctest.testmod(importlib.import_module(name.removesuffix(".__init__"))).failed == 0
    )


def test_the_table_of_folders_is_complete():
    folders = {path.parent for path in MODULES} - {ROOT / "wgan_keras"}
    for name in ("docs/developing.md", "docs/zh-TW/developing.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for folder in folders:
            assert f"`{folder.relative_to(ROOT / 'wgan_keras')}/`" in text, (name, folder)
