"""Exports a run in all formats, and measures files, agreement, and what `sample` takes.

    pip install -e ".[onnx,litert]"
    python benchmarks/exports.py RUN

Writes `docs/exports.json`, and a section of both guides to exporting. The time that
`sample` takes is the median over several rounds, in which the two formats alternate.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {
    "en": ROOT / "docs" / "guides" / "exporting.md",
    "zh-TW": ROOT / "docs" / "zh-TW" / "guides" / "exporting.md",
}
NETWORKS = {  # format: its file; that of a SavedModel are several
    "tf_saved_model": None,
    "onnx": "sampler.onnx",
    "litert": "sampler.tflite",
    "keras": "generator.keras",
}
COUNT, SEED, ROUNDS = 1000, 7, 5
TEXT = {
    "en": (
        "## Size, agreement and time",
        ("format", "kB", "largest difference from the model"),
        "A pixel lies in [0, 1], and the differences are the largest in {count:,} pictures "
        "drawn from the same latents. The generator was trained on {dataset}, with "
        "{latent_dim} latents.",
        "`sample` took {onnx:.2f} s for a grid of 64 pictures from ONNX, and {tf:.2f} s "
        "from the SavedModel. In processor time, that is {onnx_cpu:.2f} s and "
        "{tf_cpu:.2f} s. "
        "These are medians of {rounds} rounds on a machine of {cores} cores, with a load "
        "average of {load:.1f}. `benchmarks/exports.py` makes this section.",
    ),
    "zh-TW": (
        "## 檔案大小、誤差和時間",
        ("格式", "kB", "與模型的最大差距"),
        "像素值在 [0, 1] 之間，差距是同一批潛在向量畫出的 {count:,} 張圖裡最大的。"
        "生成器在 {dataset} 上訓練，潛在向量長度是 {latent_dim}。",
        "畫一張 64 格的圖，`sample` 用 ONNX 花了 {onnx:.2f} 秒，用 SavedModel 花了 "
        "{tf:.2f} 秒；只算處理器時間，則是 {onnx_cpu:.2f} 秒和 {tf_cpu:.2f} 秒。以上是 "
        "{rounds} 輪的中位數，機器有 {cores} 個核心，平均負載（load average）是 "
        "{load:.1f}。這一節由 `benchmarks/exports.py` 產生。",
    ),
}


def draw(folder, format, latents):
    """Pictures in [0, 1] by the format's own runtime."""
    if format == "tf_saved_model":
        import tensorflow as tf

        model = tf.saved_model.load(str(folder))
        return model.signatures["serving_default"](tf.constant(latents))["images"].numpy()
    path = folder / NETWORKS[format]
    if format == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        return session.run(["images"], {"latents": latents})[0]
    if format == "litert":
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(str(path)).get_signature_runner()(latents=latents)["images"]
    import keras

    return (keras.saving.load_model(path).predict(latents, verbose=0) + 1) / 2


def timed(sampler, out):
    """Seconds, on the clock and of the processors, that `sample` takes for 64 pictures."""
    command = [sys.executable, "-m", "wgan_keras", "sample", sampler, "--out", out]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, "--overwrite"], check=True, capture_output=True)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"seconds": clock, "cpu_seconds": spent}


def measure(run, folder):
    """All that the tables say, of a `Run`, with the exports in a folder."""
    import numpy as np

    from wgan_keras import sampling_latents

    latents = sampling_latents(SEED, 0, COUNT, run.settings.latent_dim)
    expected = run.model.sample(COUNT, SEED)
    formats = {}
    for format, network in NETWORKS.items():
        path = folder / format
        run.export_sampler(path, format)
        saved_model = [path / "saved_model.pb", *path.glob("variables/*")]
        files = [path / network] if network else saved_model
        formats[format] = {
            "bytes": sum(file.stat().st_size for file in files),
            "difference": float(np.abs(draw(path, format, latents) - expected).max()),
        }
    drawn = ("tf_saved_model", "onnx")
    rounds = [
        {format: timed(folder / format, folder / "a.png") for format in drawn}
        for _ in range(ROUNDS)
    ]
    return {
        "dataset": run.settings.dataset,
        "latent_dim": run.settings.latent_dim,
        "count": COUNT,
        "formats": formats,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "sample": {
            format: {
                kind: statistics.median(one[format][kind] for one in rounds)
                for kind in ("seconds", "cpu_seconds")
            }
            for format in drawn
        },
    }


def section(result, language):
    """The guide's section, as Markdown, from what `docs/exports.json` holds."""
    title, headings, about, times = TEXT[language]
    rows = [
        f"| `{format}` | {one['bytes'] / 1000:,.0f} | {one['difference']:.1g} |"
        for format, one in result["formats"].items()
    ]
    table = [f"| {' | '.join(headings)} |", "| --- | ---: | ---: |", *rows]
    onnx, tf = (result["sample"][name] for name in ("onnx", "tf_saved_model"))
    times = times.format(
        onnx=onnx["seconds"],
        tf=tf["seconds"],
        onnx_cpu=onnx["cpu_seconds"],
        tf_cpu=tf["cpu_seconds"],
        rounds=ROUNDS,
        cores=result["cores"],
        load=result["load"],
    )
    return "\n\n".join([title, "\n".join(table), about.format(**result), times])


def filled(text, result, language):
    """A guide with its marked section anew."""
    begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
    new = f"{begin}\n{section(result, language)}\n{end}"
    return re.sub(f"{begin}.*{end}", lambda _: new, text, flags=re.S)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    from wgan_keras import Run

    with tempfile.TemporaryDirectory() as folder:
        result = measure(Run.open(options.run), Path(folder))
    (ROOT / "docs" / "exports.json").write_text(json.dumps(result, indent=2) + "\n")
    for language, guide in GUIDES.items():
        guide.write_text(filled(guide.read_text("utf-8"), result, language), "utf-8")
    print(section(result, "en"))


if __name__ == "__main__":
    main()
