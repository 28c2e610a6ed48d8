"""Samplers that are SavedModels: read, checked, and drawn from."""

import os
import re

import tensorflow as tf

from wgan_keras.errors import UserError
from wgan_keras.sampling.folders import SamplerFolder
from wgan_keras.vetting import vet_saved_model

_SIGNATURES = {  # names, inputs, and the inputs' dtypes and ranks
    "serving_default": {"latents": ("float32", 2)},
    "sample": {"n": ("int64", 0), "seed": ("int64", 0)},
    "sample_range": {"seed": ("int64", 0), "start": ("int64", 0), "count": ("int64", 0)},
    "interpolate": {"seed_a": ("int64", 0), "seed_b": ("int64", 0), "steps": ("int64", 0)},
}


class ExportedSampler(SamplerFolder):
    """A sampler that is a SavedModel, opened once its files and operations are checked.

    The files are compared with the manifest, which tells damage. A manifest does not say
    who made them, and a SavedModel may hold any program that TensorFlow can run: so one
    that asks for more than computing is refused, and loaded only where `trust` is set.

    Args:
        folder: What `GAN.export_sampler` wrote.
        trust: Whether a model may do whatever TensorFlow can.

    Attributes:
        about: Dict of what the sampler says of itself.
        checksum: SHA-256 of its manifest; `None` where it has none, as those of older
            versions, and then nothing is verified.
        image_shape: `(H, W, C)` of its pictures.

    Raises:
        ValueError: It is damaged, or is no sampler: its signatures are not those of
            `GAN.export_sampler`.
    """

    def __init__(self, folder: str | os.PathLike, trust: bool = False):
        super().__init__(folder)
        if not trust:
            vet_saved_model(folder)
        try:
            self._loaded = tf.saved_model.load(str(folder))  # holds the weights
        except Exception as error:  # of many kinds, from the file system to the protocol
            raise UserError(
                f"{folder} is damaged: it cannot be loaded ({error})."
            ) from error
        self.signatures = dict(self._loaded.signatures)
        self._check_signatures()
        images = self.signatures["sample_range"].structured_outputs["images"]
        self.image_shape = tuple(images.shape[1:])

    def _check_signatures(self):
        if self.signatures.keys() != _SIGNATURES.keys():
            raise UserError(
                f"{self.folder} is a SavedModel, but not a sampler: its signatures are "
                f"{sorted(self.signatures)}, not {sorted(_SIGNATURES)}."
            )
        for name, function in self.signatures.items():
            inputs = {
                key: (spec.dtype.name, spec.shape.rank)
                for key, spec in function.structured_input_signature[1].items()
            }
            outputs = {
                key: f"{spec.dtype.name} {spec.shape}"
                for key, spec in function.structured_outputs.items()
            }
            images = re.fullmatch(
                r"float32 \(None, \d+, \d+, \d+\)", outputs.get("images", "")
            )
            if inputs != _SIGNATURES[name] or outputs.keys() != {"images"} or not images:
                raise UserError(
                    f"{self.folder} is a SavedModel, but not a sampler: its signature "
                    f"{name!r} takes {inputs} and returns {outputs}, not "
                    f"{_SIGNATURES[name]} and images float32 (None, H, W, C)."
                )

    def describe_signatures(self) -> list[str]:
        """A line for each signature: its name, and what it takes."""
        lines = []
        for name, function in sorted(self.signatures.items()):
            inputs = sorted(function.structured_input_signature[1].items())
            arguments = (
                f"{key}: {spec.dtype.name} {spec.shape if spec.shape.rank else ''}".rstrip()
                for key, spec in inputs
            )
            lines.append(f"{name}({', '.join(arguments)})")
        return lines

    def _range(self, seed, start, count):
        return self._call("sample_range", seed=seed, start=start, count=count)

    def _walk(self, seed, steps):
        return self._call("interpolate", seed_a=seed, seed_b=seed + 1, steps=steps)

    def _call(self, name, **numbers):
        inputs = {key: tf.constant(number, tf.int64) for key, number in numbers.items()}
        try:
            return self.signatures[name](**inputs)["images"].numpy()
        except tf.errors.OpError as error:
            raise UserError(f"{self.folder} cannot draw ({error.message}).") from error
