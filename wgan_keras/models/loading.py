"""A whole model from its file, checked before it is believed."""

import os
import re
import zipfile
from pathlib import Path

import keras

from wgan_keras.errors import UserError
from wgan_keras.files import check_size
from wgan_keras.files import verify_manifest
from wgan_keras.models.dcgan import DCGAN  # noqa: F401 (registers it with Keras)
from wgan_keras.models.gan import GAN
from wgan_keras.models.wgan import WGAN  # noqa: F401 (registers it with Keras)


def load_model(path: str | os.PathLike, custom_objects: dict | None = None) -> GAN:
    """Loads a whole model from its `.keras` file, ready to train on.

    Networks, both optimizers, the Lipschitz strategy, the moving average and all
    random state come back, so that training goes on to the bit as if never stopped.

    The file is compared with the manifest of its run, where it is in one; its checksums
    are verified, since Keras does not; and Keras reads it in its safe mode, in which no
    code comes out of a file.

    Args:
        path: A `.keras` file that `model.save` wrote.
        custom_objects: Dict of layers and the like of one's own that are not registered
            with Keras, by name.

    Returns:
        The `WGAN` or `DCGAN`, compiled as it was.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a `.keras` file of a `WGAN` or `DCGAN`, or is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no model file {str(path)!r}.")
    if path.suffix != ".keras":  # Keras would read others by ways that are not safe
        raise UserError(f"A model file's name ends in .keras, unlike {str(path)!r}.")
    verify_manifest(path.parent, [path.name])
    try:
        with zipfile.ZipFile(path) as archive:
            check_size(path, sum(member.file_size for member in archive.infolist()))
            damaged = archive.testzip()
        if damaged:
            raise UserError(f"{damaged} in it does not have its checksum")
        model = keras.saving.load_model(path, custom_objects, safe_mode=True)
    except Exception as error:  # of many kinds, from the archive's to the layers'
        unknown = re.search(r"Could not locate \w+ '(.+?)'", str(error))
        if unknown:
            raise UserError(
                f"{path} has a {unknown[1]!r} of your own, which Keras does not know here: "
                "import the module that registers it, or pass it in custom_objects."
            ) from error
        raise UserError(f"{path} is damaged, or no model of Keras ({error}).") from error
    if not isinstance(model, GAN):
        raise UserError(f"{path} holds a {type(model).__name__}, not a WGAN or DCGAN.")
    return model
