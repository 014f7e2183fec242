"""Reasons as sentences, in the reader's units."""

from __future__ import annotations

from collections.abc import Iterable

from assay.manifests.evaluation import Metric
from assay.manifests.reason import Code, Reason
from assay.words import formatting
from assay.words.printable import quoted

_SENTENCES: dict[Code, str] = {
    Code.DATA_REFUSED: "something is wrong with the hidden data; its owner is told what",
    Code.DATA_TOO_LARGE: "the data is larger than the {most} bytes that a validator reads",
    Code.DATA_UNREADABLE: "the data cannot be read as {name}",
    Code.DATA_TOO_COSTLY: "reading the data takes more time, memory or disk than a validator gives to it",
    Code.ROWS_NOT_ALLOWED: "the data has {rows}, and 1 to {most} are allowed",
    Code.ROWS_UNEQUAL: "the arrays have different numbers of rows",
    Code.ROWS_MISSING: "the array {name} has no rows",
    Code.ROW_SHAPE: "the rows of the array {name} have another shape than the order says",
    Code.COLUMN_MISSING: "there is no column {name}",
    Code.COLUMN_REPEATED: "{found} columns are named {name}",
    Code.COLUMN_TYPE: "the column {name} holds another type than the order's dataset.columns say",
    Code.EMPTY_CELLS: "the column {name} is empty in {rows}, first in row {row}",
    Code.NOT_NUMERIC: "the column {name} holds no number in {rows}, first in row {row}",
    Code.NO_TIME: "the column {name} holds no date or time in {rows}, first in row {row}; what a CSV file"
    " writes for a gap, such as 0000-00-00, is declared with --gap",
    Code.NOT_WHOLE: "the column {name} holds no whole number in {rows}, first in row {row}",
    Code.NOT_FINITE: "the column {name} is NaN or infinite in {rows}, first in row {row}",
    Code.OUT_OF_RANGE: (
        "the column {name} holds numbers that the input's type does not hold in {rows}, first in row {row}"
    ),
    Code.UNREADABLE_TYPE: (
        "the column {name} is of a type that is not fed as the order says: nested or binary values, texts"
        " where numbers are due, or times without the unit to count them in (time)"
    ),
    Code.TEXTS_TOO_LONG: (
        "the texts in the column {name} are too long: from row {row} on, a batch has more than {most} bytes"
    ),
    Code.RAGGED_ROW: "row {row}, counting the header, has {found} cells, and the first row has {most}",
    Code.TRAILING_SEPARATOR: "row {row}, counting the header, ends in a separator that the first row lacks",
    Code.END_MARK: "row {row}, counting the header, is the character 0x1A, by which old programs end a file",
    Code.NUL_CHARACTERS: "line {row} of the file has a NUL character, which no text has",
    Code.NOT_ENCODED: "line {row} of the file is not text in {name}",
    Code.BAD_LINE: "line {row} of the file is no JSON object, or holds a name twice",
    Code.NO_INDEX: "the archive has no index.csv at its top; pack what is in the folder, not the folder",
    Code.UNSAFE_ARCHIVE: "the archive holds links, devices or encrypted files, or names that lead out of it",
    Code.TOO_MANY_FILES: "the archive holds more than {most} files",
    Code.FILE_MISSING: (
        "the archive lacks the files that the column {name} names in {rows}, first in row {row}"
    ),
    Code.FILE_REPEATED: "the archive holds {found} files of the same name",
    Code.FILE_TOO_LARGE: ("files that the column {name} names are too large in {rows}, first in row {row}"),
    Code.FILE_UNREADABLE: (
        "files that the column {name} names cannot be read as the order says in {rows}, first in row {row}"
    ),
    Code.FILE_SHAPE: (
        "files that the column {name} names have another size than the order says in {rows},"
        " first in row {row}"
    ),
    Code.IMAGE_COLOURS: (
        "images that the column {name} names have other channels than the order says in {rows},"
        " first in row {row}"
    ),
    Code.IMAGE_DEPTH: (
        "images that the column {name} names have another depth than the order says in {rows},"
        " first in row {row}; with 16 bits a channel, only grey images are read"
    ),
    Code.IMAGE_ANIMATED: (
        "images that the column {name} names have several frames in {rows}, first in row {row}"
    ),
    Code.IMAGE_TURNED: (
        "images that the column {name} names are to be turned (EXIF orientation) in {rows}, first in row"
        " {row}; save them upright, or order files.upright"
    ),
    Code.NOT_FLAT: "the labels or groups in {name} are not one value for each row",
    Code.UNKNOWN_CLASS: "the column {name} holds none of the order's classes in {rows}, first in row {row}",
    Code.UNFIT_VALUE: "the column {name} holds what the task does not take in {rows}, first in row {row}",
    Code.PLACE_OUTSIDE: "the masks or maps in {name} hold {found}, first in row {row}, and the places of the"
    " order's classes are {least} to {most}; what is not to be scored is declared as void",
    Code.BOXES_MISSING: "the column {name} has null in place of boxes in {rows}, first in row {row}; where"
    " there is nothing to be found, write an empty list, []",
    Code.TOO_MANY_GROUPS: "the column {name} has {found} groups, and at most {most} are allowed",
    Code.ROW_COUNT: "the data has {rows}, and the order says {most}",
    Code.CLASS_COUNT: "the class {name} is in {rows}, and the order says {most}",
    Code.GROUP_COUNT: "the group {name} has {rows}, and the order says {most}",
    Code.METRIC_UNDEFINED: "{name} is not defined on this data, for instance because a class is missing",
    Code.GROUP_UNDEFINED: "the metric is not defined in the group {name}, so no model passes the criteria",
    Code.REFERENCE_FAILED: "the reference model gives no score on this data",
    Code.REFERENCE_OUTSIDE: "the reference scores {found}, and the order says {least} to {most}",
    Code.OTHER_DATASET: "the order names another dataset",
    Code.OTHER_FORMAT: "the dataset is said to be {name}, and the order says another format",
    Code.CUSTOMER_KEY: "nothing can be sealed to the customer's key in the order",
    Code.DELIVERY_KEY: "nothing can be delivered to the delivery key in the order",
    Code.MODEL_REFUSED: "the model's file is refused; its developer is told why",
    Code.MODEL_TOO_LARGE: "the model is larger than {most} bytes",
    Code.NOT_ONNX: "the file is not a whole ONNX model",
    Code.NO_GRAPH: "the model has no graph",
    Code.OWN_FUNCTIONS: "the model's own functions call themselves, or cannot be put in place; export it"
    " with them inlined",
    Code.TRAINING_INFO: "the model carries training information; export it for inference",
    Code.FOREIGN_OPERATORS: "the model uses operators of {name}; those of ai.onnx and ai.onnx.ml are"
    " allowed, and many of com.microsoft",
    Code.TOO_MANY_OPERATORS: "the model has {found} operators, each call of its own functions counted, and"
    " at most {most} are allowed",
    Code.OPERATOR_REFUSED: "the operator {name} is not allowed",
    Code.SUBGRAPH: "bodies of If, Loop and Scan are nested deeper than {most}",
    Code.TENSORS_OUTSIDE: "the model keeps tensors outside of its file; `assay model` packs both files into"
    " one if the second lies beside the first",
    Code.ABSURD_SHAPE: "a tensor has a negative or far too large shape",
    Code.INPUT_MISSING: "the model has no input {name}, which the order feeds",
    Code.INPUT_UNKNOWN: "the model has {inputs} that the order does not feed",
    Code.INPUT_NO_TENSOR: "the input {name} takes no tensor of numbers or text",
    Code.INPUT_TAKES_TEXT: "the input {name} takes text, and the order feeds numbers",
    Code.INPUT_TAKES_NUMBERS: "the input {name} takes numbers, and the order feeds text",
    Code.INPUT_AXES: "the input {name} has {found} axes, and the order feeds {most}, the rows among them;"
    " add a Reshape in front",
    Code.INPUT_LENGTH: "axis {row} of the input {name} has the length {found}, and the order feeds {most}",
    Code.CHANNELS_LAST: "the input {name} takes images with channels last (NHWC), and the order feeds them"
    " first (NCHW); add a Transpose in front",
    Code.CHANNELS_FIRST: "the input {name} takes images with channels first (NCHW), and the order feeds them"
    " last (NHWC); add a Transpose in front",
    Code.OUTPUT_MISSING: "the model has no output {name}, which the order scores",
    Code.CLASS_NAMES: "the model has names of its own for the classes of its output {name}, and they are not"
    " the order's; train it on labels as the order writes them",
    Code.TARGET_OPERATOR: "where the model must run, there is no operator {name}",
    Code.TARGET_OPSET: "the model uses operators of version {found}; where it must run, {most} is the newest",
    Code.TARGET_SIZE: "the model has {found} bytes; where it must run, the most is {most}",
    Code.TARGET_OPERATIONS: "a row takes {found} operations; where the model must run, the most is {most}",
    Code.TARGET_MEMORY: "a row takes {found} bytes of memory; where the model must run, the most is {most}",
    Code.COSTS_UNTOLD: "what a row costs cannot be told: at the operator {name} it does not follow from the"
    " shape of a row; give the tensors there fixed shapes, or export without this operator",
    Code.ROUNDS_UNTOLD: "what a row costs cannot be told: how often a {name} runs, or what it hands on,"
    " depends on the data; give it a trip count that is a constant or follows from the shape of a row",
    Code.DOES_NOT_LOAD: "ONNX Runtime does not load the model",
    Code.DOES_NOT_RUN: "the model does not run on the inputs that the order feeds",
    Code.BATCH_SIZE: "the model demands a batch size that it is not given; leave the first axis open",
    Code.WRONG_SHAPE: "an output does not have the shape that the order scores: one row for each row of data",
    Code.ANSWERS_TEXT: "the model answers text where numbers are due",
    Code.ANSWERS_NAN: "the model answers NaN or infinity",
    Code.ANSWERS_NONSENSE: "the model answers something that is not a prediction",
    Code.LABEL_OUTSIDE: "the model predicts a label that is none of the order's classes",
    Code.CLASS_ORDER: "the model's probabilities stand in another order than the order's classes: its own"
    " labels contradict them",
    Code.UNFIT_VALUES: "the data has fractions or numbers that the type of the model's input cannot hold;"
    " take floats, and cast inside of the model",
    Code.NO_DISTRIBUTION: "the model's probabilities are not from 0 to 1, or do not add up to 1; end it in a"
    " Softmax or Sigmoid, unless the order takes logits; of a model that has none, such as an SVC, order or"
    " submit labels",
    Code.TOO_LONG: "the model runs longer than allowed",
    Code.TOO_COSTLY: "the model uses more processor time or memory than allowed",
    Code.WROTE_TOO_MUCH: "the model's answers are larger than allowed",
    Code.CRASHED: "the model's process crashed",
    Code.UNSTABLE: "the score moves by more than the order allows when measurements move by a millionth",
    Code.NOT_GRANTED: "the panel was granted no key that opens it",
    Code.DOES_NOT_OPEN: "what is stored is not what the manifest says, or does not open with its key",
    Code.BAD_MANIFEST: "its manifest is malformed or of another kind",
    Code.UNAVAILABLE: "something that the panel needed could not be fetched from storage",
    Code.OUT_OF_TIME: "the test did not end before the panel had to answer",
}
_UNCOUNTED = {
    Code.NOT_NUMERIC: "the column {name} is not numeric",
    Code.CLASS_COUNT: "{rows} with classes that the order does not name",
    Code.GROUP_COUNT: "{rows} in groups that the order does not name",
    Code.OPERATOR_REFUSED: "an operator is not allowed",
    Code.TARGET_OPERATOR: "where the model must run, some of its operators are missing",
    Code.COSTS_UNTOLD: "what a row costs cannot be told: it does not follow from the shape of a row; give all"
    " tensors fixed shapes",
    Code.FOREIGN_OPERATORS: "the model uses operators outside of ai.onnx, ai.onnx.ml and com.microsoft",
}
"""The sentences used when the fact that the usual sentence states is missing."""


def templates() -> dict[str, tuple[str, str]]:
    """For each code, the sentence with its facts in braces, and the one for when a name or number is missing.

    For programs that fill them in where a reason is decrypted, such as a page in the reader's browser.
    """
    return {str(code): (said, _UNCOUNTED.get(code, said)) for code, said in _SENTENCES.items()}


def sentence(reason: Reason, metric: Metric | None = None) -> str:
    """*reason* in words; a score in it is shown as a score of *metric*."""
    missing = reason.found is None if reason.code == Code.NOT_NUMERIC else reason.name is None
    template = _UNCOUNTED.get(reason.code, "") if missing else ""
    facts = {
        "name": "?" if reason.name is None else quoted(reason.name),
        "row": _number(reason.row),
        "rows": formatting.count(reason.found or 0, "row"),
        "inputs": formatting.count(reason.found or 0, "input"),
        **{field: _fact(reason, getattr(reason, field), metric) for field in ("found", "least", "most")},
    }
    return (template or _SENTENCES[reason.code]).format(**facts)


def sentences(reasons: Iterable[Reason], metric: Metric | None = None) -> str:
    """All *reasons*, each once, in one line."""
    return "; ".join(dict.fromkeys(sentence(reason, metric) for reason in reasons))


def _fact(reason: Reason, value: int | None, metric: Metric | None) -> str:
    if value is not None and reason.code == Code.REFERENCE_OUTSIDE:
        return formatting.score(value, metric)
    return _number(value)


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
