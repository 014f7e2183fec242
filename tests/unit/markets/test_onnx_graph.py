"""What a model's file says of itself, and what is said of a file that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto, helper, save

from assay.errors import InvalidInput
from assay.markets.onnx_graph import read_signature


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").touch()
    with pytest.raises(InvalidInput, match="is empty"):
        read_signature(tmp_path / "m.onnx")


def test_a_sequence_of_maps_is_refused_with_a_way_out(tmp_path: Path) -> None:
    fed = helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 2])
    answer = helper.make_value_info(
        "p",
        helper.make_sequence_type_proto(
            helper.make_map_type_proto(
                TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None)
            )
        ),
    )
    node = helper.make_node("ZipMap", ["X"], ["p"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    save(helper.make_model(helper.make_graph([node], "g", [fed], [answer])), str(tmp_path / "m.onnx"))
    with pytest.raises(InvalidInput, match='"p" of the model is not a tensor') as refused:
        read_signature(tmp_path / "m.onnx")
    assert "zipmap" in refused.value.hint
