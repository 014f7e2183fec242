"""ONNX Runtime as jobs use it: pinned, unless this process has loaded it otherwise before."""

from assay_validation.pinned_runtime import load

load()

import onnxruntime as ort  # noqa: E402 - it is loaded already

__all__ = ["ort"]
