"""Writes the shipped generators for the lab: a list of operations and float16 weights.

A generator is read from its graph, not from the code that built it: whatever network
computes pictures from latents with the operations below can be written. Batch
normalisation and biases are folded into the layer before them.

    python lab/generators.py             # writes wgan_keras/lab/<name>.js and the fixture
    python lab/generators.py --check     # fails if those files are not from these samplers
    python lab/generators.py mnist=runs/x/generator.keras    # from a Keras model instead

Each file sets `window.labWeights["<name>"]`, so that a page opened from a disk can load
it with a <script>. `test/fixtures/latent.json` holds what the samplers themselves drew.
"""

import argparse
import base64
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

from wgan_keras.nets.latents import SAMPLING_DRAW
from wgan_keras.nets.latents import latents

ROOT = Path(__file__).resolve().parent.parent
SAMPLERS = ("mnist", "fashion-mnist")
FIXTURE = ROOT / "lab" / "test" / "fixtures" / "latent.json"
FIXTURE_SEEDS, FIXTURE_COUNT = (0, 7, 2**31 + 5), 4

# === From a graph to a list of operations ===

_MOVES = {  # operations that only move numbers about, by what NumPy calls them
    "Identity": lambda x: x,
    "Reshape": lambda x, shape: x.reshape(shape),
    "ExpandDims": lambda x, axis: np.expand_dims(x, int(axis)),
    "Tile": np.tile,
    "BroadcastTo": np.broadcast_to,
    "Transpose": np.transpose,
    "Squeeze": np.squeeze,
}


class GraphReader:
    """Reads a concrete function from latents `(N, L)` to images `(N, H, W, C)`.

    The graph is run once for one latent, so that shapes are numbers, and everything that
    does not depend on the latents is a constant. Value 0 is the latents; operation i makes
    value i + 1.

    Attributes:
        operations: List of dicts: `op`, `inputs` (values), `shape` of the result without
            the batch, and the arrays `kernel`, `bias`, `scale`, `shift` where there are.
    """

    def __init__(self, function):
        graph = convert_variables_to_constants_v2(function).graph
        (latents,) = (op for op in graph.get_operations() if op.type == "Placeholder")
        self.latent_dim = latents.outputs[0].shape[-1]
        self.operations = []
        self._read(graph.get_operations(), latents)

    def _read(self, nodes, latents):
        nodes = [node for node in nodes if node.outputs]
        tensors = [tensor for node in nodes for tensor in node.outputs]
        sample = tf.random.stateless_normal((1, self.latent_dim), (1, 2))
        with tf.compat.v1.Session(graph=latents.graph) as session:
            found = session.run(tensors, {latents.outputs[0].name: sample.numpy()})
        self._arrays = dict(zip((t.name for t in tensors), found, strict=True))
        self._places = {}  # of a live tensor's numbers: (value, index of each number)
        self._shapes = [(self.latent_dim,)]
        self._places[latents.outputs[0].name] = (0, self._all(0))
        for node in nodes:
            names = [tensor.name for tensor in node.inputs]
            if any(name in self._places for name in names) and node.type != "Shape":
                place = self._read_node(node, names)
                if place is None:  # the pictures in [−1, 1]; the rest is checked below
                    break
                self._places[node.outputs[0].name] = place
        else:
            raise ValueError("The generator does not end in tanh.")
        pictures = np.clip((self._arrays[node.outputs[0].name] + 1) / 2, 0, 1)
        if not np.allclose(pictures, found[-1], atol=1e-6):
            raise ValueError("The pictures are not (tanh + 1) / 2 of the last layer.")

    def _read_node(self, node, names):
        shape = self._arrays[node.outputs[0].name].shape[1:]
        constants = [None if n in self._places else self._arrays[n] for n in names]
        if node.type in _MOVES:
            value, index = self._places[names[0]]
            index = _MOVES[node.type](index, *constants[1:])
            if self._is_whole(value, index) and self._is_new_picture(value, index):
                return self._append({"op": "reshape", "inputs": [value]}, index.shape[1:])
            return value, index
        if node.type == "MatMul":
            if node.get_attr("transpose_a") or node.get_attr("transpose_b"):
                raise ValueError(f"{node.name}: transposed products are not supported.")
            return self._add("dense", names[:1], shape, kernel=constants[1])
        if node.type in ("Conv2D", "Conv2DBackpropInput"):
            self._check_convolution(node, constants[1])
            rest = {"kernel": constants[1], "strides": node.get_attr("strides")[1]}
            if node.type == "Conv2D":
                return self._add("conv", names[:1], shape, **rest)
            rest["kernel"] = constants[1].transpose(0, 1, 3, 2)
            return self._add("conv_transpose", names[2:], shape, **rest)
        if node.type in ("Add", "AddV2") and None not in [*map(self._places.get, names)]:
            return self._add("add", names, shape)
        if node.type in ("Add", "AddV2", "BiasAdd", "Sub", "Mul", "RealDiv"):
            return self._add_affine(node, names, constants, shape)
        if node.type == "Relu":
            return self._add("relu", names, shape, slope=0.0)
        if node.type == "LeakyRelu":
            return self._add("relu", names, shape, slope=node.get_attr("alpha"))
        if node.type == "Tanh":
            self._add("tanh", names, shape)
            return None
        raise ValueError(
            f"{node.name} is a {node.type}, which the lab cannot compute: add it to "
            "lab/generators.py and to lab/src/engine/generator.ts."
        )

    def _check_convolution(self, node, kernel):
        strides, dilations = node.get_attr("strides"), node.get_attr("dilations")
        a_pixel = kernel.shape[:2] == (1, 1)  # which needs no padding
        if (
            (node.get_attr("padding") != b"SAME" and not a_pixel)
            or node.get_attr("data_format") != b"NHWC"
            or strides[1] != strides[2]
            or set(dilations) != {1}
        ):
            raise ValueError(
                f"{node.name} is no convolution with padding 'same' and one stride."
            )

    def _add_affine(self, node, names, constants, shape):
        live = 0 if names[0] in self._places else 1
        constant = np.asarray(constants[1 - live], float)
        match node.type, live:
            case "Mul", _:
                scale, shift = constant, 0.0
            case "Sub", 0:
                scale, shift = 1.0, -constant
            case "Sub", 1:
                scale, shift = -1.0, constant
            case "RealDiv", 0:
                scale, shift = 1 / constant, 0.0
            case "RealDiv", 1:
                raise ValueError(f"{node.name} divides by what depends on the latents.")
            case _:
                scale, shift = 1.0, constant
        scale, shift = (self._by_channel(array, shape) for array in (scale, shift))
        return self._add("affine", [names[live]], shape, scale=scale, shift=shift)

    @staticmethod
    def _by_channel(array, shape):
        full = np.broadcast_to(array, (1, *shape)).reshape(-1, shape[-1])
        if (full != full[0]).any():
            raise ValueError("A constant that differs between pixels is not supported.")
        return full[0]

    def _add(self, name, names, shape, **rest):
        inputs = [self._value_of(tensor) for tensor in names]
        return self._append({"op": name, "inputs": inputs, **rest}, shape)

    def _append(self, operation, shape):
        """Adds an operation; returns where its result's numbers are."""
        self.operations.append(operation | {"shape": tuple(shape)})
        self._shapes.append(tuple(shape))
        value = len(self.operations)
        return value, self._all(value)

    def _all(self, value):
        return np.arange(np.prod(self._shapes[value])).reshape(1, *self._shapes[value])

    def _is_whole(self, value, index):
        """Whether an index takes all numbers of a value, in their order."""
        return np.array_equal(index.ravel(), self._all(value).ravel())

    def _is_new_picture(self, value, index):
        return index.ndim == 4 and index.shape[1:] != self._shapes[value]

    def _value_of(self, tensor):
        """The value that a tensor is, after whatever moved its numbers."""
        value, index = self._places[tensor]
        if self._is_whole(value, index):
            return value
        if len(self._shapes[value]) == 3:
            doubled = self._all(value).repeat(2, axis=1).repeat(2, axis=2)
            if np.array_equal(index, doubled):
                upsample = {"op": "upsample", "inputs": [value]}
                self._places[tensor] = self._append(upsample, index.shape[1:])
                return self._places[tensor][0]
        raise ValueError(f"{tensor} rearranges its input in a way that is not supported.")


def fold(operations):
    """Folds scales and shifts into the layer before them, and drops mere reshapes."""
    uses = [0] * (len(operations) + 1)
    for operation in operations:
        for value in operation["inputs"]:
            uses[value] += 1
    folded, renamed = [], {0: 0}
    for number, operation in enumerate(operations, 1):
        inputs = [renamed[value] for value in operation["inputs"]]
        source = folded[inputs[0] - 1] if inputs[0] else None
        only = uses[operation["inputs"][0]] == 1
        if operation["op"] == "reshape" and source is not None and only:
            source["shape"] = operation["shape"]
            renamed[number] = inputs[0]
            continue
        if operation["op"] == "affine" and only and source and "scale" in source:
            source["scale"] = source["scale"] * operation["scale"]
            source["shift"] = source["shift"] * operation["scale"] + operation["shift"]
            renamed[number] = inputs[0]
            continue
        if operation["op"] == "affine" and only and source and "kernel" in source:
            scale, shift = operation["scale"], operation["shift"]
            outputs = source["kernel"].shape[-1]
            repeats = outputs // len(scale)  # a dense layer's outputs are pixels × channels
            scale, shift = np.tile(scale, repeats), np.tile(shift, repeats)
            source["kernel"] = source["kernel"] * scale
            source["bias"] = source.get("bias", 0.0) * scale + shift
            renamed[number] = inputs[0]
            continue
        folded.append(operation | {"inputs": inputs})
        renamed[number] = len(folded)
    return folded


def to_float16(operations):
    """Rounds the weights as they will be read again."""
    for operation in operations:
        for key in ("kernel", "bias", "scale", "shift"):
            if key in operation:
                rounded = np.asarray(operation[key]).astype(np.float16)
                if not np.isfinite(rounded).all():
                    raise ValueError(f"A {key} does not fit float16.")
                operation[key] = rounded
    return operations


def run(operations, latents):
    """What the lab should compute, with NumPy and TensorFlow: images in [−1, 1]."""
    values = [tf.constant(latents, tf.float32)]
    for operation in operations:
        x = values[operation["inputs"][0]]
        shape = (len(latents), *operation["shape"])
        kernel, bias, scale, shift = (
            None if key not in operation else operation[key].astype(np.float32)
            for key in ("kernel", "bias", "scale", "shift")
        )
        match operation["op"]:
            case "dense":
                x = tf.reshape(x, (len(latents), -1)) @ kernel
            case "conv":
                x = tf.nn.conv2d(x, kernel, operation["strides"], "SAME")
            case "conv_transpose":
                turned = kernel.transpose(0, 1, 3, 2)
                x = tf.nn.conv2d_transpose(x, turned, shape, operation["strides"], "SAME")
            case "upsample":
                x = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
            case "affine":
                x = x * scale + shift
            case "add":
                x = x + values[operation["inputs"][1]]
            case "relu":
                x = tf.nn.leaky_relu(x, operation["slope"])
            case "tanh":
                x = tf.tanh(x)
        values.append(tf.reshape(x if bias is None else x + bias, shape))
    return values[-1].numpy()


# === Files ===


def multiplications(operations):
    """Of one picture, as the lab counts them."""
    total, shapes = 0, {}
    for number, operation in enumerate(operations, 1):
        shapes[number] = operation["shape"]
        if "kernel" in operation:
            kernel = operation["kernel"].size
            if operation["op"] == "dense":
                total += kernel
            else:
                of = operation["shape"] if operation["op"] == "conv" else None
                of = of or shapes[operation["inputs"][0]]
                total += kernel * of[0] * of[1]
    return total


def to_script(name, operations, latent_dim, source):
    """The text of the file that the page loads."""
    arrays, start, listed = [], 0, []
    for operation in operations:
        entry = {"op": operation["op"], "inputs": operation["inputs"]}
        entry["shape"] = [int(side) for side in operation["shape"]]
        for key in ("strides", "slope"):
            if key in operation:
                entry[key] = round(float(operation[key]), 6)
        for key in ("kernel", "bias", "scale", "shift"):
            if key in operation:
                entry[key] = {"at": start, "shape": list(operation[key].shape)}
                arrays.append(operation[key].ravel())
                start += operation[key].size
        listed.append(entry)
    data = np.concatenate(arrays).astype("<f2").tobytes()
    about = {
        "name": name,
        "source": source,
        "latent_dim": int(latent_dim),
        "multiplications": int(multiplications(operations)),
        "operations": listed,
        "weights": base64.b64encode(data).decode(),
    }
    text = json.dumps(about, separators=(",", ":"))
    return f"(window.labWeights??={{}})[{json.dumps(name)}]={text};\n"


def digest(path):
    """SHA-256 of a sampler's manifest, or of a file."""
    path = Path(path)
    return hashlib.sha256(
        (path / "checksums.json" if path.is_dir() else path).read_bytes()
    ).hexdigest()


def load(path):
    """The function from latents to images in [0, 1], as a concrete function."""
    if Path(path).is_dir():
        return tf.saved_model.load(str(path))
    import keras

    generator = keras.models.load_model(path, compile=False)
    spec = tf.TensorSpec((None, generator.input_shape[-1]), tf.float32, name="latents")
    network = tf.Module()
    network.generator = generator
    network.signatures = {
        "serving_default": tf.function(
            lambda latents: {"images": (generator(latents, training=False) + 1) / 2},
            input_signature=[spec],
        ).get_concrete_function()
    }
    return network


def draw_latents(seed, count, latent_dim):
    """The latents from which a sampler's `sample` draws the pictures of a seed."""
    return latents(seed, SAMPLING_DRAW, 0, count, latent_dim).numpy()


def to_levels(images):
    return np.round(np.asarray(images) * 255).astype(np.uint8)


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def fixture_of(name, sampler, latent_dim):
    """What the sampler drew: latents and grey levels, by seed."""
    cases = []
    for seed in FIXTURE_SEEDS:
        n, number = tf.constant(FIXTURE_COUNT, tf.int64), tf.constant(seed, tf.int64)
        drawn = sampler.signatures["sample"](n=n, seed=number)["images"].numpy()
        rows = draw_latents(seed, FIXTURE_COUNT, latent_dim)
        again = sampler.signatures["serving_default"](tf.constant(rows))["images"]
        if np.abs(again.numpy() - drawn).max() > 1e-5:
            raise ValueError(f"{name}: these are not the latents of seed {seed}.")
        cases.append(
            {"seed": seed, "latents": encode(rows), "levels": encode(to_levels(drawn))}
        )
    return cases


def residual_generator():
    """A small network with what the shipped ones may lack, for the tests of the lab.

    Returns:
        A built `keras.Model` from latents `(N, 5)` to images `(N, 8, 8, 1)`.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    latents = keras.Input((5,))
    x = layers.Reshape((2, 2, 6))(layers.Dense(24)(latents))
    for filters in (6, 4):
        x = layers.UpSampling2D(interpolation="nearest")(x)
        y = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
        y = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(y))
        y = layers.Conv2D(filters, 3, padding="same")(layers.ReLU()(y))
        x = layers.Conv2D(filters, 1, use_bias=False)(x)
        x = layers.Add()([x, y])
    x = layers.Conv2D(1, 5, padding="same", activation="tanh")(x)
    generator = keras.Model(latents, x)
    rng = np.random.default_rng(3)
    for variable in generator.variables:  # as if trained: no mean is 0, no variance 1
        noise = rng.uniform(-0.1, 0.1, (2, *variable.shape))
        variable.assign(variable * (1 + noise[0]) + noise[1])
    return generator


def residual_fixture(folder):
    """The small network as the lab loads it, with four pictures by Keras."""
    path = Path(folder) / "residual.keras"
    generator = residual_generator()
    generator.save(path)
    text, _ = export("residual", path, "a network of random weights")
    rows = draw_latents(0, 4, 5)
    images = generator.predict(rows, verbose=0)
    return {"script": text, "latents": encode(rows), "images": encode(images)}


def export(name, path, source=None):
    """Reads, checks and encodes one generator.

    Args:
        name: By which the page knows it.
        path: A sampler's folder, or a `.keras` file of a generator.
        source: What it is from; by default the digest of the path.

    Returns:
        `(text, fixture)`: of the script, and the sampler's pictures or `None`.
    """
    loaded = load(path)
    function = loaded.signatures["serving_default"]
    reader = GraphReader(function)
    operations = to_float16(fold(reader.operations))
    rows = draw_latents(1, 256, reader.latent_dim)
    wanted = function(latents=tf.constant(rows))["images"].numpy()
    images = (run(operations, rows) + 1) / 2
    largest = 255 * np.abs(images - wanted).max()
    off = np.abs(to_levels(images).astype(int) - to_levels(wanted)).max()
    if off > 1:
        raise ValueError(f"{name}: float16 moves a pixel by {largest:.2f} grey levels.")
    source = source or digest(path)
    text = to_script(name, operations, reader.latent_dim, source)
    print(
        f"{name}: {' '.join(o['op'] for o in operations)}; latents {reader.latent_dim}, "
        f"{multiplications(operations):,} multiplications, {len(text):,} bytes; float16 "
        f"moves 256 pictures by at most {largest:.2f} grey levels ({off} after rounding)"
    )
    has_sample = "sample" in loaded.signatures
    return text, fixture_of(name, loaded, reader.latent_dim) if has_sample else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("generators", nargs="*", help="name or name=path; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    options = parser.parse_args()
    folder = ROOT / "wgan_keras"
    fixture = json.loads(FIXTURE.read_text()) if FIXTURE.exists() else {}
    for argument in options.generators or SAMPLERS:
        name, _, path = argument.partition("=")
        path = Path(path) if path else folder / "samplers" / name
        target = folder / "lab" / f"{name}.js"
        if options.check:
            written = target.read_text() if target.exists() else ""
            if f'"source":"{digest(path)}"' not in written:
                raise SystemExit(f"{target} is stale: run python lab/generators.py {name}")
            continue
        text, cases = export(name, path)
        target.write_text(text)
        if cases:
            fixture[name] = cases
    if not options.check:
        with tempfile.TemporaryDirectory() as scratch:
            fixture["residual"] = residual_fixture(scratch)
        FIXTURE.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
