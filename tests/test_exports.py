"""What the guides say of exports is what was measured."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def exports():
    path = ROOT / "benchmarks" / "exports.py"
    spec = importlib.util.spec_from_file_location("exports", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_the_guides_hold_what_was_measured(exports, language):
    result = json.loads((ROOT / "docs" / "exports.json").read_text())
    guide = exports.GUIDES[language].read_text("utf-8")
    assert exports.section(result, language) in guide
    assert exports.filled(guide, result, language) == guide


def test_all_formats_agreed_as_promised():
    result = json.loads((ROOT / "docs" / "exports.json").read_text())
    assert set(result["formats"]) == {"tf_saved_model", "onnx", "litert", "keras"}
    assert max(one["difference"] for one in result["formats"].values()) < 1e-5


def test_a_section_is_replaced_and_nothing_else(exports):
    result = json.loads((ROOT / "docs" / "exports.json").read_text())
    text = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n"
    result["formats"]["onnx"] = {"bytes": 1234567, "difference": 0.25}
    new = exports.filled(text, result, "en")
    assert new.startswith("before\n<!-- measured: begin -->\n## ")
    assert new.endswith("\n<!-- measured: end -->\nafter\n")
    assert "| `onnx` | 1,235 | 0.2 |" in new
    assert "old" not in new
