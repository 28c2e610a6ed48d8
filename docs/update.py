"""Brings what is measured, and the project's address, up to date wherever it is quoted.

    python docs/update.py

In both READMEs it fills the table of scores from `docs/scores.json`, and the minutes of the
notebooks from the notebooks. `REPOSITORY` in `tutorials/build.py` is the project's address:
once it is set, the READMEs' links become full addresses, without which PyPI shows no
pictures, each notebook gets a link to Colab, and `pyproject.toml` and `CITATION.cff` name
the address. A test fails as long as any of these files is out of date.
"""

import json
import re
import statistics
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
WORDS_A_MINUTE = 200  # of technical prose and code

CAPTION = {
    "en": "The table shows the Fréchet distance between 10,000 generated and 10,000 real "
    "test images after {seconds} s of training on one core: mean ± standard deviation over "
    "{seeds} seeds, or one seed where there is no ±; the smaller the better. The other "
    "columns are for MNIST. All models have the same generator.",
    "zh-TW": "下表是用一個核心訓練 {seconds} 秒之後，10,000 張生成的圖片與 10,000 張真實"
    "測試影像之間的 Fréchet 距離：{seeds} 個種子的平均 ± 標準差（沒有 ± 的只跑了一個"
    "種子），越小越好；其餘各欄是 "
    "MNIST 的。所有模型的生成器都相同。",
}
HEADINGS = {
    "en": ("model", "MNIST", "Fashion-MNIST", "precision", "recall", "ms a step"),
    "zh-TW": ("模型", "MNIST", "Fashion-MNIST", "精確率", "召回率", "一步幾毫秒"),
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
        True: "After this short training, the {best} is closest to the real images of "
        "MNIST, and the clipped WGAN is ahead of a DCGAN that was tuned in the same way. "
        "That is the order after {seconds} s, and not the last word on the methods.",
        False: "After this short training, the {best} is closest to the real images of "
        "MNIST, and the clipped WGAN is behind a DCGAN that was tuned in the same way: a "
        "WGAN does not draw better pictures merely because it is one.",
    },
    "zh-TW": {
        True: "只訓練這麼一下子，最接近真實 MNIST 的是 {best}，權重裁剪的 WGAN 也贏過用"
        "同樣方式調校的 DCGAN。不過這只是 {seconds} 秒時的名次，別急著下定論喔。",
        False: "只訓練這麼一下子，最接近真實 MNIST 的是 {best}；權重裁剪的 WGAN 則輸給用"
        "同樣方式調校的 DCGAN。所以別以為換成 WGAN，圖片就會自動變漂亮喔。",
    },
}

# === Scores ===


def score_lines(scores, language):
    """The READMEs' table of models, its caption, and what it says of the clipped WGAN.

    Args:
        scores: What `docs/scores.json` holds.
        language: `"en"` or `"zh-TW"`.

    Returns:
        Lines of Markdown.
    """

    def values(model, dataset, measure):
        return [
            run["full"]["time"][measure]
            for run in scores["runs"]
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
    distances = {
        model: statistics.mean(found)
        for model in speed
        if (found := values(model, "mnist", "frechet_distance"))
    }
    ahead = distances["WGAN, clipped"] < distances["DCGAN"]
    best = min(distances, key=distances.get)
    best = NAMES[language].get(best, best).replace("WGAN, clipped", "clipped WGAN")
    return [*lines, "", VERDICT[language][ahead].format(best=best, seconds=seconds)]


def _spread(values):
    """Such as `3.64 ± 0.18`: the spread to two digits, the mean as exact as that."""
    if len(values) < 2:
        return f"{values[0]:.2f}" if values else ""
    mean, spread = statistics.mean(values), statistics.stdev(values)
    digits = min(2, max(0, 1 - int(f"{spread:e}".partition("e")[2])))
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


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
    minutes = notebook_minutes(root)
    files = {}
    for language, name in {"en": "README.md", "zh-TW": "README.zh-TW.md"}.items():
        text = (root / name).read_text(encoding="utf-8")
        text = _fill(name, text, "<!-- scores -->", score_lines(scores, language))
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
    for path, text in updated(ROOT).items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"updated {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
