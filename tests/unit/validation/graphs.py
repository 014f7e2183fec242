"""Small graphs for tests, and evaluations of them without a jail."""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.node_report import EvaluationReport
from assay_validation.evaluation import evaluate

Declared = tuple[str, int, list[int | str | None] | None]


def constant(name, value):
    return numpy_helper.from_array(np.asarray(value), name)


def node(kind, inputs, outputs, domain="", **attributes) -> NodeProto:
    return helper.make_node(kind, inputs.split(), outputs.split(), domain=domain, **attributes)


def body(nodes, inputs: list[Declared], outputs: list[Declared], constants=None):
    """The graph inside of an operator such as Loop."""
    tensors = [constant(name, value) for name, value in (constants or {}).items()]
    return helper.make_graph(
        nodes,
        "body",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        tensors,
    )


def model(
    nodes,
    constants=None,
    *,
    inputs: list[Declared] = (("x", TensorProto.FLOAT, ["n", 4]),),
    outputs: list[Declared] = (("p", TensorProto.FLOAT, ["n", 3]),),
    opset=17,
    domains=(),
    functions=(),
) -> ModelProto:
    graph = body(nodes, inputs, outputs, constants)
    graph.name = "g"
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    opsets += [helper.make_opsetid(domain, 1) for domain in domains]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=8)


def spec(
    columns,
    classes,
    output,
    *,
    name="x",
    dtype="float32",
    task="classification",
    metric="accuracy",
    **data,
) -> EvaluationSpec:
    """Of a table, whose labels are in the column y."""
    inputs = data.pop("inputs", [{"name": name, "columns": list(columns), "dtype": dtype}])
    mapping = {"format": "csv", "inputs": inputs, "label": "y", "classes": list(classes), **data}
    return EvaluationSpec.model_validate(
        {"task": task, "metric": metric, "step": 1, "data": mapping, "output": output}
    )


def score(written: ModelProto | bytes, data, evaluation: EvaluationSpec, folder) -> EvaluationReport:
    """The report on a model; *data* is a frame, or arrays by name."""
    path, file = folder / "model.onnx", folder / "data"
    path.write_bytes(written if isinstance(written, bytes) else written.SerializeToString())
    if isinstance(data, dict):
        with file.open("wb") as opened:
            np.savez(opened, **data)
    else:
        data.to_csv(file, index=False)
    with jobs_in_this_process():
        return evaluate(path, file, evaluation)
