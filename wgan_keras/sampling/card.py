"""Model cards: what a sampler says of itself, in the form that the Hugging Face Hub shows.

Reference:
    Mitchell et al. (2019), "Model Cards for Model Reporting".
"""

import re
from pathlib import Path
from statistics import mean
from statistics import stdev

from wgan_keras.errors import UserError

CARD = "README.md"
_DATA = {  # data set: what it is, and its name on the Hub
    "digits": (
        "the 1,797 digits of scikit-learn's `load_digits`, from the UCI repository's "
        "*Optical Recognition of Handwritten Digits*, enlarged to 28×28",
        None,
    ),
    "mnist": (
        "MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
        "ylecun/mnist",
    ),
    "fashion-mnist": (
        "Fashion-MNIST, by Zalando Research, under the MIT license",
        "zalando-datasets/fashion_mnist",
    ),
}
_METHODS = {  # Lipschitz strategy: what the model is called, and its paper
    "clip": (
        "WGAN with weight clipping",
        "[Arjovsky, Chintala, Bottou (2017)](https://arxiv.org/abs/1701.07875)",
    ),
    "gp": (
        "WGAN with gradient penalty",
        "[Gulrajani et al. (2017)](https://arxiv.org/abs/1704.00028)",
    ),
    "sn": (
        "WGAN with spectral normalization",
        "[Miyato et al. (2018)](https://arxiv.org/abs/1802.05957)",
    ),
    "dcgan": (
        "DCGAN",
        "[Radford, Metz, Chintala (2016)](https://arxiv.org/abs/1511.06434)",
    ),
}
_FEATURES = {  # as `evaluate` names the network whose features it compares
    "classifier": "a small classifier",
    "trained_classifier": "a small classifier that was trained on labels of the data set",
    "random_network": "a fixed network with random weights",
}
_LIBRARIES = {
    "tf_saved_model": "tensorflow",
    "onnx": "onnx",
    "litert": "litert",
    "keras": "keras",
}
_LATENTS = (
    "latents = np.random.default_rng(7).standard_normal((64, {latent_dim}), np.float32)"
)
_LOADING = {  # format: how a program opens it, in this folder
    "tf_saved_model": """\
import tensorflow as tf

sampler = tf.saved_model.load(".")
images = sampler.sample(n=64, seed=7)["images"]""",
    "onnx": f"""\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("sampler.onnx")
{_LATENTS}
images = session.run(["images"], {{{{"latents": latents}}}})[0]""",
    "litert": f"""\
import numpy as np
from ai_edge_litert.interpreter import Interpreter

generator = Interpreter("sampler.tflite").get_signature_runner()
{_LATENTS}
images = generator(latents=latents)["images"]""",
    "keras": f"""\
import keras
import numpy as np

generator = keras.saving.load_model("generator.keras")
{_LATENTS}
images = (generator.predict(latents) + 1) / 2""",
}
_CARD = """\
---
license: {license}
library_name: {library}
pipeline_tag: unconditional-image-generation
{datasets}tags:
- gan
- {tag}
---

# {title}{data_name}

This generator turns {latent_dim} standard normal random numbers into a picture of
{height}×{width} pixels with {channels}. It was trained with {package} for
{steps} generator steps.

## License

{license_text}

## Training data

{data}

## Training

{training}

## Scores

{scores}

## Limits

- The pictures have {height}×{width} pixels, and you cannot ask for a class: what you get
  depends on the random numbers alone.
- The generator has learnt from its training data with all their gaps and biases. It may
  show some kinds of images more often than the data do, and others never.
- Pictures of the same latents differ by rounding between formats and between machines.

## How to use it

```python
{loading}
```

`images` is float32 `(64, {height}, {width}, {depth})` in [0, 1]. {drawing}
"""


def model_card(about):
    """The model card of a sampler.

    Args:
        about: Dict of what is known of it, as in `sampler.json`: `package`, `format`,
            `latent_dim`, `image_shape`, `model`, `steps`; and, where there are, `dataset`;
            `images`, the number of training images; `settings`, a dict of what the training
            was set to; `scores`, what `evaluate` returned; `curve_score`, the last score of
            the learning curve, as `Run.export_sampler` gives it; and `license`.

    Returns:
        Markdown, with the Hub's metadata at its head.

    Raises:
        ValueError: Some of it is not what is expected.
    """
    try:
        return _CARD.format(**_fields(about))
    except UserError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            "A model card cannot be written of this sampler, since what its sampler.json "
            f"or the scores say is not as expected ({error!r}): export it anew."
        ) from error


def _fields(about):
    height, width, channels = about["image_shape"]
    saved_as, latent_dim = about.get("format", "tf_saved_model"), about["latent_dim"]
    method = _method(about)
    _, hub_name = _DATA.get(about.get("dataset"), (None, None))
    return {
        "license": _license(about),
        "license_text": _license_text(about),
        "library": _LIBRARIES[saved_as],
        "datasets": f"datasets:\n- {hub_name}\n" if hub_name else "",
        "tag": "dcgan" if method == "dcgan" else "wgan",
        "title": _METHODS[method][0] if method else about["model"],
        "data_name": f", trained on {_short(about)}" if "dataset" in about else "",
        "latent_dim": latent_dim,
        "height": height,
        "width": width,
        "channels": "1 channel" if channels == 1 else f"{channels} channels",
        "depth": channels,
        "package": about["package"],
        "steps": f"{about['steps']:,}",
        "data": _data(about),
        "training": _training(about, method),
        "scores": _scores(about),
        "loading": _LOADING[saved_as].format(latent_dim=latent_dim),
        "drawing": _drawing(saved_as, latent_dim),
    }


# === Its parts ===


def _method(about):
    settings = about.get("settings") or {}
    if "dcgan" in (settings.get("model"), str(about["model"]).lower()):
        return "dcgan"
    return settings.get("lipschitz") if settings.get("lipschitz") in _METHODS else None


def _license(about):
    name = about.get("license", "unknown")
    if not re.fullmatch(r"[a-z0-9.-]+", name):
        raise UserError(
            f"license must be an identifier such as mit or cc-by-4.0, not {name!r}."
        )
    return name


def _license_text(about):
    if "license" in about:
        return f"The weights are published under the license `{_license(about)}`."
    return (
        "No license has been chosen for these weights yet. Whoever publishes them should "
        "choose one that the training data allow, and name it at the head of this file "
        "instead of `unknown`."
    )


def _short(about):
    """The data set's name; of a path its last part, which tells nothing of the machine."""
    return Path(str(about["dataset"])).name


def _data(about):
    name, count = about.get("dataset"), about.get("images")
    if name is None:
        return "The data set has not been named."
    known, _ = _DATA.get(name, (f"images of the author's own, `{_short(about)}`", None))
    used = f"; {count:,} images were used for training" if count else ""
    return f"{known[0].upper()}{known[1:]}{used}."


def _training(about, method):
    settings = about.get("settings")
    if not settings:
        return f"The settings of the training are not known; its seed was {about['seed']}."
    said = ("dataset", "data_dir", "image_shape")  # elsewhere in the card, or private
    lines = ["| setting | value |", "| --- | --- |"]
    lines += [
        f"| `{name}` | {_text(value)} |"
        for name, value in settings.items()
        if value is not None and name not in said
    ]
    paper = f"The method is that of {_METHODS[method][1]}.\n\n" if method else ""
    return paper + "\n".join(lines)


def _text(value):
    """A setting; a tuple and the list that JSON makes of it read alike."""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _scores(about):
    if "scores" in about:
        return _score_table(about["scores"])
    if "curve_score" not in about:
        return "It has not been scored: `python -m wgan_keras evaluate` does so."
    score = about["curve_score"]
    return (
        f"After step {score['step']:,}, the Fréchet distance between "
        f"{score['pictures']:,} generated pictures and {score['held_out']:,} held-out "
        f"images was {score['frechet_distance']:.4g} in the features of {_network(score)}. "
        "Such a distance compares only with others of as many pictures in these features."
    )


def _score_table(result):
    sets, count = result["sets"], result["count"]
    lines = ["| measure | generated | real |", "| --- | --- | --- |"]
    for name, values in result["scores"].items():
        cells = (_spread(values[kind]) for kind in ("generated", "real"))
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    number = f"{sets} sets of {count:,} pictures" if sets > 1 else f"{count:,} pictures"
    return (
        f"Measured on {number}, against as many test images in the features of "
        f"{_network(result)}. *Real* is the same measure of training images: the best that "
        "a generator could reach. Fréchet distances do not compare with those of other "
        "features, such as Inception's.\n\n" + "\n".join(lines)
    )


def _network(score):
    """The network in whose features the score was taken, and its SHA-256."""
    kind = sorted(_FEATURES.keys() & score)[0]
    about = score[kind]
    accuracy = about.get("test_accuracy")
    known = f", test accuracy {accuracy:.2%}" if accuracy is not None else ""
    return f"{_FEATURES[kind]} (SHA-256 `{about['sha256']}`{known})"


def _spread(values):
    spread = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{mean(values):.4g}{spread}"


def _drawing(saved_as, latent_dim):
    if saved_as == "tf_saved_model":
        return "Picture i of a seed is the same for any `n`."
    drawn = f"`wgan_keras.sampling_latents(seed, 0, 64, {latent_dim})`"
    return (
        f"With the package wgan_keras, {drawn} gives the latents of pictures 0 to 64 of a "
        "seed, the same in every format."
    )
