"""Two-file exports become one file; whatever names other files than its own is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from assay.errors import InvalidInput
from assay.markets import onnx_file
from assay.markets.onnx_file import one_file

ROWS = np.random.default_rng(0).normal(size=(3, 64)).astype(np.float32)


def exported(folder: Path, *, name: str = "model.onnx.data", all_in_one: bool = True) -> Path:
    """A model whose numbers are in other files, one of its constants in a body."""
    weights = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
    inner = numpy_helper.from_array(weights + 1, "U")
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT, None)
    body = helper.make_graph([helper.make_node("MatMul", ["h", "U"], ["r"])], "b", [], [result], [inner])
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["h"]),
        helper.make_node("If", ["yes"], ["k"], then_branch=body, else_branch=body),
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(weights[0])),
        helper.make_node("Add", ["k", "c"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 64])],
        [numpy_helper.from_array(weights, "W"), numpy_helper.from_array(np.array(True), "yes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = folder / "model.onnx"
    onnx.save(
        model,
        path,
        save_as_external_data=True,
        all_tensors_to_one_file=all_in_one,
        location=name,
        size_threshold=1024,
        convert_attribute=True,
    )
    return path


def answers(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": ROWS})[0])


@pytest.mark.parametrize("all_in_one", [True, False])
def test_a_packed_model_answers_as_both_files_do(all_in_one: bool, tmp_path: Path) -> None:
    path = exported(tmp_path, all_in_one=all_in_one)
    before = sorted(one.name for one in tmp_path.iterdir())
    with one_file(path) as packed:
        assert packed != path
        whole = onnx.load(packed, load_external_data=False)
        assert not any(onnx_file._is_outside(tensor) for tensor in onnx_file._tensors(whole.graph))
        assert np.array_equal(answers(packed), answers(path))
        once = packed.read_bytes()
    assert not packed.exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    with one_file(path) as packed:
        assert packed.read_bytes() == once  # so that an interrupted submission is taken up again


def test_one_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "one.onnx"
    path.write_bytes(onnx.load(exported(tmp_path)).SerializeToString())
    with one_file(path) as packed:
        assert packed == path
    path.write_bytes(b"no model")
    with one_file(path) as packed:
        assert packed == path


def _pointed(path: Path, **told: str) -> Path:
    model = onnx.load(path, load_external_data=False)
    for tensor in onnx_file._tensors(model.graph):
        if onnx_file._is_outside(tensor):
            kept = {one.key: one.value for one in tensor.external_data} | told
            del tensor.external_data[:]
            for key, value in kept.items():
                tensor.external_data.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    "location",
    [
        "/etc/passwd",
        "../secret",
        "a/../../secret",
        "",
        "a\\b",
        "a\0b",
        "link",
        "folder",
        "pipe",
        "inner/link",
    ],
)
def test_only_an_ordinary_file_beside_the_model_is_read(location: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(1 << 16))
    folder = tmp_path / "model"
    folder.mkdir()
    path = exported(folder)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "inner").symlink_to(tmp_path)
    (tmp_path / "link").write_bytes(bytes(1 << 16))
    with pytest.raises(InvalidInput), one_file(_pointed(path, location=location)):
        pass


@given(
    offset=st.one_of(st.integers(), st.text(max_size=30)).map(str),
    length=st.one_of(st.integers(), st.text(max_size=30)).map(str),
)
def test_places_beyond_the_file_are_refused(
    offset: str, length: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = _pointed(exported(tmp_path_factory.mktemp("m")), offset=offset, length=length)
    size = path.with_name("model.onnx.data").stat().st_size
    told = [int(one) if one.isascii() and one.isdigit() else -1 for one in (offset, length)]
    if min(told) < 0 or sum(told) > size:
        with pytest.raises(InvalidInput), one_file(path):
            pass
    else:
        with one_file(path) as packed:
            onnx.load(packed)


def test_what_is_too_large_for_one_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exported(tmp_path)
    monkeypatch.setattr(onnx_file, "MAX_BYTES", 30_000)
    with pytest.raises(InvalidInput, match="no ONNX file can be"), one_file(path):
        pass


def test_packing_holds_no_copy_of_the_numbers(tmp_path: Path) -> None:
    """A data file of 400 MB, most of it a hole, in a process that may use less."""
    path, elements = tmp_path / "large.onnx", 100 << 20
    tensor = TensorProto(name="W", data_type=TensorProto.FLOAT, dims=[elements])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="large.data")
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["W"], ["y"])], "g", [], [output], [tensor])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with (tmp_path / "large.data").open("wb") as file:
        file.truncate(elements * 4)
    code = (
        "import sys; from pathlib import Path; from assay.markets.onnx_file import one_file\n"
        "with one_file(Path(sys.argv[1])) as packed: size = packed.stat().st_size\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(size, status.partition('VmHWM:')[2].split()[0])"
    )
    said = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    size, kibibytes = map(int, said.stdout.split())
    assert size > elements * 4
    assert kibibytes < 300 << 10
