"""What an ONNX file declares: operator set, inputs, outputs. Reads the graph only; runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assay.errors import InvalidInput
from assay.manifests import Tensor
from assay.manifests.base import problems
from assay.markets.onnx_file import MAX_BYTES

_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip


def read_signature(
    path: Path,
    opset: int | None = None,
    inputs: tuple[Tensor, ...] | None = None,
    outputs: tuple[Tensor, ...] | None = None,
) -> dict[str, Any]:
    """Operator set, inputs and outputs of the model at *path*, except those that are given.

    Raises:
        InvalidInput: not an ONNX model, one with unknown types, or the onnx package is missing.
    """
    if opset is not None and inputs is not None and outputs is not None:
        return {"opset": opset, "inputs": inputs, "outputs": outputs}
    model = _load(path)
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    initialised = {tensor.name for tensor in model.graph.initializer}
    fed = [value for value in model.graph.input if value.name not in initialised]
    return {
        "opset": opset or max(versions, default=1),
        "inputs": inputs or tuple(_tensor(value) for value in fed),
        "outputs": outputs or tuple(_tensor(value) for value in model.graph.output),
    }


def _load(path: Path) -> Any:
    try:
        import onnx
    except ImportError:
        raise InvalidInput(
            "Reading a model's inputs and outputs needs the onnx package.",
            hint="pip install 'assay[node]', or name opset, inputs and outputs in the card.",
        ) from None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(f"{path} is too large to be an ONNX model.")
        if not path.stat().st_size:
            raise InvalidInput(f"The file {path} is empty.")
        model = onnx.load(str(path), load_external_data=False)
    except OSError as error:
        raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
    except Exception as error:  # protobuf's own exception, which onnx does not document
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path} is not an ONNX model.") from error
    if not model.graph.output:
        raise InvalidInput(f"{path} is not an ONNX model: its graph has no output.")
    return model


def _tensor(value: Any) -> Tensor:
    dtype = "sequence"
    shape: tuple[int | None, ...] = ()
    if value.type.WhichOneof("value") == "tensor_type":
        tensor = value.type.tensor_type
        dtype = _DTYPES.get(tensor.elem_type, "unknown")
        sizes = tensor.shape.dim
        shape = tuple(size.dim_value if size.WhichOneof("value") == "dim_value" else None for size in sizes)
    try:
        return Tensor.model_validate({"name": value.name, "dtype": dtype, "shape": shape})
    except ValidationError as error:
        raise InvalidInput(f"The model's interface cannot be described: {problems(error)}.") from None
