"""What the documents quote is what was measured, their code runs, their links lead on."""

import json
import re
import shutil
import sys
from pathlib import Path

import build_site
import pytest
import update

import wgan_keras
from wgan_keras.cli.main import build_parser
from wgan_keras.runs.recipes import RECIPES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CHINESE = DOCS / "zh-TW"

# === Figures and the address ===


def test_all_that_is_quoted_is_up_to_date():
    for path, text in {**update.updated(ROOT), **update.pages(ROOT)}.items():
        assert path.read_text(encoding="utf-8") == text, "run: python docs/update.py"


def test_a_mark_that_stands_for_nothing_is_found():
    names = set(update.figures(ROOT))
    for path in DOCS.rglob("*.md"):
        marks = re.findall(
            r"<!-- ([a-z -]+) --><|<!-- /([a-z -]+) -->", path.read_text("utf-8")
        )
        assert {a or b for a, b in marks} <= names, path


def made_up_scores(dcgan, clipped):
    """Scores of two models, two seeds each, a step of 20 ms and 1,000 steps."""

    def run(model, dataset, seed, distance):
        full = {"frechet_distance": distance, "precision": 0.5, "recall": 0.25 + seed / 2}
        return {
            "model": model,
            "dataset": dataset,
            "seed": seed,
            "rows": [{"step": 500}, {"step": 1000}],
            "full": {"time": full},
        }

    real = [{"frechet_distance": 0.03, "precision": 0.9, "recall": 0.7}] * 2
    models = {"DCGAN": dcgan, "WGAN, clipped": clipped}
    return {
        "speed": dict.fromkeys(models, 0.02),
        "real": {"mnist": {"real": real}, "fashion-mnist": {"real": real}},
        "runs": [
            run(model, dataset, seed, distance + seed)
            for model, distance in models.items()
            for dataset in ("mnist", "fashion-mnist")
            for seed in (0, 1)
        ],
        "longer": [
            run("WGAN, clipped", dataset, seed, 1.0 + seed) | {"seconds": 600}
            for dataset in ("mnist", "fashion-mnist")
            for seed in (0, 1)
        ],
    }


def test_the_table_of_scores():
    lines = update.score_lines(made_up_scores(dcgan=2.0, clipped=3.0), "en")
    assert "after 20 s of training" in lines[0] and "over 2 seeds" in lines[0]
    assert "| DCGAN | 2.50 ± 0.71 | 2.50 ± 0.71 | 0.50 | 0.50 | 20 |" in lines
    assert "| *real images* | 0.03 | 0.03 | 0.90 | 0.70 |  |" in lines
    assert "DCGAN is best" in lines[-1] and "is behind a DCGAN" in lines[-1]
    chinese = update.score_lines(made_up_scores(2.0, 3.0), "zh-TW")[-1]
    assert "MNIST 是 DCGAN 最好，" in chinese
    longer = "After 10 minutes (2 seeds), clipped WGAN reaches 1.50 ± 0.71 on MNIST and"
    assert longer in lines[-1] and "訓練 10 分鐘之後（2 個隨機種子）" in chinese


def test_the_sentence_below_it_follows_the_scores():
    scores = made_up_scores(dcgan=3.0, clipped=2.0)
    english, chinese = (update.score_lines(scores, of)[-1] for of in ("en", "zh-TW"))
    assert "clipped WGAN is best" in english and "is ahead of" in english
    assert "贏過" in chinese and "輸給" not in chinese


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([3.5, 3.7], "3.60 ± 0.14"),
        ([23.0, 25.0], "24.0 ± 1.4"),
        ([900.0, 1100.0], "1000 ± 141"),
        ([3.456], "3.46"),  # the other seeds have not run yet
        ([], ""),
    ],
)
def test_a_mean_is_as_exact_as_its_spread(values, text):
    assert update._spread(values) == text


def test_the_sentence_on_robustness_follows_the_grid():
    collapsed = {"dcgan": [1, 6], "dcgan-minimax": [4, 6]}
    collapsed |= {"clip": [2, 6], "gp": [1, 6], "sn": [3, 6]}
    summary = {"telling": ["recommended", "64x64"], "collapsed": collapsed}
    grid = {"seconds": {"others": 10, "64x64": 30, "mlp": 60}, "summary": summary}
    english = update.robustness_lines(grid, "en")
    assert "6 runs of 10 to 30 CPU seconds" in english[0]
    assert "| 1 of 6 | 4 of 6 | 2 of 6 | 1 of 6 | 3 of 6 |" in english
    assert "so does −log D" in english[-1]
    assert "| 6 次裡有 1 次 | 6 次裡有 4 次 |" in update.robustness_lines(grid, "zh-TW")[4]
    collapsed["dcgan"] = [5, 6]
    assert "so does −log D" not in "".join(update.robustness_lines(grid, "en"))


@pytest.fixture
def project(tmp_path):
    """The files that are kept up to date, somewhere else."""
    names = [path.relative_to(ROOT) for path in update.updated(ROOT)]
    measured = ("scores", "robustness")
    names += [Path(f"docs/{name}.json") for name in measured]
    names += [Path("tutorials/build.py")]
    names += [
        path.relative_to(ROOT) for path in (ROOT / "tutorials" / "en").glob("*.ipynb")
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_one_constant_puts_the_address_everywhere_and_takes_it_away(project):
    before = {path: path.read_text(encoding="utf-8") for path in update.updated(project)}
    program = project / "tutorials" / "build.py"
    unset = program.read_text(encoding="utf-8")
    address = "https://github.com/someone/wgan_keras"
    line = f'REPOSITORY = "{address}"'
    program.write_text(re.sub(r"(?m)^REPOSITORY = .*$", line, unset), encoding="utf-8")
    for path, text in update.updated(project).items():
        assert address in text, path
        path.write_text(text, encoding="utf-8")
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert f"![MNIST]({address}/raw/main/docs/images/mnist.png)" in readme
    assert f"[MIT license]({address}/blob/main/LICENSE)" in readme
    colab = "https://colab.research.google.com/github/someone/wgan_keras/blob/main"
    assert f"[Colab]({colab}/tutorials/en/02_wgan.ipynb)" in readme
    assert update.updated(project)[project / "README.md"] == readme
    program.write_text(unset, encoding="utf-8")
    assert update.updated(project) == before


def test_a_file_without_its_marks_is_named(project):
    (project / "CITATION.cff").write_text("cff-version: 1.2.0\n")
    with pytest.raises(ValueError, match=r"CITATION\.cff has no line"):
        update.updated(project)


def test_new_scores_are_written(project):
    scores = json.dumps(made_up_scores(dcgan=2.0, clipped=3.0))
    (project / "docs" / "scores.json").write_text(scores)
    readme = update.updated(project)[project / "README.md"]
    assert "| DCGAN | 2.50 ± 0.71 |" in readme and "\n| WGAN-SN |" not in readme


# === Pages ===

TWINS = [path for path in sorted(DOCS.rglob("*.md")) if CHINESE not in path.parents]
TWINS = [path for path in TWINS if (CHINESE / path.relative_to(DOCS)).exists()]


def code_blocks(path, kind=r"\w+"):
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TWINS, ids=lambda path: str(path.relative_to(DOCS)))
def test_both_languages_show_the_same_code_under_as_many_headings(path):
    twin = CHINESE / path.relative_to(DOCS)
    assert code_blocks(path) == code_blocks(twin)
    code = r"(?ms)^```.*?^```"
    one, other = (
        re.findall(r"(?m)^#+ ", re.sub(code, "", file.read_text(encoding="utf-8")))
        for file in (path, twin)
    )
    assert one == other


def test_each_guide_and_concept_is_there_in_both_languages():
    for folder in ("guides", "concepts"):
        names = {path.name for path in (DOCS / folder).glob("*.md")}
        assert names == {path.name for path in (CHINESE / folder).glob("*.md")} != set()


def test_the_code_of_the_guides_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for guide in ("own-networks", "resuming", "sampling"):
        [block] = code_blocks(DOCS / "guides" / f"{guide}.md", "python")
        block = block.replace("epochs=10", "epochs=1")
        exec(block.replace("runs/wgan-gp-mnist/sampler", "sampler"), names)
    assert names["wgan"].steps_done.numpy() == 2 * 6 + 5
    for file in ("wgan.gif", "critic.png", "wgan.csv", "checkpoints"):
        assert (tmp_path / file).exists()
    assert names["images"].shape == names["more"].shape == (64, 28, 28, 1)
    assert names["walk"].shape == (30, 28, 28, 1)


def test_the_strategy_of_ones_own_can_be_trained_and_saved(tmp_path):
    [block] = code_blocks(DOCS / "developing.md", "python")
    names = {}
    exec(block, names)
    wgan = names["wgan"]
    wgan.compile()
    images = wgan_keras.load_images("digits")[:80]
    wgan.fit(images, batch_size=80, verbose=0)
    wgan.save(tmp_path / "wgan.keras")
    loaded = wgan_keras.load_model(tmp_path / "wgan.keras")
    assert isinstance(loaded.lipschitz, names["DriftPenalty"])


def test_every_public_name_has_its_place_in_the_reference():
    page = build_site.python_page()
    for name in wgan_keras.__all__:
        if not name.startswith("__"):
            assert re.search(rf"auto(class|function):: wgan_keras\.{name}\n", page), name
    assert re.search(r"wgan_keras\.WGAN\n   :members: .*\bexport_sampler\b", page)
    assert "stateless_call" not in page  # which is Keras' own


def test_every_command_and_option_is_in_the_reference():
    page = build_site.command_line_page()
    [commands] = [a for a in build_parser()._actions if isinstance(a.choices, dict)]
    for name, command in commands.choices.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for action in command._actions:
            assert all(option in section for option in action.option_strings), name
    assert all(line.count(" | ") == 1 for line in page.splitlines() if line[:3] == "| `")


def test_links_are_made_to_fit(monkeypatch):
    def turned(text, file, language="en"):
        file = ROOT / file
        page = build_site.pages(language)[file]
        return build_site.with_links(text, file, page, language)

    guide = "docs/guides/scoring.md"
    assert turned("[a](../scores.md#mnist)", guide) == "[a](../results/scores.md#mnist)"
    assert turned("[a](https://arxiv.org)", guide) == "[a](https://arxiv.org)"
    license = "[the `MIT` license](../../LICENSE)"
    monkeypatch.setattr(build_site, "repository", lambda root: None)
    assert turned(license, guide) == "the `MIT` license"
    monkeypatch.setattr(build_site, "repository", lambda root: "https://a.example")
    expected = "[the `MIT` license](https://a.example/blob/main/LICENSE)"
    assert turned(license, guide) == expected
    notebook = "tutorials/en/02_wgan.ipynb"
    assert turned("[a](../../docs/scores.md)", notebook) == "[a](../results/scores.md)"
    assert turned("[a](#place)", notebook) == "[a](at:02_wgan.html#place)"
    assert turned("x[i](y)", notebook) == "x[i](y)"
    chinese = "docs/zh-TW/guides/scoring.md"
    found = turned("[a](../../scores.md)", chinese, "zh-TW")
    assert found == "[a](site:../../results/scores.html)"
    assert (
        turned("![a](../../images/x.png)", chinese, "zh-TW") == "![a](../../images/x.png)"
    )
    found = turned("![a](../../images/mnist.png)", chinese, "zh-TW")
    assert found == "![a](../images/mnist.png)"


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "index.html").write_text('<a href="gone.html">not ours</a>')
    (tmp_path / "one.html").write_text(
        '<p id="here"><a href="#here"></a><a href="two.html#there"></a>'
        '<a href="https://arxiv.org"></a><img src="lab/index.html"></p>'
    )
    (tmp_path / "two.html").write_text('<p id="there"></p>')
    assert build_site.broken_links(tmp_path) == []
    (tmp_path / "two.html").write_text('<a href="three.html"></a>')
    broken = build_site.broken_links(tmp_path)
    assert broken == ["one.html: two.html#there", "two.html: three.html"]


def test_the_notebook_quotes_the_robustness_grid():
    text = (ROOT / "docs" / "robustness.json").read_text(encoding="utf-8")
    runs = json.loads(text)["runs"]
    source = (ROOT / "tutorials" / "source" / "02_wgan.py").read_text(encoding="utf-8")
    rows = {"": "60", "_mlp": "6", "_plain": "6"}
    for end, of in rows.items():
        cells = []
        for method in ("dcgan-minimax", "dcgan", "clip"):
            found = [run for name, run in runs.items() if name.endswith(f"{end}_{method}")]
            assert len(found) == int(of)
            cells.append(str(sum(bool(run["collapsed"]) for run in found)))
        row = f"| {' | '.join(cells)} |"
        quoted = re.findall(rf"\b{of}\b[^|]*{re.escape(row)}", source)
        assert len(quoted) >= 2, row  # in English and in Chinese


def test_the_page_on_the_search_names_the_recommended_recipes():
    page = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    recipes = [RECIPES["recommended"][method] for method in ("dcgan", "clip", "gp", "sn")]
    for title, name in {
        "optimizer": "optimizer",
        "β": "betas",
        "normalisation of the critic": "normalization",
        "activation of the critic": "activation",
        "clip value": "clip_value",
        "weight of the penalty": "penalty_weight",
        "pairs that are penalised, one in": "penalty_every",
    }.items():
        cells = [str(recipe.get(name, "")) for recipe in recipes]
        row = f"| {title} | {' | '.join(cells)} |"
        assert re.sub(" +", " ", row) in re.sub(" +", " ", page)
    alike = ("learning_rate", "batch_size", "n_critic", "latent_dim", "width")
    [values] = {tuple(recipe[name] for name in alike) for recipe in recipes}
    assert values == (0.002, 32, 1, 16, 32)
    common = page[page.index("All of them have") : page.index("![Fréchet")]
    assert "rate of 0.002, batches of 32, one critic step, latents of 16" in common
    assert [recipe["average_decay"] for recipe in recipes] == [0.999] * 4


def test_the_page_on_the_search_quotes_the_experiment_on_clipping():
    page = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    trials = json.loads((ROOT / "docs" / "search.json").read_text(encoding="utf-8"))

    def cell(name):
        rows = [trial["rows"][-1] for trial in trials if trial["name"] == name]
        assert len(rows) == 3  # seeds
        return ", ".join(f"{next(iter(row['distances'].values())):.2f}" for row in rows)

    for title, unclipped, clipped in (
        ("**the DCGAN's loss**", "dcgan-I", "dcgan-I-c.05"),
        ("**the Wasserstein loss**", "clip-I-adam-unclipped", "clip-I-adam"),
    ):
        assert f"| {title} | {cell(unclipped)} | {cell(clipped)} |" in page
    assert f"as recommended | | {cell('clip-I')} |" in page


def test_the_page_on_the_search_has_the_table_of_the_last_round(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import search

    search.changes()
    table = capsys.readouterr().out
    assert len(table.splitlines()) > 10
    assert table in (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    for name in ("search", "runs"):
        sys.modules.pop(name)
