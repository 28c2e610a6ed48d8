"""Files of every kind that the package reads, cut short, with bits turned, and made up.

What comes of them is an error of the user's, or what the undamaged file holds: never
another error, and never another shape. The same tests with many more examples are slow.
"""

import contextlib
import gzip
import io
import json
import shutil
import struct
import zipfile
import zlib

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny_wgan
from hypothesis import HealthCheck
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from wgan_keras import ExportedSampler
from wgan_keras import UserError
from wgan_keras import files
from wgan_keras import load_images
from wgan_keras import load_model
from wgan_keras.cli.main import main
from wgan_keras.data.folder import ImageFolder
from wgan_keras.data.readers import read_array
from wgan_keras.data.readers import read_idx
from wgan_keras.fitting import checkpoints

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)
IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", *IMAGES.shape) + IMAGES.tobytes()
PACKED = gzip.compress(IDX, mtime=0)


def saved(write, *arrays, **named):
    buffer = io.BytesIO()
    write(buffer, *arrays, **named)
    return buffer.getvalue()


NPY = saved(np.save, IMAGES)
NPZ = saved(np.savez_compressed, x_train=IMAGES, x_test=IMAGES)
PICTURES = {
    kind: saved(Image.fromarray(np.tile(IMAGES[0], (4, 4))).save, format=kind)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA")
}
TABLE = b"step,epoch,critic_loss,val_loss\r\n1,1,-0.5,\r\n2,1,-0.75,0.125\r\n"
CONFIG = json.dumps({"model": "wgan", "steps": 9, "version": "0", "width": 4}).encode()


@st.composite
def damaged(draw, content):
    """The content of a file, cut short, with some bits turned, or followed by more."""
    kind = draw(st.sampled_from(["cut", "turned", "longer"]))
    if kind == "cut":
        return content[: draw(st.integers(0, len(content) - 1))]
    if kind == "longer":
        return content + draw(st.binary(min_size=1, max_size=9))
    bits = st.integers(0, 8 * len(content) - 1)
    if draw(st.booleans()):  # at the start, where headers are
        bits = st.integers(0, 8 * min(len(content), 160) - 1)
    turned = bytearray(content)
    for bit in draw(st.sets(bits, min_size=1, max_size=3)):
        turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)


def anything(content):
    """Damaged files, files of any bytes, and of any after a right beginning."""
    beginnings = st.sampled_from(
        [content[:n] for n in (2, 4, 8, 16, 80) if n < len(content)]
    )
    made_up = st.tuples(beginnings, st.binary(max_size=200)).map(b"".join)
    return damaged(content) | damaged(content) | made_up | st.binary(max_size=300)


def fuzzed(content, few, many):
    """Gives a test `content`; once with a few examples, once, slow, with many."""

    def both(test):
        @pytest.mark.parametrize(
            "examples", [few, pytest.param(many, marks=pytest.mark.slow)]
        )
        def run(tmp_path, examples):
            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=examples == few,
                suppress_health_check=list(HealthCheck),
            )
            @given(content)
            def each(value):
                test(tmp_path, value)

            each()

        run.__name__ = test.__name__
        return run

    return both


@contextlib.contextmanager
def an_error_that_names(path):
    """Whatever goes wrong, goes wrong with one clear sentence."""
    try:
        yield
    except UserError as error:
        assert str(path) in str(error)


# === Data sets ===


@fuzzed(anything(IDX), 150, 2_000)
def test_idx(tmp_path, content):
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    with an_error_that_names(path):
        images = read_idx(path, rank=3)
        assert images.dtype == np.uint8
        assert images.tobytes() == content[16:]
        assert images.shape == struct.unpack(">3I", content[4:16])


@fuzzed(anything(PACKED), 150, 2_000)
def test_packed_idx(tmp_path, content):
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(content)
    with an_error_that_names(path):  # or the header of gzip was hit where it is of no use
        np.testing.assert_array_equal(read_idx(path, rank=3), IMAGES)


@fuzzed(anything(NPY), 150, 2_000)
def test_npy(tmp_path, content):
    path = tmp_path / "images.npy"
    path.write_bytes(content)
    with an_error_that_names(path):
        images = read_array(path)
        assert images.size == IMAGES.size * IMAGES.itemsize // images.itemsize
        assert len(content) == len(NPY)


@fuzzed(anything(NPZ), 150, 2_000)
def test_npz(tmp_path, content):
    path = tmp_path / "images.npz"
    path.write_bytes(content)
    with an_error_that_names(path):
        images = load_images(path)
        whole = IMAGES[..., np.newaxis]
        if len(images) != len(whole):  # one of the two arrays is not listed any more
            whole = whole[np.arange(len(whole)) % 10 != 9]
        np.testing.assert_array_equal(images, whole)


@fuzzed(
    st.sampled_from(list(PICTURES)).flatmap(
        lambda kind: st.tuples(st.just(kind), anything(PICTURES[kind]))
    ),
    150,
    2_000,
)
def test_pictures(tmp_path, picture):
    kind, content = picture
    path = tmp_path / f"picture.{kind.lower()}"
    path.write_bytes(content)
    with an_error_that_names(path):
        images = ImageFolder(tmp_path, (8, 8, 1))[:]
        assert images.shape == (1, 8, 8, 1)
        assert images.dtype == np.uint8
    path.unlink()


# === Runs, checkpoints, models, samplers ===


@fuzzed(anything(TABLE), 150, 2_000)
def test_tables(tmp_path, content):
    path = tmp_path / "history.csv"
    path.write_bytes(content)
    with an_error_that_names(path):
        for row in files.read_table(path):
            assert isinstance(row["step"], int)
            assert all(isinstance(value, (int, float)) for value in row.values())


@fuzzed(
    st.sampled_from(["config.json", "history.csv", files.MANIFEST]).flatmap(
        lambda name: st.tuples(
            st.just(name), damaged(TABLE if name == "history.csv" else CONFIG)
        )
    ),
    60,
    500,
)
def test_runs(tmp_path, damage):
    """A damaged file of a run is named by whatever reads it."""
    name, content = damage
    (tmp_path / "config.json").write_bytes(CONFIG)
    (tmp_path / "history.csv").write_bytes(TABLE)
    files.write_manifest(tmp_path, ["config.json", "history.csv"])
    if name == files.MANIFEST:
        whole = (tmp_path / name).read_bytes()
        content = whole[: len(content)] + content[len(whole) :] + b"!"
    (tmp_path / name).write_bytes(content)
    for command in (["info"], ["train", "--resume"]):
        with (
            pytest.raises(SystemExit) as exit_,
            contextlib.redirect_stderr(io.StringIO()) as error,
        ):
            main([*command, str(tmp_path)])
        assert exit_.value.code == 2
        assert name in error.getvalue()


@fuzzed(st.randoms(use_true_random=False), 30, 2_000)
def test_manifests(tmp_path, random):
    """Any turned bit of a file or its manifest is found, or changes nothing."""
    (tmp_path / "weights").write_bytes(IDX)
    files.write_manifest(tmp_path, ["weights"])
    path = tmp_path / random.choice(["weights", files.MANIFEST])
    content = bytearray(path.read_bytes())
    place = random.randrange(8 * len(content))
    content[place // 8] ^= 1 << place % 8
    path.write_bytes(content)
    try:
        files.verify_manifest(tmp_path)
    except ValueError:
        return
    assert (tmp_path / "weights").read_bytes() == IDX
    assert json.loads(path.read_bytes()) == {
        "weights": {"bytes": len(IDX), "sha256": files.checksum(tmp_path / "weights")}
    }


CHECKPOINT = checkpoints.pack_checkpoint({"0": IMAGES, "place": np.array("{}")})


@fuzzed(anything(CHECKPOINT), 150, 2_000)
def test_checkpoints(tmp_path, content):
    path = tmp_path / "00000001.checkpoint"
    path.write_bytes(content)
    assert content == CHECKPOINT or checkpoints.read_checkpoint(path) is None


@pytest.fixture(scope="module")
def whole_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "wgan.keras"
    tiny_wgan().save(path)
    return path.read_bytes()


@pytest.mark.parametrize("examples", [12, pytest.param(150, marks=pytest.mark.slow)])
def test_models(whole_model, tmp_path, examples):
    path = tmp_path / "wgan.keras"
    path.write_bytes(whole_model)
    expected = load_model(path).get_weights()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == 12,
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(whole_model))
    @example(whole_model[:1000])
    def each(content):
        path.write_bytes(content)
        with an_error_that_names(path):
            loaded = load_model(path).get_weights()
            for one, other in zip(loaded, expected, strict=True):
                np.testing.assert_array_equal(one, other)

    each()


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "sampler"
    tiny_wgan().export_sampler(path)
    return path


@pytest.mark.parametrize("examples", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_samplers_are_verified_before_tensorflow_opens_them(
    sampler, tmp_path, examples, monkeypatch
):
    def opened(folder):
        raise AssertionError("TensorFlow opened a damaged sampler")

    monkeypatch.setattr(tf.saved_model, "load", opened)
    copy = tmp_path / "copy"
    shutil.copytree(sampler, copy)
    whole = {p.relative_to(copy): p.read_bytes() for p in copy.rglob("*") if p.is_file()}
    named = files.read_json(copy / files.MANIFEST)
    names = [name for name in whole if str(name) in named]
    assert len(names) >= 4

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == 40,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(names), st.data())
    def each(name, data):
        (copy / name).write_bytes(data.draw(damaged(whole[name])))
        with pytest.raises(ValueError, match=str(name)):
            ExportedSampler(copy)
        (copy / name).write_bytes(whole[name])

    each()


# === What was found, and what is built to harm ===


def zip_of(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy_header(shape, dtype="|u1"):
    buffer = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


HUGE = (2**31, 28, 28)
IDX_OF_HUGE = bytes([0, 0, 8, 3]) + struct.pack(">3I", *HUGE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train-images-idx3-ubyte", IDX_OF_HUGE),
        ("train-images-idx3-ubyte.gz", gzip.compress(IDX_OF_HUGE)),
        ("train-images-idx3-ubyte.gz", gzip.compress(IDX + bytes(2**24))),
        ("a.npy", npy_header(HUGE)),
        ("a.npz", zip_of(a=npy_header(HUGE))),
        ("a.npz", zip_of(a=npy_header((1, 8, 8)) + bytes(2**24))),
    ],
    ids=["idx", "idx.gz", "gzip bomb", "npy", "npz", "zip bomb"],
)
def test_more_is_announced_than_there_is(tmp_path, name, content):
    """It is refused before anything is allocated for it."""
    import tracemalloc

    (tmp_path / name).write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="announces"):
            if name.startswith("train"):
                load_images("mnist", data_dir=tmp_path)
            else:
                load_images(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_what_does_not_fit_into_memory_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "images.npy"
    np.save(path, IMAGES)
    monkeypatch.setattr(files, "memory_bytes", lambda: 400)
    with pytest.raises(ValueError, match="400 of this machine's memory"):
        load_images(path)


@pytest.mark.parametrize("content", ["[" * 100_000, "[]", "NaN", '{"model": 1', "\xff"])
def test_json_that_is_no_object(tmp_path, content):
    """Brackets without end were a RecursionError."""
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"a\.json is damaged"):
        files.read_json(tmp_path / "a.json")


def test_json_of_any_size_is_not_read(tmp_path):
    with open(tmp_path / "a.json", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match="larger than 1048576 bytes"):
        files.read_json(tmp_path / "a.json")
    with pytest.raises(FileNotFoundError, match="no file"):
        files.read_json(tmp_path / "b.json")


@pytest.mark.parametrize(
    "table",
    [
        "step,epoch,loss\r\n1,1,0.25\r\n2,1,0.2",  # 0.25, cut short: another number
        "step,epoch,loss\r\n1,1\r\n",
        "step,epoch,loss\r\n1,1,0.5,7\r\n",  # was a TypeError
        "loss\r\n0.5\r\n",  # was a KeyError
        "step,epoch,loss\r\n1.5,1,0.5\r\n",
        "step,epoch,loss\r\n1,1," + "5" * 200_000 + "\r\n",  # was an error of csv's own
    ],
)
def test_tables_that_are_none_of_ours(tmp_path, table):
    (tmp_path / "history.csv").write_text(table, newline="")
    with pytest.raises(ValueError, match=r"history\.csv is damaged"):
        files.read_table(tmp_path / "history.csv")


def test_postscript_is_never_run(tmp_path):
    """Pillow has Ghostscript execute it, whatever the file's ending."""
    (tmp_path / "a.png").write_bytes(saved(Image.new("L", (8, 8)).save, format="EPS"))
    with pytest.raises(ValueError, match=r"a\.png cannot be read as a picture"):
        load_images(tmp_path, image_shape=(8, 8, 1))
    (tmp_path / "a.png").rename(tmp_path / "a.eps")
    with pytest.raises(ValueError, match="holds no picture"):
        load_images(tmp_path)


def test_a_picture_of_billions_of_pixels_is_refused(tmp_path):
    png = bytearray(PICTURES["PNG"])
    png[16:24] = struct.pack(">2I", 2**16, 2**16)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    (tmp_path / "a.png").write_bytes(png)
    with pytest.raises(ValueError, match=r"a\.png cannot be read .*decompression bomb"):
        load_images(tmp_path, image_shape=(8, 8, 1))


def test_arrays_beside_the_wanted_one_are_not_read(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, names=np.array(["one", "two"]))
    assert load_images(tmp_path / "a.npz").shape == (12, 8, 8, 1)


def test_turned_bits_of_weights_are_found(whole_model, tmp_path):
    """Keras reads them without a look at the archive's checksums."""
    path = tmp_path / "wgan.keras"
    with zipfile.ZipFile(io.BytesIO(whole_model)) as archive:
        weights = archive.read("model.weights.h5")
    place = whole_model.index(weights) + len(weights) - 100
    path.write_bytes(
        whole_model[:place] + bytes([whole_model[place] ^ 1]) + whole_model[place + 1 :]
    )
    with pytest.raises(ValueError, match=r"model\.weights\.h5 in it does not have"):
        load_model(path)


def test_models_that_could_run_code_or_are_no_gan(tmp_path):
    import keras

    def network(layer):
        return keras.Sequential([keras.Input((2,)), layer])

    network(keras.layers.Lambda(lambda x: x)).save(tmp_path / "a.keras")
    with pytest.raises(ValueError, match="Lambda"):
        load_model(tmp_path / "a.keras")
    network(keras.layers.Dense(1)).save(tmp_path / "b.keras")
    with pytest.raises(ValueError, match="holds a Sequential, not a WGAN or DCGAN"):
        load_model(tmp_path / "b.keras")
    (tmp_path / "b.keras").rename(tmp_path / "b.h5")
    with pytest.raises(ValueError, match=r"name ends in \.keras"):
        load_model(tmp_path / "b.h5")
