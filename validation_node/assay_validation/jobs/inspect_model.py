"""The gate: reads an ONNX file as data, before any runtime loads it, and refuses what no honest model needs.

Refused are files beyond the size limit, anything stored outside the file, random operators, operators that
are neither ONNX's nor among the allowed ones of ONNX Runtime, absurd shapes, and more operators than allowed
once the model's own functions are inlined. What passes may still be hostile; the jail's limits are for that.
"""

import math
import os
from collections import Counter
from typing import Any

import onnx

from assay_validation.graph_facts import MAX_KINDS
from assay_validation.jobs import RefusalError
from assay_validation.jobs.bfloat16 import widen
from assay_validation.jobs.class_names import class_names, undo_zipmaps
from assay_validation.jobs.costs import costs
from assay_validation.jobs.empty_sums import refuse_empty_sums
from assay_validation.jobs.functions import inline
from assay_validation.jobs.graph_checks import MAX_NODES, check_form, check_graph
from assay_validation.jobs.letters import fix_case
from assay_validation.jobs.libc_functions import replace_libc_functions
from assay_validation.jobs.nan_signs import refuse_signs_of_nan
from assay_validation.jobs.subgraphs import nodes, sort
from assay_validation.jobs.weights import Weights, mapped_file

MAX_TENSORS, MAX_DIMENSIONS = 64, 8
"""How many tensors, and dimensions of each, are reported."""


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return what the graph declares: operators by kind, operator set, inputs, outputs, constants' size.

    With the argument ``rows``, the shape of a row of each input, also what one row costs (`costs`).

    Write to ``ready`` the graph as it is run, with large constants left in the file: without functions of its
    own and without sequences of maps, with bfloat16 computed in 32 bits, and without what would depend on the
    machine (`libc_functions`, `letters`, `empty_sums`, `nan_signs`).

    Raises:
        RefusalError: saying what is wrong with the file.
    """
    with os.fdopen(inputs["model"], "rb") as file:
        weights = Weights(mapped_file(file))
    most = arguments["model_bytes"]
    if len(weights.content) > most:
        raise RefusalError(f"the model is larger than {most} bytes", "model_too_large", most=most)
    model = weights.read()
    check_form(model)
    model = inline(model, MAX_NODES, most)
    check_graph(model, weights)
    sort(model.graph)
    facts = _facts(model)
    if arguments.get("rows") is not None:
        facts |= costs(model, arguments["rows"])
    _make_ready(model)
    with os.fdopen(outputs["ready"], "wb") as file:
        file.write(model.SerializeToString())
    return facts


def _make_ready(model: onnx.ModelProto) -> None:
    """Change *model* into the graph that is run."""
    for one in (*nodes(model.graph), *model.opset_import):
        one.domain = "" if one.domain == "ai.onnx" else one.domain
    used = {node.domain for node in nodes(model.graph)} | {""}
    kept = [one for one in model.opset_import if one.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    undo_zipmaps(model)
    fix_case(model)
    widen(model)
    replace_libc_functions(model)
    refuse_empty_sums(model)
    refuse_signs_of_nan(model)


def _facts(model: onnx.ModelProto) -> dict[str, Any]:
    graph, names = model.graph, class_names(model)
    constants = {tensor.name for tensor in graph.initializer}  # old graphs also list them as inputs
    fed = [i for i in graph.input if i.name not in constants]
    every = list(nodes(graph))
    return {
        "operators": len(every),
        "kinds": dict(Counter(node.op_type[:100] for node in every).most_common(MAX_KINDS)),
        "opset": max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1),
        "parameters": sum(math.prod(tensor.dims) for tensor in graph.initializer),
        "inputs": [_declared(i) for i in fed[:MAX_TENSORS]],
        "outputs": [{**_declared(o), "classes": names.get(o.name, [])} for o in graph.output[:MAX_TENSORS]],
    }


def _declared(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    shape = None
    if tensor.HasField("shape"):
        sizes = list(tensor.shape.dim)[:MAX_DIMENSIONS]
        shape = [size.dim_value if size.HasField("dim_value") else None for size in sizes]
    return {"name": value.name[:256], "dtype": tensor.elem_type, "shape": shape}
