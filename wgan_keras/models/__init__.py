"""The models: what every GAN here shares, the DCGAN, and the WGAN."""

import zipfile
import zlib
from pathlib import Path

import keras

from wgan_keras.models.dcgan import DCGAN as DCGAN
from wgan_keras.models.wgan import WGAN as WGAN


def load_model(path, custom_objects=None):
    """Loads a whole model from its `.keras` file, ready to train on.

    Networks, both optimizers, the Lipschitz strategy, the moving average and all
    random state come back, so that training goes on to the bit as if never stopped.

    Args:
        path: A file that `model.save` wrote.
        custom_objects: Dict of layers and the like of one's own that are not registered
            with Keras, by name.

    Returns:
        The `WGAN` or `DCGAN`, compiled as it was.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a `.keras` file, or is damaged.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no model file {str(path)!r}.")
    try:
        return keras.saving.load_model(path, custom_objects)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError) as error:
        raise ValueError(f"{path} is damaged, or no model of Keras ({error}).") from error
