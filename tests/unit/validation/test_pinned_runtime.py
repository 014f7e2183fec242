"""The runtime sees one processor: it computes as that one does, and what cannot be pinned is not run."""

import hashlib
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from assay_validation import pinned_runtime
from assay_validation.jobs.predict import load
from assay_validation.sandbox import forking

KINDS = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8}


def model_of(node, constants, inputs, output):
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info("y", output, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model, feed, folder):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return load(os.open(path, os.O_RDONLY), list(feed), ["y"]).run(["y"], feed)[0]


def extremes(kind, shape, random):
    """Numbers at the ends of their type, where sums of sixteen bits overflow."""
    limits = np.iinfo(kind)
    return random.choice([limits.min, limits.max, limits.max - 1], shape).astype(kind)


@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
@pytest.mark.parametrize("fed", [True, False])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_products_of_integers_are_exact(left, right, fed, seed, tmp_path_factory):
    """With AVX2 and without VNNI, the runtime's kernels for signed weights overflow."""
    random = np.random.default_rng(seed)
    a, b = extremes(left, (3, 32), random), extremes(right, (32, 5), random)
    zero_a, zero_b = left(random.integers(0, 9)), right(random.integers(0, 9))
    expected = (a.astype(np.int64) - int(zero_a)) @ (b.astype(np.int64) - int(zero_b))
    constants = {"za": zero_a, "zb": zero_b} | ({} if fed else {"b": b})
    inputs = [("a", KINDS[left], [3, 32])] + ([("b", KINDS[right], [32, 5])] if fed else [])
    node = helper.make_node("MatMulInteger", ["a", "b", "za", "zb"], ["y"])
    model = model_of(node, constants, inputs, TensorProto.INT32)
    feed = {"a": a} | ({"b": b} if fed else {})
    assert np.array_equal(run(model, feed, tmp_path_factory.mktemp("m")), expected)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_quantised_products_are_exact(kind, seed, tmp_path_factory):
    """Signed rows with signed weights, or unsigned with signed; the result has the type of the rows."""
    random = np.random.default_rng(seed)
    a, b = extremes(kind, (3, 32), random), extremes(np.int8, (32, 5), random)
    scale, zero = np.float32(2**14), kind(3)
    constants = {"s": np.float32(1), "za": kind(1), "b": b, "zb": np.int8(-2), "r": scale, "zy": zero}
    node = helper.make_node("QLinearMatMul", ["a", "s", "za", "b", "s", "zb", "r", "zy"], ["y"])
    model = model_of(node, constants, [("a", KINDS[kind], [3, 32])], KINDS[kind])
    exact = (a.astype(np.int64) - 1) @ (b.astype(np.int64) + 2)
    limits = np.iinfo(kind)
    expected = np.clip(np.round(exact / scale) + zero, limits.min, limits.max)
    found = run(model, {"a": a}, tmp_path_factory.mktemp("m"))
    assert np.abs(found.astype(int) - expected).max() <= 1  # of halves


CHILD = """
import ctypes, mmap, sys, threading
from assay_validation import pinned_runtime
pinned_runtime.load()
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex(sys.argv[1]))
code = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
thread = threading.Thread(target=code)
if sys.argv[2:]:
    thread.start()
    thread.join()
else:
    code()
"""


@pytest.mark.parametrize("where", [[], ["in a thread"]])
@pytest.mark.parametrize(("code", "ends"), [("c3", 0), ("0f0bc3", -signal.SIGILL)])
def test_another_illegal_instruction_ends_the_process(code, ends, where):
    """A plain return is survived; ud2 outside the runtime is not answered."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, code, *where],
        env={**os.environ, **forking.ENVIRONMENT},
        capture_output=True,
        check=False,
    )
    assert done.returncode == ends, done.stderr


def test_a_runtime_that_is_loaded_already_is_an_error():
    code = "import onnxruntime; from assay_validation import pinned_runtime; pinned_runtime.load()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "imported before pinned_runtime.load(), so it is not pinned" in done.stderr


@pytest.mark.parametrize("flags", ["fpu sse4_2 avx2 avx512f", ""])
def test_a_processor_without_avx_is_refused(flags):
    with pytest.raises(ImportError, match="no AVX"):
        pinned_runtime._require_avx(f"processor\t: 0\nflags\t\t: {flags}\nbogomips\t: 5 avx\n")
    pinned_runtime._require_avx(f"flags\t\t: {flags} avx f16c\n")


def test_a_build_that_is_not_known_is_not_run(tmp_path, monkeypatch):
    table = tmp_path / "sites.json"
    table.write_text(json.dumps({"00" * 32: [0]}))
    monkeypatch.setattr(pinned_runtime, "CPUID_SITES", table)
    with pytest.raises(pinned_runtime.UnknownBuildError, match="cannot be made to compute"):
        pinned_runtime._patched_copy(pinned_runtime._library())


def test_the_table_has_the_places_of_this_build():
    content = pinned_runtime._library().read_bytes()
    known = json.loads(pinned_runtime.CPUID_SITES.read_text())
    sites = known[hashlib.sha256(content).hexdigest()]
    assert sites == sorted(set(sites))
    assert {content[site : site + 2] for site in sites} == {b"\x0f\xa2"}


def test_the_file_on_disk_is_not_executed():
    with open("/proc/self/maps") as file:
        mapped = file.read()
    assert "memfd:onnxruntime" in mapped
    assert "onnxruntime_pybind11_state" not in mapped


def test_attention_does_not_ask_for_the_size_of_caches():
    """Flash attention would, and divide its sums by it."""
    assert os.environ["ORT_DISABLE_FLASH_ATTENTION"] == os.environ["ORT_GQA_DISABLE_FLASH_ATTENTION"] == "1"
