"""What holds for the notebooks as committed: fresh, whole, alike in both languages."""

import itertools
import re
from collections import Counter
from pathlib import Path

import build
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NAMES = build.names()
every_tutorial = pytest.mark.parametrize("name", NAMES)
every_notebook = pytest.mark.parametrize(
    ("name", "language"),
    [(name, language) for name in NAMES for language in build.LANGUAGES],
)


# === Two languages ===

FENCED = r"(?ms)^```.*?^```$"
CODE = r"`[^`]+`"
FORMULA = r"\$\$.+?\$\$|\$[^$\n]+\$"
LINK = r"\]\(([^)\s]+)\)"


def parts(text):
    """What two texts in different languages have in common, by kind."""
    text = re.sub(r"(?m)^\[(English|繁體中文)\]\(.*\)$", "", text)
    found = {"headings": re.findall(r"(?m)^#+(?= )", re.sub(FENCED, "", text))}
    for kind, pattern in (("fenced code", FENCED), ("code", CODE), ("formulas", FORMULA)):
        matches = re.findall(pattern, text, re.S)
        found[kind] = Counter(re.sub(r"\s+", " ", match) for match in matches)
        text = re.sub(pattern, " ", text, flags=re.S)
    found["links"] = Counter(re.findall(LINK, text))
    text = re.sub(LINK, " ", text)
    found["tables"] = Counter(line.count("|") for line in text.splitlines() if "|" in line)
    found["numbers"] = Counter(re.findall(r"\d+(?:[.,]\d+)*", text))
    return found


def assert_alike(one, other):
    one, other = parts(one), parts(other)
    for kind in one:
        assert one[kind] == other[kind], kind


@every_tutorial
def test_each_piece_of_prose_says_the_same_in_both_languages(name):
    for cell in build.read_source(name):
        if isinstance(cell, dict):
            assert_alike(cell["en"], cell["zh-TW"])
            assert re.search("[\u4e00-\u9fff]", cell["zh-TW"]), cell["zh-TW"][:60]
            assert not re.search("[\u4e00-\u9fff]", cell["en"]), cell["en"][:60]


def test_the_chinese_readme_mirrors_the_english_one():
    assert_alike((ROOT / "README.md").read_text(), (ROOT / "README.zh-TW.md").read_text())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("# One\n\n## Two", "# 一\n\n# 二"),
        ("It is $x$.", "是 $y$。"),
        ("After 1,500 steps", "1,600 步之後"),
        ("[here](a.md)", "[這裡](b.md)"),
        ("`fit`", "`predict`"),
        ("```python\nf(1)\n```", "```python\nf(2)\n```"),
        ("| a | b |", "| 甲 |"),
    ],
)
def test_differences_are_found(one, other):
    assert_alike(one, one)
    with pytest.raises(AssertionError):
        assert_alike(one, other)


@pytest.mark.parametrize("missing", build.LANGUAGES)
def test_a_cell_without_its_twin_is_refused(missing, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "TUTORIALS", tmp_path)
    cells = {
        "en": '# %% [markdown] lang="en"\n# Hello\n\n',
        "zh-TW": '# %% [markdown] lang="zh-TW"\n# 你好\n\n',
    }
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / "00_hello.py"
    source.write_text("".join(cells.values()) + "# %%\n1 + 1\n")
    assert build.read_source("00_hello") == [{"en": "Hello", "zh-TW": "你好"}, "1 + 1"]
    cells.pop(missing)
    source.write_text("".join(cells.values()) + "# %%\n1 + 1\n")
    with pytest.raises(ValueError, match="twin"):
        build.read_source("00_hello")


# === Notebooks ===


@every_notebook
def test_a_notebook_is_of_its_source_and_no_older_than_the_code_it_shows(name, language):
    cells = build.read_source(name)
    found, outputs = build.read_notebook(name, language)
    stamp = found.metadata.wgan_keras
    assert stamp.digest == build.digest(cells), "run: python tutorials/build.py " + name
    expected = nbformat.writes(build.notebook(name, cells, outputs, stamp, language)) + "\n"
    written = build.notebook_path(name, language).read_text(encoding="utf-8")
    assert written == expected, f"run: python tutorials/build.py {name} --prose"


@every_notebook
def test_a_notebook_ran_whole_and_without_errors(name, language):
    found, outputs = build.read_notebook(name, language)
    nbformat.validate(found)
    for output in itertools.chain(*outputs):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.text
        text = str(output.get("text", output.get("data", {}).get("text/plain", "")))
        assert not re.search(r" at 0x[0-9a-f]+", text), text
    assert sum(map(len, outputs)) >= len(outputs) / 2


@every_tutorial
def test_both_languages_are_of_one_run(name):
    (one, one_outputs), (other, other_outputs) = (
        build.read_notebook(name, language) for language in build.LANGUAGES
    )
    assert one.metadata == other.metadata
    assert one_outputs == other_outputs
    assert [cell.id for cell in one.cells] == [cell.id for cell in other.cells]


@every_tutorial
def test_a_tutorial_has_what_a_reader_looks_for(name):
    cells = build.read_source(name)
    assert "{{minutes}}" in cells[0]["en"]
    for language, solution in (("en", "Solution"), ("zh-TW", "解答")):
        prose = build.prose_in(cells, language)
        assert prose.count(f"<details><summary>{solution}</summary>") >= 3
        assert prose.count("<details>") == prose.count("</details>")
    assert 'SETTING = "full"' in "\n".join(build.code_in(cells))


@every_notebook
def test_a_notebook_says_how_to_run_it_and_no_placeholder_is_left(name, language):
    found, _ = build.read_notebook(name, language)
    assert "pip install" in found.cells[0].source
    prose = [cell.source for cell in found.cells if cell.cell_type == "markdown"]
    assert "{{" not in "".join(prose)


@pytest.mark.parametrize("language", build.LANGUAGES)
def test_colab_opens_the_notebook_in_its_language_once_there_is_an_address(language):
    unset = build.how_to_run("02_wgan", language, "")
    assert "pip install -e ." in unset and "Colab" not in unset and "http" not in unset
    text = build.how_to_run("02_wgan", language, "https://github.com/me/wgan")
    assert text.startswith(unset)
    assert "!pip install -q git+https://github.com/me/wgan\n" in text
    page = f"github/me/wgan/blob/main/tutorials/{language}/02_wgan.ipynb"
    assert f"](https://colab.research.google.com/{page})" in text


def test_one_command_sets_the_address_in_all_pages(tmp_path, monkeypatch):
    script = tmp_path / "build.py"
    script.write_text(Path(build.__file__).read_text("utf-8"), "utf-8")
    renewed = []
    monkeypatch.setattr(build, "__file__", str(script))
    monkeypatch.setattr(build, "REPOSITORY", build.REPOSITORY)  # put back afterwards
    monkeypatch.setattr(build, "build", lambda *what: renewed.append(what))
    monkeypatch.setattr("sys.argv", ["build", "--repository", "https://github.com/me/wgan"])
    build.main()
    assert renewed == [(name, False, True) for name in NAMES]
    assert build.REPOSITORY == "https://github.com/me/wgan"
    assert 'REPOSITORY = "https://github.com/me/wgan"' in script.read_text("utf-8")


@pytest.mark.parametrize("address", ["me/wgan", "https://gitlab.com/me/wgan"])
def test_an_address_that_colab_cannot_open_is_refused(address, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["build", "--repository", address])
    with pytest.raises(SystemExit):
        build.main()
    assert "expected https://github.com/OWNER/NAME" in capsys.readouterr().err


@every_notebook
def test_links_and_pictures_lead_somewhere(name, language):
    text = build.prose_in(build.read_source(name), language)
    for target in re.findall(r"\]\((?!http)([^)\s]+)\)", text):
        if target.startswith("#"):
            assert f'<a id="{target[1:]}"></a>' in text, target
        else:
            assert (build.TUTORIALS / language / target).exists(), target


def test_the_dcgan_that_the_wgan_is_compared_with_is_the_reader_s_own():
    code = ["\n".join(build.code_in(build.read_source(name))) for name in NAMES[1:3]]
    for pattern in (r"class DCGAN\(.*?(?=\n\S)", r"def new_discriminator\(.*?(?=\n\S)"):
        one, other = (re.search(pattern, text + "\n#", re.S)[0] for text in code)
        assert one.strip() == other.strip()


def test_they_are_small_enough_to_clone():
    folders = [build.TUTORIALS / name for name in ("assets", *build.LANGUAGES)]
    sizes = {path: path.stat().st_size for folder in folders for path in folder.glob("*.*")}
    assert sum(sizes.values()) < 25e6
    assert all(size < 2e6 for path, size in sizes.items() if path.suffix == ".gif")


def test_prose_is_not_renewed_when_the_code_has_changed(monkeypatch):
    monkeypatch.setattr(build, "digest", lambda cells: "another")
    with pytest.raises(ValueError, match="without --prose"):
        build.build(NAMES[0], prose=True)


def test_the_digest_is_of_the_code_and_of_what_it_displays(monkeypatch):
    code = "import inspect\nfrom wgan_keras.nets.losses import critic_loss"
    shown = build.digest([code, "print(inspect.getsource(critic_loss))", {"en": "a"}])
    assert shown == build.digest([code, "print(inspect.getsource(critic_loss))"])
    assert shown != build.digest([code, "print(inspect.getsource(critic_loss) )"])
    monkeypatch.setattr(build.inspect, "getsource", lambda thing: "def critic_loss(): ...")
    assert shown != build.digest([code, "print(inspect.getsource(critic_loss))"])


@every_tutorial
def test_the_readme_says_how_long_the_runs_took(name):
    found, _ = build.read_notebook(name, "en")
    readme = (ROOT / "README.md").read_text()
    [minutes] = re.findall(rf"(?m)^\| \[{name}\].*\| (\d+) \|$", readme)
    assert int(minutes) == found.metadata.wgan_keras.minutes
