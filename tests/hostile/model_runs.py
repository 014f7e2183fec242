"""Models that pass as files and are stopped when a runtime loads or runs them, or by what they answer."""

from __future__ import annotations

import numpy as np
from onnx import SparseTensorProto, TensorProto, helper

from assay.manifests.reason import Code
from hostile.catalogue import collector
from hostile.graphs import BOOL, FLOAT, IDENTITY, INT64, STRING, declared, model, node, written

cases, hostile = collector("model run")
WIDE = declared("p", FLOAT, ["n", "m"])


# GRAPHS THAT ARE NONE


@hostile(Code.DOES_NOT_LOAD)
def value_from_nowhere() -> bytes:
    """An operator's input that nothing makes."""
    return written(node("Add", "x nothing", "p"))


@hostile(Code.DOES_NOT_LOAD)
def value_made_twice() -> bytes:
    """Two operators that make one value."""
    return written(IDENTITY, node("Relu", "x", "p"))


@hostile(Code.DOES_NOT_LOAD)
def unknown_operator() -> bytes:
    """An operator that ONNX does not have."""
    return written(node("Exfiltrate", "x", "p"))


@hostile(Code.DOES_NOT_LOAD)
def operators_of_the_future() -> bytes:
    """An operator set that nobody has written yet."""
    return model([IDENTITY], opset=9999).SerializeToString()


@hostile(Code.DOES_NOT_LOAD)
def format_of_the_future() -> bytes:
    """A version of the format that nobody has written yet."""
    graph = model([IDENTITY])
    graph.ir_version = 2**40
    return graph.SerializeToString()


@hostile(Code.DOES_NOT_LOAD)
def too_few_inputs() -> bytes:
    """An operator without what it works on."""
    return written(node("Add", "x", "p"))


@hostile(Code.DOES_NOT_LOAD)
def unknown_attribute() -> bytes:
    """An attribute that the operator does not have."""
    return written(node("Relu", "x", "p", path="/etc/passwd"))


@hostile(Code.DOES_NOT_LOAD)
def constant_of_an_unknown_type() -> bytes:
    """A constant of a type that does not exist."""
    tensor = TensorProto(name="w", data_type=99, dims=[1, 1], raw_data=bytes(4))
    return model([node("MatMul", "x w", "p")], tensor).SerializeToString()


@hostile(Code.DOES_NOT_LOAD)
def constant_of_texts_as_numbers() -> bytes:
    """Texts where numbers are due."""
    tensor = TensorProto(name="w", data_type=STRING, dims=[1, 1], string_data=[b"1"])
    return model([node("MatMul", "x w", "p")], tensor).SerializeToString()


@hostile(Code.DOES_NOT_LOAD)
def sparse_constant_beyond_its_shape() -> bytes:
    """A sparse constant with a number at a place that it does not have, to be written past its end."""
    graph = model([node("MatMul", "x w", "p")])
    sparse = SparseTensorProto(dims=[1, 1])
    sparse.indices.CopyFrom(TensorProto(data_type=INT64, dims=[1], int64_data=[1 << 40]))
    sparse.values.CopyFrom(TensorProto(name="w", data_type=FLOAT, dims=[1], float_data=[1.0]))
    graph.graph.sparse_initializer.append(sparse)
    return graph.SerializeToString()


@hostile(Code.DOES_NOT_LOAD)
def trees_with_missing_branches() -> bytes:
    """A forest whose branches lead to nodes that it does not have."""
    return forest(branches=[7, 8])


@hostile(Code.DOES_NOT_LOAD)
def trees_in_a_circle() -> bytes:
    """A forest whose root is its own branch: a walk without end."""
    return forest(branches=[0, 0])


def forest(branches: list[int]) -> bytes:
    return written(
        node(
            "TreeEnsembleRegressor",
            "x",
            "p",
            "ai.onnx.ml",
            n_targets=1,
            nodes_treeids=[0, 0, 0],
            nodes_nodeids=[0, 1, 2],
            nodes_featureids=[0, 0, 0],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
            nodes_values=[0.5, 0.0, 0.0],
            nodes_truenodeids=[branches[0], 0, 0],
            nodes_falsenodeids=[branches[1], 0, 0],
            target_treeids=[0, 0],
            target_nodeids=[1, 2],
            target_ids=[0, 0],
            target_weights=[0.0, 1.0],
        )
    )


# NAMES


@hostile(Code.OUTPUT_MISSING)
def another_output() -> bytes:
    """An answer under another name than the order's."""
    return written(node("Relu", "x", "q"), outputs=[declared("q")])


@hostile(Code.INPUT_MISSING)
def another_input() -> bytes:
    """Rows are taken under another name than the order's."""
    return written(node("Relu", "z", "p"), inputs=[declared("z")])


@hostile(Code.INPUT_UNKNOWN)
def one_input_more() -> bytes:
    """An input that the order does not feed."""
    return written(node("Add", "x labels", "p"), inputs=[declared("x"), declared("labels")])


@hostile(Code.OUTPUT_MISSING)
def names_as_paths() -> bytes:
    """Names that lead out of a folder, and a zero byte in one."""
    return written(node("Relu", "x", "../../p\0"), outputs=[declared("../../p\0")])


@hostile(Code.OUTPUT_MISSING)
def names_that_deceive() -> bytes:
    """The order's name with letters that look alike, and signs that reverse the reading direction."""
    return written(node("Relu", "x", "\u202e\u0440"), outputs=[declared("\u202e\u0440")])


@hostile(Code.OUTPUT_MISSING)
def endless_name() -> bytes:
    """A name of four megabytes, to fill reports and logs."""
    name = "p" * (4 << 20)
    return written(node("Relu", "x", name), outputs=[declared(name)])


# MEMORY


def big(nodes: list[object], **constants: object) -> bytes:
    """What they make of themselves, as *big*, ends in one number that is added to the answer."""
    end = [node("ReduceMax", "big", "most", keepdims=0), node("Add", "x most", "p")]
    return written(*nodes, *end, constants=constants)  # type: ignore[arg-type]


ONE = np.ones((1, 1), np.float32)


@hostile(Code.DOES_NOT_RUN)
def expand_bomb() -> bytes:
    """Expand: twelve gigabytes from one number."""
    return big([node("Expand", "one shape", "big")], one=ONE, shape=np.int64([1, 3 << 30]))


@hostile(Code.DOES_NOT_RUN)
def tile_bomb() -> bytes:
    """Tile: the same by repetition."""
    return big([node("Tile", "one times", "big")], one=ONE, times=np.int64([1 << 16, 1 << 16]))


@hostile(Code.DOES_NOT_RUN)
def constant_of_shape_bomb() -> bytes:
    """ConstantOfShape: the same from a shape alone."""
    return big([node("ConstantOfShape", "shape", "big")], shape=np.int64([1 << 16, 1 << 16]))


@hostile(Code.DOES_NOT_RUN)
def overflowing_shape_bomb() -> bytes:
    """A shape whose product is a small number in 64 bits."""
    return big([node("ConstantOfShape", "shape", "big")], shape=np.int64([1 << 62, 1 << 62]))


@hostile(Code.DOES_NOT_RUN)
def range_bomb() -> bytes:
    """Range: a million million numbers."""
    limits = {"first": np.float32(0), "last": np.float32(1e12), "step": np.float32(1)}
    return big([node("Range", "first last step", "big")], **limits)


@hostile(Code.DOES_NOT_RUN)
def one_hot_bomb() -> bytes:
    """OneHot: a place for each of a thousand million classes."""
    nodes = [node("Cast", "x", "i", to=INT64), node("OneHot", "i depth values", "big")]
    return big(nodes, depth=np.int64(1 << 30), values=np.float32([0, 1]))


@hostile(Code.DOES_NOT_RUN)
def pad_bomb() -> bytes:
    """Pad: twelve gigabytes of margin."""
    return big([node("Pad", "x pads", "big")], pads=np.int64([0, 0, 0, 3 << 30]))


@hostile(Code.DOES_NOT_RUN)
def resize_bomb() -> bytes:
    """Resize: one pixel as a wall."""
    nodes = [node("Resize", "one  scales", "big", mode="nearest")]
    return big(nodes, one=ONE, scales=np.float32([1 << 16, 1 << 16]))


@hostile(Code.DOES_NOT_RUN)
def doubling_bomb() -> bytes:
    """Concat: forty doublings of one value, none of them large by itself."""
    nodes = [node("Concat", f"v{i} v{i}", f"v{i + 1}", axis=1) for i in range(40)]
    return big([node("Identity", "x", "v0"), *nodes, node("Identity", "v40", "big")])


@hostile(Code.DOES_NOT_RUN)
def outer_product_bomb() -> bytes:
    """MatMul: a row times a column, a hundred thousand long each."""
    nodes = [
        node("Expand", "one long", "column"),
        node("Transpose", "column", "row"),
        node("MatMul", "column row", "big"),
    ]
    return big(nodes, one=ONE, long=np.int64([100_000, 1]))


@hostile(Code.DOES_NOT_RUN)
def broadcast_bomb() -> bytes:
    """Add: two small tensors whose sum is large."""
    nodes = [
        node("Expand", "one long", "column"),
        node("Transpose", "column", "row"),
        node("Add", "column row", "big"),
    ]
    return big(nodes, one=ONE, long=np.int64([100_000, 1]))


@hostile(Code.DOES_NOT_RUN)
def size_by_the_data() -> bytes:
    """ConstantOfShape by the largest hidden value: small for small rows, giant for large ones."""
    nodes = [
        node("ReduceMax", "x", "m", keepdims=0),
        node("Add", "m huge", "s"),
        node("Cast", "s", "i", to=INT64),
        node("Unsqueeze", "i axis", "shape"),
        node("ConstantOfShape", "shape", "big"),
    ]
    return big(nodes, huge=np.float32(1 << 34), axis=np.int64([0]))


# TIME


def slow(nodes: list[object], side: int, **constants: object) -> bytes:
    """A square matrix m of that side to work on."""
    start = node("Expand", "one side", "m")
    return big([start, *nodes], one=ONE, side=np.int64([side, side]), **constants)


@hostile(Code.TOO_COSTLY, slow=True)
def endless_products() -> bytes:
    """Five hundred products of large matrices, in kilobytes."""
    nodes = [node("Identity", "m", "m0")]
    nodes += [node("MatMul", f"m{i} m", f"m{i + 1}") for i in range(500)]
    return slow([*nodes, node("Identity", "m500", "big")], 2048)


@hostile(Code.TOO_COSTLY, slow=True)
def endless_convolution() -> bytes:
    """One convolution with a kernel as large as its image."""
    nodes = [
        node("Reshape", "m image", "i"),
        node("Conv", "i i", "big", pads=[1023, 1023, 1023, 1023]),
    ]
    return slow(nodes, 1024, image=np.int64([1, 1, 1024, 1024]))


@hostile(Code.TOO_COSTLY, slow=True)
def endless_sorting() -> bytes:
    """A million numbers sorted, time and again."""
    nodes = [node("Identity", "m", "v0")]
    nodes += [node("TopK", f"v{i} k", f"v{i + 1} i{i + 1}", axis=1) for i in range(4000)]
    return slow([*nodes, node("Identity", "v4000", "big")], 1024, k=np.int64([1024]))


@hostile(Code.TOO_COSTLY, slow=True)
def endless_sums() -> bytes:
    """Cheap operators over large tensors, thousands of them."""
    nodes = [node("Identity", "m", "v0")]
    nodes += [node("Erf", f"v{i}", f"v{i + 1}") for i in range(4000)]
    return slow([*nodes, node("Identity", "v4000", "big")], 4096)


@hostile(Code.TOO_COSTLY, slow=True)
def time_by_the_data() -> bytes:
    """Work that grows with the largest hidden value."""
    nodes = [
        node("ReduceMax", "x", "t", keepdims=0),
        node("Add", "t side", "u"),
        node("Cast", "u", "i", to=INT64),
        node("Concat", "i0 i0", "shape", axis=0),
        node("Expand", "one shape", "m"),
        node("MatMul", "m m", "big"),
    ]
    nodes.insert(3, node("Unsqueeze", "i axis", "i0"))
    return big(nodes, one=ONE, side=np.float32(7000), axis=np.int64([0]))


# ANSWERS


@hostile(Code.WROTE_TOO_MUCH)
def a_million_columns() -> bytes:
    """Answers a million numbers for each row."""
    nodes = [node("Expand", "one shape", "w"), node("Add", "x w", "p")]
    return written(*nodes, constants={"one": ONE, "shape": np.int64([1, 1_000_000])}, outputs=[WIDE])


@hostile(Code.WRONG_SHAPE)
def many_small_columns() -> bytes:
    """Answers two thousand truth values for each row, which are a byte here and a number there."""
    nodes = [node("Cast", "x", "b", to=BOOL), node("Expand", "b shape", "p")]
    return written(
        *nodes, constants={"shape": np.int64([1, 2048])}, outputs=[declared("p", BOOL, ["n", 2048])]
    )


@hostile(Code.WRONG_SHAPE)
def three_classes() -> bytes:
    """Answers for a class that the order does not have."""
    nodes = [node("Expand", "one shape", "w"), node("Mul", "x w", "p")]
    return written(*nodes, constants={"one": ONE, "shape": np.int64([1, 3])}, outputs=[WIDE])


@hostile(Code.WRONG_SHAPE)
def one_row_for_all() -> bytes:
    """Answers one row, whatever it is asked."""
    return written(node("ReduceMean", "x", "p", axes=[0]), outputs=[declared("p", FLOAT, [1, 1])])


@hostile(Code.WRONG_SHAPE)
def a_single_number() -> bytes:
    """Answers a number without rows."""
    return written(node("ReduceMean", "x", "p", keepdims=0), outputs=[declared("p", FLOAT, [])])


@hostile(Code.WRONG_SHAPE)
def no_rows() -> bytes:
    """Answers nothing at all."""
    constants = {"none": np.int64([0]), "axis": np.int64([0])}
    return written(node("Slice", "x none none axis", "p"), constants=constants)


@hostile(Code.WRONG_SHAPE)
def a_list_of_answers() -> bytes:
    """Answers a list of tensors instead of one."""
    kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(FLOAT, None))
    return written(node("SequenceConstruct", "x", "p"), outputs=[helper.make_value_info("p", kind)])


@hostile(Code.ANSWERS_NAN)
def not_a_number() -> bytes:
    """Answers NaN."""
    return written(node("Mul", "x by", "p"), constants={"by": np.float32([np.nan])})


@hostile(Code.ANSWERS_NAN)
def infinity() -> bytes:
    """Answers infinity."""
    return written(node("Add", "x by", "p"), constants={"by": np.float32([np.inf])})


@hostile(Code.ANSWERS_NAN)
def nan_in_one_row() -> bytes:
    """Answers NaN in the last row alone: the square root of a number below zero."""
    nodes = [node("Sub", "limit x", "d"), node("Sqrt", "d", "p")]
    return written(*nodes, constants={"limit": np.float32([0.95])})


@hostile(Code.NO_DISTRIBUTION)
def no_probability() -> bytes:
    """Answers five where a probability is due."""
    return written(node("Add", "x by", "p"), constants={"by": np.float32([5])})


@hostile(Code.NO_DISTRIBUTION)
def probabilities_that_do_not_add_up() -> bytes:
    """Answers certainty for both classes."""
    nodes = [node("Mul", "x zero", "z"), node("Add", "z ones", "p")]
    constants = {"zero": np.float32([0]), "ones": np.ones((1, 2), np.float32)}
    return written(*nodes, constants=constants, outputs=[WIDE])


@hostile(Code.ANSWERS_TEXT)
def text_as_probability() -> bytes:
    """Answers texts where numbers are due."""
    return written(node("Cast", "x", "p", to=STRING), outputs=[declared("p", STRING)])


@hostile(Code.LABEL_OUTSIDE, output="labels")
def class_that_is_none() -> bytes:
    """Answers a class that the order does not have."""
    nodes = [node("Cast", "x", "i", to=INT64), node("Add", "i many", "p")]
    return written(*nodes, constants={"many": np.int64([41])}, outputs=[declared("p", INT64)])


@hostile(Code.LABEL_OUTSIDE, output="labels")
def endless_labels() -> bytes:
    """Answers a label of a hundred thousand characters for each row."""
    kinds = {"keys_int64s": [7], "values_strings": ["x"], "default_string": "A" * 100_000}
    nodes = [node("Cast", "x", "i", to=INT64), node("LabelEncoder", "i", "p", "ai.onnx.ml", **kinds)]
    return written(*nodes, outputs=[declared("p", STRING)])


@hostile(Code.LABEL_OUTSIDE, output="labels")
def labels_that_break_lines() -> bytes:
    """Answers labels that would break a log, a page or a query."""
    label = "'; DROP TABLE x;--\r\n\x1b[2J<script>\u202e"
    kinds = {"keys_int64s": [7], "values_strings": ["x"], "default_string": label}
    nodes = [node("Cast", "x", "i", to=INT64), node("LabelEncoder", "i", "p", "ai.onnx.ml", **kinds)]
    return written(*nodes, outputs=[declared("p", STRING)])


# RUNS


@hostile(Code.BATCH_SIZE)
def giant_batches() -> bytes:
    """A graph that takes a million rows at once and no fewer."""
    return written(IDENTITY, inputs=[declared("x", FLOAT, [1_000_000, 1])])


@hostile(Code.INPUT_LENGTH)
def other_columns() -> bytes:
    """A graph that takes rows of another length."""
    return written(IDENTITY, inputs=[declared("x", FLOAT, ["n", 9])], outputs=[WIDE])


@hostile(Code.DOES_NOT_RUN)
def index_beyond_the_end() -> bytes:
    """Gather: reads a thousand million places behind a tensor."""
    nodes = [node("Gather", "x far", "g", axis=1), node("Identity", "g", "p")]
    return written(*nodes, constants={"far": np.int64([1 << 30])})


@hostile(Code.DOES_NOT_RUN)
def write_beyond_the_end() -> bytes:
    """ScatterElements: writes a thousand million places behind a tensor."""
    constants = {"one": ONE, "far": np.int64([[1 << 30]])}
    return written(node("ScatterElements", "x far one", "p", axis=1), constants=constants)


@hostile(Code.DOES_NOT_RUN)
def shape_that_does_not_fit() -> bytes:
    """Reshape: to a number of places that the rows do not have."""
    return written(node("Reshape", "x shape", "p"), constants={"shape": np.int64([7, 13])})
