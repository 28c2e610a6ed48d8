"""The package is a tree: what is above uses what is below, and nothing is large."""

import ast
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "wgan_keras"
FILES = sorted(PACKAGE.rglob("*.py"))
every_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: str(path.relative_to(PACKAGE))
)
ORDER = [  # folders and modules, each of which may import those before it
    "errors",
    "files",
    "registration",
    "vetting",
    "data",
    "nets",
    "fitting",
    "sampling",
    "models",
    "watching",
    "theory",
    "evaluation",
    "runs",
    "lab",
    "cli",
    "__main__",
]
MAX_LINES, MAX_CLASS_LINES = 400, 250


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def imported(path):
    """Names of the package's modules that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in MODULES or node.module in MODULES:
                    yield name if name in MODULES else node.module


def place(module):
    """Where in the order a module stands; the package itself stands below all."""
    parts = module.split(".")[1:]
    return ORDER.index(parts[0]) if parts else -1


def statements(path):
    """Line numbers with code: neither comments, blank lines nor docstrings."""
    lines, text = set(), path.read_text(encoding="utf-8")
    prose = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    empty = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    )
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type not in empty:
                lines |= set(range(token.start[0], token.end[0] + 1))
    return lines - prose


def test_every_folder_and_module_has_its_place():
    folders = {module.split(".")[1] for module in MODULES if "." in module}
    assert folders == set(ORDER)


@every_file
def test_imports_run_down(path):
    module = module_name(path)
    if module == "wgan_keras":  # whose imports are lazy, but for the registration
        assert set(imported(path)) == {"wgan_keras.registration"}
        return
    for other in imported(path):
        assert place(other) <= place(module), f"{module} imports {other}"


def test_registration_imports_nothing_before_keras_does():
    assert list(imported(PACKAGE / "registration.py")) == []


def test_imports_form_no_cycle():
    graph = {module: set(imported(path)) for module, path in MODULES.items()}
    graph["wgan_keras"] = set()  # its version and the like, which need no other module
    while graph:
        free = {module for module, others in graph.items() if not others & graph.keys()}
        assert free, f"in a cycle, or above one: {sorted(graph)}"
        graph = {module: others for module, others in graph.items() if module not in free}


@every_file
def test_files_are_small(path):
    assert len(statements(path)) <= MAX_LINES


@every_file
def test_classes_are_small(path):
    lines = statements(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            own = lines & set(range(node.lineno, node.end_lineno + 1))
            assert len(own) <= MAX_CLASS_LINES, node.name


@every_file
def test_every_module_has_its_tests(path):
    """And they are found where the module is."""
    if path.stem.startswith("__"):
        return
    tests = PACKAGE.parent / "tests" / path.relative_to(PACKAGE)
    assert tests.with_name(f"test_{path.name}").is_file()


def test_lines_of_code_are_counted_as_said(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        '"""Prose\n\nof three lines."""\n\n# comment\nx = """a\nb"""  # one\n\ny = 1\n'
    )
    assert statements(path) == {6, 7, 9}
