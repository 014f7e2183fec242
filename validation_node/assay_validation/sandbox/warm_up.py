"""Uses the libraries once, on a graph and a column of our own: what they set up at first use, forks then have.

Nothing here may start a thread, so no file is read by Arrow.
"""

import numpy as np
import pyarrow as pa
from onnx import TensorProto, helper

from assay_validation.jobs import predict
from assay_validation.jobs.rounding import take_errors


def warm_up() -> None:
    """Take the steps that most jobs take."""
    _run_a_model()
    pa.chunked_array([["1", "2"]]).cast(pa.float64()).to_numpy()


def _run_a_model() -> None:
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
    errors = predict.Errors(take_errors(model))
    session = predict._session(model.SerializeToString())
    predict.predict(session, {"x": np.zeros((1, 2), np.float32)}, ["y"], errors)
