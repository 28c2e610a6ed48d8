"""What the benchmarks share: a step, a training that is measured, the machine's name."""

import dataclasses
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ONE_THREAD = {
    "TF_ENABLE_ONEDNN_OPTS": "1",  # as `wgan-keras train` has it
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def stepper(model, data):
    """A function that makes one more training step of a model, and returns its logs.

    Args:
        model: A compiled model.
        data: What `training_data` returns.
    """
    batches = iter(data)
    model.make_train_function()
    return lambda: model.train_function(batches)


def measured(settings, images, evaluator, marks, count, full=None):
    """Trains a model from settings, and measures it at some steps.

    Args:
        settings: `Settings`, whose `image_shape` is the images'; the steps are the last
            mark's.
        images: uint8 training images `(N, H, W, C)`.
        evaluator: An `Evaluator` on the real images that count.
        marks: Generator steps at which pictures are scored, the last one the end.
        count: Pictures that are scored at each mark.
        full: Dict from a name to a mark at which as many pictures as there are real ones
            are scored by all measures.

    Returns:
        `(result, model)`: a dict with the settings, the rows measured at the marks with
        the CPU seconds of the training up to there, the full scores and the largest
        memory; and the trained model.
    """
    import keras
    import numpy as np

    from wgan_keras import HealthCheck
    from wgan_keras import training_data
    from wgan_keras.runs.building import build_model

    settings = dataclasses.replace(settings, steps=marks[-1])
    model = build_model(settings)
    result = {"settings": dataclasses.asdict(settings), "rows": [], "full": {}}
    health = HealthCheck()

    class Marks(keras.callbacks.Callback):
        logs, spent = [], 0.0

        def on_train_begin(self, logs=None):
            self.started = time.process_time()

        def on_train_batch_end(self, batch, logs=None):
            self.logs.append({name: float(value) for name, value in logs.items()})
            step = int(model.steps_done.numpy())
            if step in marks:
                self.spent += time.process_time() - self.started
                recent = self.logs[-100:]
                result["rows"].append(
                    {
                        "step": step,
                        "cpu_seconds": self.spent,
                        "frechet_distance": evaluator.frechet_distance(
                            model.sample(count, seed=step)
                        ),
                        **{n: float(np.median([r[n] for r in recent])) for n in logs},
                    }
                )
                print(step, result["rows"][-1]["frechet_distance"], flush=True)
                for name in [name for name in full or () if full[name] == step]:
                    pictures = model.sample(len(evaluator.real), seed=step)
                    result["full"][name] = evaluator.score(pictures)
                self.started = time.process_time()

    data = training_data(images, settings.batch_size, settings.n_critic, settings.seed)
    model.fit(
        data, steps_per_epoch=marks[-1], epochs=1, verbose=0, callbacks=[health, Marks()]
    )
    result["broken"] = health.broken
    result["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result, model


def each_in_a_process(script, names, folder, workers):
    """Runs `script run NAME` for each name whose result is not there yet.

    Args:
        script: The Python file.
        names: Names of the runs; `folder/NAME.json` is a run's result.
        folder: Where results and logs go.
        workers: Processes at a time, each of one thread where there is more than one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [name for name in names if not (folder / f"{name}.json").exists()]
    environment = {**os.environ, **(ONE_THREAD if workers > 1 else {})}
    running = []
    while waiting or running:
        while waiting and len(running) < workers:
            name = waiting.pop(0)
            with open(folder / f"{name}.log", "w") as log:
                command = [sys.executable, script, "run", name, "--folder", str(folder)]
                process = subprocess.Popen(
                    command, env=environment, stdout=log, stderr=subprocess.STDOUT
                )
            running.append((name, process))
        time.sleep(1)
        for name, process in [pair for pair in running if pair[1].poll() is not None]:
            running.remove((name, process))
            done = "done" if process.returncode == 0 else f"failed, see {name}.log"
            print(f"{time.strftime('%H:%M:%S')} {name}: {done}", flush=True)


def spread(values):
    """Mean ± standard deviation as text; of one value itself, and of none nothing."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):.3g}"
    return f"{mean} ± {statistics.stdev(values):.2g}" if len(values) > 1 else mean


def processor_has(flag):
    """Whether the processor has a feature, such as `"avx512f"`."""
    return flag in Path("/proc/cpuinfo").read_text()


def processor():
    """The processor's name, and whether it has AVX-512."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    vector = "with AVX-512" if processor_has("avx512f") else "without AVX-512"
    return f"{names[0] if names else platform.processor()} {vector}"
