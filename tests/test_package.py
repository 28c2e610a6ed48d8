"""What holds for the package as a whole: names, layers, examples."""

import doctest
import importlib
import re
import subprocess
import sys
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
    declared = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.M)
    assert declared[1] == wgan_keras.__version__


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_in_docstrings(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    if name.endswith("__main__"):
        return
    assert (
        doctest.testmod(importlib.import_module(name.removesuffix(".__init__"))).failed == 0
    )


def test_the_readmes_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    sampling, own_networks, continued = blocks
    names = {}
    exec(own_networks, names)
    exec(continued, names)
    assert names["wgan"].steps_done.numpy() == 2 * 6 + 5
    assert (tmp_path / "wgan.gif").exists()
    assert (tmp_path / "critic.png").exists()
    exec(sampling.replace("runs/wgan-mnist/sampler", "sampler"), names)
    assert names["images"].shape == names["more"].shape == (64, 28, 28, 1)
    assert names["walk"].shape == (30, 28, 28, 1)


def test_the_readmes_links_lead_somewhere():
    for target in re.findall(r"\]\(((?!http).*?)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


def test_the_readmes_table_of_modules_is_complete():
    readme = (ROOT / "README.md").read_text()
    for path in MODULES:
        if not path.stem.startswith("__"):
            assert path.name in readme, path
