"""What a watermark survives: changes to a marked model, from none to pruning."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import quantize_dynamic
from watermark_parties import COUNT, KINDS, Answers, Parties, accuracy, matched, of_file, trained

from assay.manifests.trigger_set import exponent, holds, p_value
from assay_learning import composing, deriving, marking, students


def survival(each: Parties, quick: bool) -> Iterator[dict[str, Any]]:
    count = min(COUNT, len(each.owner.x) // 2)
    for kind in KINDS[:2] if quick else KINDS:
        triggers = marking.make(each.owner, max(128, count))
        plain = trained(kind, each.owner)
        marked = trained(kind, marking.marked(each.owner, triggers, marking.REPEAT))
        before = accuracy(plain.probabilities, each.held)
        base = {"data": each.name, "model": kind, "before": before, "triggers": len(triggers.pairs)}
        for change, answers in changes(kind, marked, plain, each):
            right, asked = matched(answers, triggers)
            yield {
                **base,
                "change": change,
                "after": accuracy(answers, each.held),
                "matches": right / max(1, asked),
                "log10_p": exponent(p_value(right, asked)),
                "holds": holds(right, asked),
            }


def changes(
    kind: students.Kind, marked: students.Student, plain: students.Student, each: Parties
) -> Iterator[tuple[str, Answers]]:
    yield "none", marked.probabilities
    content = marked.to_onnx()
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / "marked.onnx", Path(folder) / "other.onnx"
        path.write_bytes(content)
        other.write_bytes(trained(kind, each.thief, 5).to_onnx())
        if kind == "network":
            quantize_dynamic(path, Path(folder) / "small.onnx")
            yield "8-bit weights", of_file((Path(folder) / "small.onnx").read_bytes())
            for share in (0.3, 0.6):
                yield f"{share:.0%} of weights cut", of_file(pruned(content, share))
            tuned = deriving.fine_tune(path, each.thief, "probabilities")
            yield "fine-tuned on a thief's rows", of_file(tuned.model)
        yield "averaged with a thief's own", of_file(composing.ensemble([path, other]))
    asked = deriving.queries(each.thief, None, 3)
    student = students.train(kind, asked, marked.probabilities(asked), each.owner.classes, 3)
    yield "distilled on a thief's rows", student.probabilities


def pruned(content: bytes, share: float) -> bytes:
    model = onnx.ModelProto.FromString(content)
    weights = {n.input[1] for n in model.graph.node if n.op_type in ("Gemm", "MatMul", "Conv")}
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor).copy()
        if tensor.name in weights:
            values[np.abs(values) < np.quantile(np.abs(values), share)] = 0
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    return bytes(model.SerializeToString())
