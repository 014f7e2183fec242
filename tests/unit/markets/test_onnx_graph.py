"""What a model's file says of itself, and what is said of a file that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import InvalidInput
from assay.markets.onnx_graph import read_signature


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").touch()
    with pytest.raises(InvalidInput, match="is empty"):
        read_signature(tmp_path / "m.onnx")
