"""What all samplers in folders have in common, whatever format their network is in."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wgan_keras.errors import UserError
from wgan_keras.files import read_json
from wgan_keras.files import verify_manifest

CHUNK = 64  # pictures are made in whole chunks, so that neighbours never change them
BATCH_BYTES = 2**24  # of pictures that are drawn at a time
ABOUT = "sampler.json"  # what a sampler says of itself


class SamplerFolder:
    """A folder that `GAN.export_sampler` wrote, and that pictures can be drawn from.

    Abstract: a subclass opens the network, says its `image_shape`, and draws in `_range`
    and `_walk`.

    Args:
        folder: The folder, whose files are compared with its manifest.

    Attributes:
        about: Dict of what the sampler says of itself.
        checksum: SHA-256 of its manifest; `None` where it has none, as those of older
            versions, and then nothing is verified.
        image_shape: `(H, W, C)` of its pictures.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.checksum = verify_manifest(folder)
        about = self.folder / ABOUT
        self.about = read_json(about) if about.exists() else {}

    def describe(self) -> str:
        """One line: where it comes from, as it says itself, and its manifest's checksum."""
        parts = [str(self.about.get("package", "of an unknown version"))]
        for name, key in (("data set", "dataset"), ("seed", "seed")):
            parts.append(f"{name} {self.about.get(key, 'unknown')}")
        parts.append(
            f"SHA-256 of its manifest {self.checksum}"
            if self.checksum
            else "not verified, since it has no manifest"
        )
        return ", ".join(parts)

    def draw(self, n: int, seed: int = 0) -> np.ndarray:
        """float32 pictures `(n, H, W, C)` in [0, 1]: 0 to n of a seed."""
        return np.concatenate(list(self.batches(seed, n)))

    def batches(self, seed: int, count: int) -> Iterator[np.ndarray]:
        """Draws pictures 0 to `count` of a seed, without holding them all at once.

        Args:
            seed: Integer.
            count: Number of pictures.

        Yields:
            float32 arrays `(n, H, W, C)` in [0, 1], of about 16 megabytes.
        """
        chunk = 4 * CHUNK * math.prod(self.image_shape)  # bytes
        size = CHUNK * max(1, BATCH_BYTES // chunk)
        for start in range(0, count, size):
            number = min(size, count - start)
            yield self._checked(self._range(seed, start, number), number)

    def walk(self, seed: int, steps: int) -> np.ndarray:
        """float32 pictures `(steps, H, W, C)` on the way from one seed to the next."""
        return self._checked(self._walk(seed, steps), steps)

    def _checked(self, images, length):
        low, high = images.min(initial=1), images.max(initial=0)
        fit = images.shape == (length, *self.image_shape)
        if not (fit and low >= 0 and high <= 1):  # NaN fails both
            raise UserError(
                f"{self.folder} is damaged, or no sampler: for {length} pictures in [0, 1] "
                f"it gave an array of shape {images.shape} from {low} to {high}."
            )
        return images
