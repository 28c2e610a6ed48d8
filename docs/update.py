"""Brings what is measured, and the project's address, up to date wherever it is quoted.

    python docs/update.py

In both READMEs it fills the table of scores from `docs/scores.json`, what they say of the
robustness grid from `docs/robustness.json`, and the minutes of the notebooks from the
notebooks. In the pages of `docs` it fills what stands between two marks such as
`<!-- kills -->` and `<!-- /kills -->`; `figures` has their names.

`REPOSITORY` in `tutorials/build.py` is the project's address: once it is set, the READMEs'
links become full addresses, without which PyPI shows no pictures, each notebook gets a link
to Colab, and `pyproject.toml` and `CITATION.cff` name the address. A test fails as long as
any of these files is out of date.
"""

import json
import re
import statistics
import sys
from pathlib import Path

import nbformat

from wgan_keras.runs.recipes import RECIPES

ROOT = Path(__file__).resolve().parent.parent
WORDS_A_MINUTE = 200  # of technical prose and code

CAPTION = {
    "en": "The table shows the Fréchet distance between 10,000 generated images and the "
    "10,000 test images after {seconds} s of training on one core; lower is better. It is "
    "measured in the features of a small classifier that comes with the package, so do not "
    "compare it with a published FID. Each value is the mean ± standard deviation over "
    "{seeds} seeds. Precision, recall and the time of a step are for "
    "MNIST. All models have the same generator.",
    "zh-TW": "下表是用一個核心訓練 {seconds} 秒之後，10,000 張生成的影像和 10,000 張測試"
    "影像之間的 Fréchet 距離，越小越好。特徵取自套件附的小型分類器，所以不能拿來和論文"
    "裡的 FID 相比。數字是 {seeds} 個隨機種子的平均 ± 標準差。精確率、召回率"
    "和每步時間是 MNIST 的。所有模型的生成器都相同。",
}
HEADINGS = {
    "en": ("model", "MNIST", "Fashion-MNIST", "precision", "recall", "ms/step"),
    "zh-TW": ("模型", "MNIST", "Fashion-MNIST", "精確率", "召回率", "每步（毫秒）"),
}
NAMES = {  # where a table's name is not the one in docs/scores.json
    "en": {"WGAN, clipped, paper": "WGAN, clipped, the paper's settings"},
    "zh-TW": {
        "WGAN, clipped, paper": "WGAN，權重裁剪，論文的設定",
        "WGAN, clipped": "WGAN，權重裁剪",
    },
}
SHARES = ("precision", "recall")
REAL_IMAGES = {"en": "*real images*", "zh-TW": "真實影像"}
VERDICT = {  # by whether the clipped WGAN is ahead of the DCGAN
    "en": {
        True: "After this short training, {best}, and the clipped WGAN is ahead of a DCGAN "
        "that was tuned in the same way. That is the order after {seconds} s, and not the "
        "last word on the methods.",
        False: "After this short training, {best}, and the clipped WGAN is behind a DCGAN "
        "that was tuned in the same way: using a WGAN does not by itself give better "
        "pictures. The clipping alone does not explain it: in an "
        "[experiment](docs/search.md) with three seeds, clipping a DCGAN's discriminator "
        "did no harm. More likely it is the combination: the Wasserstein loss needs a "
        "bound on the critic's slope. The gradient penalty gives one; clipping together "
        "with batch normalisation does not.",
    },
    "zh-TW": {
        True: "只訓練這麼一下子，{best}；權重裁剪的 WGAN 也贏過用同樣方式調校的 DCGAN。"
        "不過這只是 {seconds} 秒時的名次，別急著下定論。",
        False: "只訓練這麼一下子，{best}；權重裁剪的 WGAN 則輸給用同樣方式調校的 DCGAN。"
        "所以別以為換成 WGAN，圖片就會自動變漂亮。光是裁剪解釋不了：在[實驗]"
        "(docs/search.md)（英文，三個隨機種子）裡，DCGAN 的判別器一樣裁剪，並沒有變差。"
        "比較可能是湊在一起才出問題：Wasserstein 損失函數需要限制評價器的斜率，梯度懲罰"
        "做得到，裁剪加上批次正規化卻做不到。",
    },
}
BEST = {  # of a data set: one model, or several that the seeds cannot tell apart
    "en": ("{models} is best on {title}", "{models} share the lead on {title}"),
    "zh-TW": ("{title} 是 {models} 最好", "{title} 是 {models} 並列領先"),
}
PAPER = {
    "en": " The paper's settings are meant for much longer runs; after {steps} steps, "
    "their pictures are still noise.",
    "zh-TW": "論文的設定本來就是給長時間訓練用的，才走 {steps} 步，畫出來的還是雜訊。",
}
LONGER = {
    "en": " After {minutes} minutes ({seeds} seeds), {model} reaches {mnist} on MNIST "
    "and {fashion} on Fashion-MNIST.",
    "zh-TW": "訓練 {minutes} 分鐘之後（{seeds} 個隨機種子），{model} 在 MNIST 上是 "
    "{mnist}，在 Fashion-MNIST 上是 {fashion}。",
}
ROBUSTNESS = {
    "en": "A WGAN is meant to be stable rather than pretty. To test that, each method was "
    "trained as recommended, and again with one thing made worse, such as no normalisation "
    "or ten times the learning rate: {of} runs of {seconds} to {most} CPU seconds, on two "
    "data sets and with three seeds. A run has collapsed if its pictures have no shapes, "
    "all look alike or miss three classes; the exact [criterion](docs/robustness.md) was "
    "fixed beforehand. So many did:",
    "zh-TW": "WGAN 追求的不是漂亮，是穩。所以每種方法先照推薦的設定訓練，再一次只弄糟一個"
    "地方，例如拿掉正規化、學習率乘以十：兩個資料集、三個隨機種子，各 {of} 次，每次 "
    "{seconds} 到 {most} 秒的 CPU 時間。畫不出形狀、每張都差不多，或漏掉三個類別，就算訓練"
    "失敗（崩潰），確切的[標準](docs/robustness.md)（英文）是事先訂好的。結果如下：",
}
METHODS = {  # of the robustness grid
    "en": {
        "dcgan": "DCGAN, −log D",
        "dcgan-minimax": "DCGAN, original loss log(1 − D)",
        "clip": "WGAN, clipped",
        "gp": "WGAN-GP",
        "sn": "WGAN-SN",
    },
    "zh-TW": {
        "dcgan": "DCGAN，−log D",
        "dcgan-minimax": "DCGAN，原始損失 log(1 − D)",
        "clip": "WGAN，權重裁剪",
        "gp": "WGAN-GP",
        "sn": "WGAN-SN",
    },
}
COUNT = {"en": "{collapsed} of {of}", "zh-TW": "{of} 次裡有 {collapsed} 次"}
MENDED = {  # if the DCGAN has collapsed no more often than any of the WGANs
    "en": "So a WGAN does mend what is wrong with the original loss. But so does −log D, "
    "the loss that DCGANs are trained with today, and no WGAN collapsed less often than "
    "that.",
    "zh-TW": "所以原始損失的毛病，WGAN 真的治得好。只是現在大家訓練 DCGAN 用的 −log D 也"
    "治得好，而且沒有哪一種 WGAN 崩潰得比它少。",
}
COMMA = {"en": ", ", "zh-TW": "，"}

# === Scores ===


def score_lines(scores, language):
    """The READMEs' table of models, its caption, and what it says of the clipped WGAN.

    Args:
        scores: What `docs/scores.json` holds.
        language: `"en"` or `"zh-TW"`.

    Returns:
        Lines of Markdown.
    """

    def values(model, dataset, measure, runs=scores["runs"]):
        return [
            run["full"]["time"][measure]
            for run in runs
            if (run["model"], run["dataset"]) == (model, dataset)
        ]

    def row(*cells):
        return f"| {' | '.join(cells)} |"

    runs, speed = scores["runs"], scores["speed"]
    seconds = min(  # of the model that needed no further steps for another table
        round(max(row["step"] for row in run["rows"]) * speed[run["model"]]) for run in runs
    )
    seeds = len({run["seed"] for run in runs})
    lines = [CAPTION[language].format(seconds=seconds, seeds=seeds), ""]
    lines += [row(*HEADINGS[language]), row(*["---"] * len(HEADINGS[language]))]
    for model, seconds_a_step in speed.items():
        if not values(model, "mnist", "frechet_distance"):
            continue
        shares = [values(model, "mnist", measure) for measure in SHARES]
        lines.append(
            row(
                NAMES[language].get(model, model),
                _spread(values(model, "mnist", "frechet_distance")),
                _spread(values(model, "fashion-mnist", "frechet_distance")),
                *(f"{statistics.mean(share):.2f}" if share else "" for share in shares),
                f"{1000 * seconds_a_step:.0f}",
            )
        )
    real = {dataset: result["real"] for dataset, result in scores["real"].items()}
    measured = [(dataset, "frechet_distance") for dataset in ("mnist", "fashion-mnist")]
    measured += [("mnist", measure) for measure in SHARES]
    cells = [[score[measure] for score in real.get(of, [])] for of, measure in measured]
    means = (f"{statistics.mean(cell):.2f}" if cell else "" for cell in cells)
    lines.append(row(REAL_IMAGES[language], *means, ""))
    best = COMMA[language].join(
        _best({m: values(m, of, "frechet_distance") for m in speed}, title, language)
        for of, title in (("mnist", "MNIST"), ("fashion-mnist", "Fashion-MNIST"))
    )
    dcgan, clipped = (
        statistics.mean(values(model, "mnist", "frechet_distance"))
        for model in ("DCGAN", "WGAN, clipped")
    )
    verdict = VERDICT[language][clipped < dcgan].format(best=best, seconds=seconds)
    if values("WGAN, clipped, paper", "mnist", "frechet_distance"):
        steps = round(seconds / speed["WGAN, clipped, paper"])
        verdict += PAPER[language].format(steps=steps)
    longer = scores["longer"]
    for model in dict.fromkeys(run["model"] for run in longer):
        mnist, fashion = (
            _spread(values(model, dataset, "frechet_distance", longer))
            for dataset in ("mnist", "fashion-mnist")
        )
        verdict += LONGER[language].format(
            minutes=longer[0]["seconds"] // 60,
            seeds=len({run["seed"] for run in longer if run["model"] == model}),
            model=NAMES[language]
            .get(model, model)
            .replace("WGAN, clipped", "clipped WGAN"),
            mnist=mnist,
            fashion=fashion,
        )
    return [*lines, "", verdict]


def _best(distances, title, language):
    """Which models are closest to a data set, as far as the seeds can tell."""
    found = {model: values for model, values in distances.items() if values}
    means = {model: statistics.mean(values) for model, values in found.items()}
    spreads = {m: statistics.stdev(v) if len(v) > 1 else 0.0 for m, v in found.items()}
    best = min(means, key=means.get)
    level = [
        model
        for model in means
        if means[model] - means[best] <= max(spreads[model], spreads[best])
    ]
    models = _listed([_in_a_sentence(model, language) for model in level], language)
    return BEST[language][len(level) > 1].format(models=models, title=title)


def _in_a_sentence(model, language):
    """A model's name as a sentence has it: the clipped WGAN."""
    name = NAMES[language].get(model, model)
    return name.replace("WGAN, clipped", "clipped WGAN")


def _listed(names, language):
    if language == "zh-TW":
        return "、".join(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def robustness_lines(robustness, language):
    """What the READMEs say of the robustness grid.

    Args:
        robustness: What `docs/robustness.json` holds.
        language: `"en"` or `"zh-TW"`.

    Returns:
        Lines of Markdown.
    """
    seconds, summary = robustness["seconds"], robustness["summary"]
    given = {seconds.get(c, seconds["others"]) for c in summary["telling"]}
    counts = summary["collapsed"]
    cells = [
        [METHODS[language][method] for method in counts],
        ["---"] * len(counts),
        [COUNT[language].format(collapsed=some, of=of) for some, of in counts.values()],
    ]
    text = ROBUSTNESS[language].format(
        of=counts["dcgan"][1], seconds=min(given), most=max(given)
    )
    lines = [text, "", *(f"| {' | '.join(row)} |" for row in cells)]
    wgans = [counts[method][0] for method in ("clip", "gp", "sn")]
    if counts["dcgan"][0] <= min(wgans) and max(wgans) < counts["dcgan-minimax"][0]:
        lines += ["", MENDED[language]]
    return lines


def _spread(values):
    """Such as `3.64 ± 0.18`: the spread to two digits, the mean as exact as that."""
    if len(values) < 2:
        return f"{values[0]:.2f}" if values else ""
    mean, spread = statistics.mean(values), statistics.stdev(values)
    digits = min(2, max(0, 1 - int(f"{spread:e}".partition("e")[2])))
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


# === Figures in the pages ===


def figures(root):
    """Dict from the name of a mark to the text that belongs there."""

    def read(path):
        return json.loads((root / path).read_text(encoding="utf-8"))

    soak = read("docs/soak.json")
    inputs, kills = soak["inputs"]["kinds"].values(), soak["kills"]
    texts = {
        "damaged files": f"{sum(kind['tried'] for kind in inputs):,}",
        "kills": str(kills["kills"]),
        "kills while writing": str(kills["while writing"]),
        "recommended": f"\n{recipes()}\n",
    }
    for dataset in ("mnist", "fashion-mnist"):
        about = read(f"wgan_keras/evaluation/classifiers/{dataset}.json")
        texts[f"accuracy {dataset}"] = f"{about['test_accuracy']:.1%}"
    return texts


def recipes():
    """The recommended recipes as a table."""
    recipes = RECIPES["recommended"]
    names = list(dict.fromkeys(name for recipe in recipes.values() for name in recipe))
    lines = [["", *recipes], ["---"] * (1 + len(recipes))]
    for name in names:
        values = [recipe.get(name, "") for recipe in recipes.values()]
        lines.append([f"`{name}`", *map(str, values)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pages(root):
    """The pages of `docs` that quote a figure, as they should be.

    Args:
        root: The project's folder.

    Returns:
        Dict from paths to text.
    """
    texts, filled = figures(root), {}
    for path in (root / "docs").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        for name, value in texts.items():
            marked = rf"(<!-- {name} -->).*?(<!-- /{name} -->)"
            text, count = re.subn(marked, rf"\g<1>{value}\g<2>", text, flags=re.DOTALL)
            if count:
                filled[path] = text
    return filled


# === Notebooks ===


def notebook_minutes(root):
    """Dict from the name of each notebook to its `(reading, running)` time in minutes."""
    minutes = {}
    for path in sorted((root / "tutorials" / "en").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        words = sum(len(cell.source.split()) for cell in notebook.cells)
        reading = max(1, round(words / WORDS_A_MINUTE))
        minutes[path.stem] = reading, notebook.metadata.wgan_keras.minutes
    return minutes


# === Addresses ===


def repository(root):
    """The project's address, or `None` as long as it is not set."""
    program = (root / "tutorials" / "build.py").read_text(encoding="utf-8")
    address = re.search(r'(?m)^REPOSITORY = "(.*?)"', program)[1]
    return address.removesuffix("/") if address.startswith("http") else None


def with_addresses(text, address):
    """A README's links to files: within the repository, or full once it has an address."""
    text = re.sub(r" \[Colab\]\([^)]*\)", "", text)
    text = re.sub(r"\]\(https?://[^)\s]+/(?:blob|raw)/main/", "](", text)
    if address is None:
        return text
    colab = f"https://colab.research.google.com/github/{address.split('/', 3)[3]}"
    text = re.sub(
        r"\]\((tutorials/[^)\s]+\.ipynb)\)",
        rf"](\1) [Colab]({colab}/blob/main/\1)",
        text,
    )

    def full(match):
        kind = "raw" if match[1].endswith((".png", ".gif")) else "blob"
        return f"]({address}/{kind}/main/{match[1]})"

    return re.sub(r"\]\(((?!https?:)[^)\s]+)\)", full, text)


# === Files ===


def updated(root):
    """The files that quote something, as they should be.

    Args:
        root: The project's folder.

    Returns:
        Dict from paths to text.
    """
    address = repository(root)
    scores = json.loads((root / "docs" / "scores.json").read_text(encoding="utf-8"))
    robustness = (root / "docs" / "robustness.json").read_text(encoding="utf-8")
    robustness = json.loads(robustness)
    minutes = notebook_minutes(root)
    files = {}
    for language, name in {"en": "README.md", "zh-TW": "README.zh-TW.md"}.items():
        text = (root / name).read_text(encoding="utf-8")
        text = _fill(name, text, "<!-- scores -->", score_lines(scores, language))
        lines = robustness_lines(robustness, language)
        text = _fill(name, text, "<!-- robustness -->", lines)
        for notebook, times in minutes.items():
            text = re.sub(
                rf"(?m)^(\| \[{notebook}\].*) \| \d+ \| \d+ \|$",
                rf"\1 | {times[0]} | {times[1]} |",
                text,
            )
        files[root / name] = with_addresses(text, address)
    urls, code = [], []
    if address:
        urls = [
            "[project.urls]",
            f'Homepage = "{address}"',
            f'Changelog = "{address}/blob/main/CHANGELOG.md"',
            f'Issues = "{address}/issues"',
        ]
        code = [f"repository-code: {address}"]
    for name, lines in {"pyproject.toml": urls, "CITATION.cff": code}.items():
        text = (root / name).read_text(encoding="utf-8")
        files[root / name] = _fill(name, text, "# address: by docs/update.py", lines)
    return files


def _fill(name, text, mark, lines):
    """Replaces what stands between a mark and its end, such as `<!-- /scores -->`."""
    end = re.sub(r"^(\W+)", r"\1/", mark)
    before, _, rest = text.partition(f"{mark}\n")
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{name} has no line {mark} that is followed by a line {end}.")
    return "".join([before, f"{mark}\n", *(f"{line}\n" for line in lines), end, after])


def main():
    for path, text in {**updated(ROOT), **pages(ROOT)}.items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"updated {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
