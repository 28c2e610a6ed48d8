"""Has Keras know the models, so that `keras.saving.load_model` finds them by their names.

Keras knows a class once its module has been imported, and importing it imports TensorFlow.
So the modules wait until Keras itself is imported.
"""

import importlib
import importlib.abc
import importlib.util
import sys

_MODULES = ("wgan_keras.models.wgan", "wgan_keras.models.dcgan")


def register_once_keras_is_there():
    """Registers now, if Keras has been imported, or else as soon as it is."""
    if "keras" in sys.modules:
        register()
    else:
        sys.meta_path.insert(0, _AfterKeras())


def register():
    """Registers the models, unless a module of the package is just being imported.

    That module's own import would go round in a circle; the package calls this again once
    it has been imported.
    """
    ours = [
        module for name, module in sys.modules.items() if name.startswith("wgan_keras.")
    ]
    if not any(getattr(module.__spec__, "_initializing", False) for module in ours):
        for module in _MODULES:
            importlib.import_module(module)


class _AfterKeras(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports Keras as it would be imported anyway, and then registers."""

    def find_spec(self, name, path=None, target=None):
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            self.loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        module.__spec__.loader = module.__loader__ = self.loader
        register()
