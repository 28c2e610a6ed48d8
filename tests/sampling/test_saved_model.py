import numpy as np
import pytest
import tensorflow as tf
from helpers import SHAPE
from helpers import tiny_wgan

from wgan_keras import ExportedSampler
from wgan_keras import __version__
from wgan_keras import verify_manifest
from wgan_keras.sampling import folders


def test_an_exported_sampler_draws_what_the_model_does(tmp_path, monkeypatch):
    wgan = tiny_wgan(seed=3)
    wgan.export_sampler(tmp_path / "sampler", dataset="noise")
    sampler = ExportedSampler(tmp_path / "sampler")
    assert sampler.image_shape == SHAPE
    assert sampler.describe() == (
        f"wgan_keras {__version__}, data set noise, seed 3, SHA-256 of its manifest "
        f"{verify_manifest(tmp_path / 'sampler')}"
    )
    monkeypatch.setattr(folders, "BATCH_BYTES", 2 * 4 * 64 * 64)  # of 128 pictures
    batches = list(sampler.batches(seed=7, count=300))
    assert [len(batch) for batch in batches] == [128, 128, 44]
    np.testing.assert_allclose(np.concatenate(batches), wgan.sample(300, 7), atol=1e-5)
    walk = sampler.walk(seed=7, steps=3)
    np.testing.assert_allclose(walk[0], batches[0][0], atol=1e-5)
    np.testing.assert_allclose(walk[2], wgan.sample(1, 8)[0], atol=1e-5)


def saved_model(path, outputs, **replaced):
    """A SavedModel with the signatures of a sampler, except for those in `replaced`."""
    number = tf.TensorSpec((), tf.int64)
    known = {
        "serving_default": {"latents": tf.TensorSpec((None, 6))},
        "sample": {"n": number, "seed": number},
        "sample_range": {"seed": number, "start": number, "count": number},
        "interpolate": {"seed_a": number, "seed_b": number, "steps": number},
    } | replaced

    def function(name, specs):
        length = {"sample_range": "count", "interpolate": "steps"}.get(name, "n")

        def draw(**arguments):
            latents = arguments.get("latents")
            return outputs(arguments[length] if latents is None else tf.shape(latents)[0])

        return tf.function(draw).get_concrete_function(
            **{n: tf.TensorSpec(s.shape, s.dtype, name=n) for n, s in specs.items()}
        )

    signatures = {name: function(name, specs) for name, specs in known.items() if specs}
    tf.saved_model.save(tf.Module(), str(path), signatures=signatures)
    return path


def fixed(count, value=0.5, shape=SHAPE):
    """Pictures of static shape, as a sampler's are."""
    images = tf.fill([tf.cast(count, tf.int32), *shape], value)
    return {"images": tf.ensure_shape(images, (None, *shape))}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interpolate": None}, r"its signatures are \['sample', 'sample_range', 'serv"),
        ({"more": {"n": tf.TensorSpec((), tf.int64)}}, r"signatures are .*'more'"),
        (
            {
                "sample": {
                    "n": tf.TensorSpec((), tf.int32),
                    "seed": tf.TensorSpec((), tf.int64),
                }
            },
            r"'sample' takes .*int32",
        ),
        ({"sample": {"n": tf.TensorSpec((), tf.int64)}}, r"'sample' takes \{'n'"),
        ({"serving_default": {"latents": tf.TensorSpec((6,))}}, r"'serving_default' takes"),
        ({"outputs": lambda n: {"pictures": fixed(n)["images"]}}, r"returns \{'pictures'"),
        ({"outputs": lambda n: fixed(n) | {"more": n}}, r"returns .*'more'"),
        ({"outputs": lambda n: fixed(n, value=1)}, "returns .*int32"),
        ({"outputs": lambda n: fixed(n, shape=(8, 8))}, r"\(None, 8, 8\)"),
    ],
)
def test_signatures_that_do_not_fit_are_refused(tmp_path, options, message):
    path = saved_model(tmp_path / "a", **({"outputs": fixed} | options))
    with pytest.raises(ValueError, match=rf"a SavedModel, but not a sampler: .*{message}"):
        ExportedSampler(path)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (lambda n: fixed(n + 1), r"for 3 pictures .* shape \(4, 8, 8, 1\)"),
        (lambda n: fixed(0 * n), r"shape \(0, 8, 8, 1\)"),
        (lambda n: fixed(n, value=np.float32(np.nan)), "from nan to nan"),
        (lambda n: fixed(n, value=-0.5), "from -0.5"),
        (lambda n: fixed(n - 9), "cannot draw"),
    ],
)
def test_a_graph_that_does_not_draw_what_it_says(tmp_path, outputs, message):
    sampler = ExportedSampler(saved_model(tmp_path / "a", outputs=outputs))
    with pytest.raises(ValueError, match=message):
        list(sampler.batches(seed=0, count=3))


def test_signatures_are_described(tmp_path):
    tiny_wgan().export_sampler(tmp_path / "sampler")
    assert ExportedSampler(tmp_path / "sampler").describe_signatures() == [
        "interpolate(seed_a: int64, seed_b: int64, steps: int64)",
        "sample(n: int64, seed: int64)",
        "sample_range(count: int64, seed: int64, start: int64)",
        "serving_default(latents: float32 (None, 6))",
    ]
