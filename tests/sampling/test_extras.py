import json
import sys

import pytest

from wgan_keras import UserError
from wgan_keras.sampling.extras import import_extra


def test_what_is_installed_is_imported():
    assert import_extra("json", "some", "Reading") is json


def test_what_is_missing_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "absent", None)
    with pytest.raises(
        UserError, match=r"^Flying needs absent, .*\[wings\].*install absent"
    ):
        import_extra("absent", "wings", "Flying")
