"""Wasserstein GAN (Arjovsky, Chintala, Bottou, 2017) for Keras 3 on TensorFlow.

A name is imported when it is first used, so that `import wgan_keras`, and a command
line's `--help`, do not wait for TensorFlow. `__init__.pyi` lists the names, for editors,
type checkers and the import alike.
"""

import sys

import lazy_loader

from wgan_keras import registration

__version__ = "0.2.0"
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name):
    value = _load(name)
    if "keras" in sys.modules:
        registration.register()
    return value


registration.register_once_keras_is_there()
