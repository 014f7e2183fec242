"""Runs a model of our own once, so that forks inherit what the libraries set up at first use.

Nothing here may start a thread. Arrow, which does, is not touched.
"""

import numpy as np
from onnx import TensorProto, helper

from assay_validation.jobs import predict
from assay_validation.jobs.tensor_types import every_type


def warm_up() -> None:
    """Take the steps with a model that most jobs take."""
    every_type()
    rows, row = ((name, TensorProto.FLOAT, [None, 2]) for name in ("x", "y"))
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 2], [1.0, 2.0, 3.0, 4.0])
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "two by two",
        [helper.make_tensor_value_info(*rows)],
        [helper.make_tensor_value_info(*row)],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = predict._session(model.SerializeToString())
    predict.predict(session, {"x": np.zeros((1, 2), np.float32)}, ["y"])
