"""Modules that only some formats need, and that are installed as an extra."""

import importlib

from wgan_keras.errors import UserError


def import_extra(module, extra, purpose):
    """Imports a module that the package can do without.

    Args:
        module: Its name, which is its distribution's too.
        extra: The package's extra that brings it.
        purpose: What it is needed for, as the subject of a sentence.

    Raises:
        ValueError: It is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UserError(
            f"{purpose} needs {module}, which is not installed: install this package with "
            f"its extra [{extra}], or run `pip install {module}`."
        ) from error
