"""Samplers in ONNX, which draw without TensorFlow."""

import os

import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.nets.numpy_latents import sampling_latents
from wgan_keras.nets.numpy_latents import spherical_interpolation
from wgan_keras.sampling.extras import import_extra
from wgan_keras.sampling.folders import CHUNK
from wgan_keras.sampling.folders import SamplerFolder

NETWORK = "sampler.onnx"
MIN_RUNTIME = (1, 25)  # older ones let a model take weights from any file of the machine


class OnnxSampler(SamplerFolder):
    """A sampler in ONNX, run by onnxruntime: neither TensorFlow nor Keras is imported.

    Picture i of a seed is the one that the SavedModel of the same generator draws, but for
    rounding. The network takes latents; NumPy draws them.

    The files are compared with the manifest, which tells damage. An ONNX model can do
    nothing but compute, except that it may take weights from further files, and onnxruntime
    opens none outside the model's own folder.

    Args:
        folder: What `GAN.export_sampler` wrote with `format="onnx"`.

    Attributes:
        about: Dict of what the sampler says of itself.
        checksum: SHA-256 of its manifest; `None` where it has none.
        image_shape: `(H, W, C)` of its pictures.
        latent_dim: Length of its latents.

    Raises:
        ValueError: It is damaged, or is no sampler, or onnxruntime is missing or too old.

    Example:

    >>> from wgan_keras import OnnxSampler                          # doctest: +SKIP
    >>> OnnxSampler("sampler-onnx").draw(64, seed=7).shape           # doctest: +SKIP
    (64, 28, 28, 1)
    """

    def __init__(self, folder: str | os.PathLike):
        super().__init__(folder)
        runtime = import_extra("onnxruntime", "onnx", "Drawing from an ONNX sampler")
        version = tuple(int(part) for part in runtime.__version__.split(".")[:2])
        if version < MIN_RUNTIME:
            raise UserError(
                f"onnxruntime {runtime.__version__} would let a model read any file: "
                "install 1.25 or later with `pip install --upgrade onnxruntime`."
            )
        path = self.folder / NETWORK
        try:  # by its path, since onnxruntime then keeps it to its own folder
            self._session = runtime.InferenceSession(
                path, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # of onnxruntime's own kinds, which share no base
            raise UserError(
                f"{path} is damaged, or of another kind: it cannot be loaded ({error})."
            ) from error
        (self.latent_dim,) = self._shape(self._session.get_inputs(), "latents", 2)
        self.image_shape = self._shape(self._session.get_outputs(), "images", 4)

    def describe_signatures(self) -> list[str]:
        """A line for the one thing that can be called: its name, and what it takes."""
        return [f"run(latents: float32 (None, {self.latent_dim}))"]

    def _shape(self, tensors, name, rank):
        """The shape, but for its first dimension, of the only input or output."""
        found = [(tensor.name, tensor.type, len(tensor.shape)) for tensor in tensors]
        shape = tensors[0].shape[1:] if tensors else ()
        fixed = all(isinstance(side, int) for side in shape)
        if found != [(name, "tensor(float)", rank)] or not fixed:
            raise UserError(
                f"{self.folder / NETWORK} is an ONNX model, but not a sampler: expected "
                f"{name!r}, float32 of {rank} dimensions, all but the first fixed, not "
                f"{[(tensor.name, tensor.type, tensor.shape) for tensor in tensors]}."
            )
        return tuple(shape)

    def _range(self, seed, start, count):
        chunks = [
            self._images(sampling_latents(seed, first, CHUNK, self.latent_dim))
            for first in range(start, start + count, CHUNK)
        ]
        return np.concatenate(chunks)[:count]

    def _walk(self, seed, steps):
        start, end = (
            sampling_latents(s, 0, 1, self.latent_dim)[0] for s in (seed, seed + 1)
        )
        return self._images(spherical_interpolation(start, end, steps))

    def _images(self, latents):
        try:
            return self._session.run(["images"], {"latents": latents})[0]
        except Exception as error:
            raise UserError(f"{self.folder} cannot draw ({error}).") from error
