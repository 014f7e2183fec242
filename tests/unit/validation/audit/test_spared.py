"""What the libraries of a full audit are spared: packages that they would load for nothing."""

import importlib
import importlib.util
import sys
from importlib.metadata import version

import pytest

from assay_validation.audit.adversary import _without


def test_packages_that_are_hidden_are_not_found_and_come_back(tmp_path, monkeypatch):
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text("")
    (tmp_path / "light.py").write_text("try:\n    import heavy\nexcept ImportError:\n    heavy = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    finders = sys.meta_path[:]
    with _without("heavy"):
        light = importlib.import_module("light")
        assert light.heavy is None
        assert importlib.util.find_spec("heavy") is None
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("heavy")
        assert importlib.util.find_spec("json") is not None
        assert version("numpy")  # what is installed is still known
    assert sys.meta_path == finders
    assert importlib.import_module("heavy").__name__ == "heavy"
    with _without("heavy"):  # what is loaded already stays
        assert importlib.import_module("heavy") is sys.modules["heavy"]
    for name in ("heavy", "light"):
        del sys.modules[name]
