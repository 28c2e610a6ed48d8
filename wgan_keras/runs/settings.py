"""What determines a run, as one frozen object."""

import dataclasses
from typing import Any

from wgan_keras.errors import UserError
from wgan_keras.runs.recipes import RECIPES

MODELS = {  # name: its model and its Lipschitz strategy
    "wgan": ("wgan", "clip"),
    "wgan-gp": ("wgan", "gp"),
    "wgan-sn": ("wgan", "sn"),
    "dcgan": ("dcgan", None),
}
_POSITIVE = ("batch_size", "n_critic", "latent_dim", "width", "steps", "epochs")


def _option(help_text, default=None, **more):
    """A field that is also an option of the command line, with its help and choices."""
    return dataclasses.field(default=default, metadata={"help": help_text, **more})


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that determines a run, but the data's content.

    What is `None` is filled in from the recipe: `Settings()` is the recommended clipped
    WGAN on digits, and `Settings(lipschitz="gp", recipe="paper", dataset="mnist")` the
    gradient penalty as in its paper. `dataclasses.replace` makes changed copies, and
    `dataclasses.asdict` a dict for `config.json`.

    Raises:
        ValueError: A value is out of range, or does not go with the model.

    Example:

    >>> from wgan_keras import Settings
    >>> settings = Settings(lipschitz="gp", steps=500)
    >>> settings.name, settings.n_critic, settings.optimizer
    ('wgan-gp', 1, 'Adam')
    """

    model: str = _option("what to train", "wgan", choices=("wgan", "dcgan"))
    lipschitz: str | None = _option(
        "how a WGAN's critic is kept Lipschitz: weight clipping, gradient penalty, or "
        "spectral normalisation [clip]",
        choices=("clip", "gp", "sn"),
    )
    dataset: str = _option(
        "digits, mnist, fashion-mnist, a folder of images, or a .npy or .npz file",
        "digits",
        metavar="NAME|PATH",
    )
    data_dir: str | None = _option(
        "folder with the files of (fashion-)mnist", metavar="DIR"
    )
    image_shape: tuple[int, int, int] = _option(
        "what a folder's images are converted to", (32, 32, 3), metavar="HxWxC"
    )
    steps: int | None = _option("generator steps [4000]")
    epochs: int | None = _option("passes over the data")
    recipe: str = _option(
        "settings where none are given: the method's paper, to the letter, or what learnt "
        "fastest in docs/search.md",
        "recommended",
        choices=tuple(RECIPES),
    )
    batch_size: int | None = _option("images for a critic step [recipe]")
    n_critic: int | None = _option("critic steps for a generator step [recipe]")
    optimizer: str | None = None
    learning_rate: float | None = _option("of both networks [recipe]", metavar="R")
    betas: tuple[float, float] | None = None
    clip_value: float | None = _option(
        "bound of the critic's weights [recipe]", flag="--clip", metavar="C"
    )
    clip_normalization: bool | None = None
    penalty_weight: float | None = None
    penalty_every: int | None = None
    normalization: str | None = None
    activation: str | None = None
    dropout: float | None = None
    latent_dim: int | None = _option("length of a latent vector [recipe]")
    width: int | None = _option("channels of the widest pictures [recipe]")
    average_decay: float | None = _option(
        "of the generator's averaged weights; 0 for none [recipe]", metavar="D"
    )
    anneal: bool | None = None
    mixed_precision: bool | None = _option("compute in bfloat16 [recipe]")
    seed: int = _option("fixes weights, order and latents", 0)

    def __post_init__(self):
        if self.model not in ("wgan", "dcgan"):
            raise UserError(f"model must be 'wgan' or 'dcgan', not {self.model!r}.")
        if self.recipe not in RECIPES:
            raise UserError(
                f"recipe must be one of {', '.join(RECIPES)}, not {self.recipe!r}."
            )
        if self.model == "dcgan" and (self.lipschitz or self.clip_value is not None):
            raise UserError(
                "A Lipschitz strategy and a clip value are for a WGAN: leave --lipschitz "
                "and --clip out."
            )
        if self.model == "wgan" and self.lipschitz is None:
            self._set("lipschitz", "clip")
        if self.method not in RECIPES[self.recipe]:
            raise UserError(f"lipschitz must be clip, gp or sn, not {self.lipschitz!r}.")
        if self.clip_value is not None and self.method != "clip":
            raise UserError(
                "A clip value goes with weight clipping only: leave --clip out, or choose "
                "--lipschitz clip."
            )
        for name, value in RECIPES[self.recipe][self.method].items():
            if getattr(self, name) is None:
                self._set(name, value)
        for name in ("image_shape", "betas"):  # lists, from JSON
            if getattr(self, name) is not None:
                self._set(name, tuple(getattr(self, name)))
        if self.steps and self.epochs:
            raise UserError(
                "Give steps or epochs, not both: the one follows from the other."
            )
        if self.steps is None and self.epochs is None:
            self._set("steps", 4000)
        self._check_ranges()

    def _set(self, name: str, value: Any):
        object.__setattr__(self, name, value)

    def _check_ranges(self):
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and value >= 1):
                raise UserError(f"{name} must be a whole number from 1, not {value!r}.")
        if not (isinstance(self.seed, int) and 0 <= self.seed < 2**32):
            raise UserError(
                f"seed must be a whole number from 0 to 2**32 - 1, not {self.seed!r}."
            )
        if not 0 < self.learning_rate < 1:
            raise UserError(
                f"learning_rate must lie between 0 and 1, not {self.learning_rate}."
            )
        if not 0 <= self.average_decay < 1:
            raise UserError(
                f"average_decay must lie between 0 and 1, or be 0, not "
                f"{self.average_decay}."
            )

    @property
    def method(self):
        """`"clip"`, `"gp"`, `"sn"` or `"dcgan"`: which of a recipe's settings apply."""
        return "dcgan" if self.model == "dcgan" else self.lipschitz

    @property
    def name(self):
        """`"wgan"`, `"wgan-gp"`, `"wgan-sn"` or `"dcgan"`."""
        return next(
            name for name, pair in MODELS.items() if pair == (self.model, self.lipschitz)
        )


def fields():
    """The fields of `Settings` that are options of the command line."""
    return [field for field in dataclasses.fields(Settings) if "help" in field.metadata]
