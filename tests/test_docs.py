"""What the documents quote is what was measured, and the address is said once."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


update = load("update")


def test_all_that_is_quoted_is_up_to_date():
    for path, text in update.updated(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, "run: python docs/update.py"


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
    }


def test_the_table_of_scores():
    lines = update.score_lines(made_up_scores(dcgan=2.0, clipped=3.0), "en")
    assert "after 20 s of training" in lines[0] and "over 2 seeds" in lines[0]
    assert "| DCGAN | 2.50 ± 0.71 | 2.50 ± 0.71 | 0.50 | 0.50 | 20 |" in lines
    assert "| *real images* | 0.03 | 0.03 | 0.90 | 0.70 |  |" in lines
    assert "the DCGAN is closest" in lines[-1] and "is behind a DCGAN" in lines[-1]
    assert "是 DCGAN；" in update.score_lines(made_up_scores(2.0, 3.0), "zh-TW")[-1]


def test_the_sentence_below_it_follows_the_scores():
    scores = made_up_scores(dcgan=3.0, clipped=2.0)
    english, chinese = (update.score_lines(scores, of)[-1] for of in ("en", "zh-TW"))
    assert "the clipped WGAN is closest" in english and "is ahead of" in english
    assert "贏過" in chinese and "輸給" not in chinese


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([3.5, 3.7], "3.60 ± 0.14"),
        ([23.0, 25.0], "24.0 ± 1.4"),
        ([900.0, 1100.0], "1000 ± 141"),
    ],
)
def test_a_mean_is_as_exact_as_its_spread(values, text):
    assert update._spread(values) == text


@pytest.fixture
def project(tmp_path):
    """The files that are kept up to date, somewhere else."""
    names = [path.relative_to(ROOT) for path in update.updated(ROOT)]
    names += [Path("docs/scores.json"), Path("tutorials/build.py")]
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
    program.write_text(
        update.re.sub(r"(?m)^REPOSITORY = .*$", line, unset), encoding="utf-8"
    )
    for path, text in update.updated(project).items():
        assert address in text, path
        path.write_text(text, encoding="utf-8")
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert f"![MNIST]({address}/raw/HEAD/docs/images/mnist.png)" in readme
    assert f"[MIT license]({address}/blob/HEAD/LICENSE)" in readme
    colab = "https://colab.research.google.com/github/someone/wgan_keras/blob/HEAD"
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
    assert "| DCGAN | 2.50 ± 0.71 |" in readme and "WGAN-SN |" not in readme
