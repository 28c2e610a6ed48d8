"""What a demo returns: numbers, a figure, and frames where something moves."""

from pathlib import Path
from typing import NamedTuple

from wgan_keras.errors import UserError
from wgan_keras.watching.plots import save_figure
from wgan_keras.watching.plots import save_gif


class Demo(NamedTuple):
    """What a demo found, and its pictures.

    Attributes:
        numbers: Dict of the computed values by name.
        figure: A `matplotlib.figure.Figure`.
        frames: List of uint8 pictures `(H, W, 3)`; empty where nothing moves.
    """

    numbers: dict
    figure: object
    frames: list

    def save(self, path):
        """Writes the figure, or, to a path that ends in .gif, the frames.

        Raises:
            ValueError: A .gif is asked of a demo in which nothing moves.
        """
        if Path(path).suffix != ".gif":
            save_figure(path, self.figure)
        elif self.frames:
            save_gif(path, self.frames, frames_per_second=8)
        else:
            raise UserError(f"Nothing moves in this demo: {path} must end in .png.")
