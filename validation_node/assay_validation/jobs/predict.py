"""Runs the untrusted model. It is given inputs only: labels and groups are never in its process.

It is deterministic by construction: the runtime's CPU provider, pinned to one processor (`pinned_runtime`),
one thread, sequential, unoptimised, in batches of one size in row order.
"""

import os
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.batches import BATCH_ROWS
from assay_validation.jobs import RefusalError
from assay_validation.jobs.array_files import StoredRows
from assay_validation.jobs.fitting import fitted
from assay_validation.jobs.runtime import ort
from assay_validation.jobs.texts import Texts, is_texts
from assay_validation.jobs.weights import PLACE, mapped_file

MAX_TEXT = 10_000
"""Characters of one text; the rest is cut off."""
MAX_NUMBERS = 1 << 22
"""The most numbers in one output for one row, such as a map with a probability for each class and pixel."""


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``<pass>-<output>`` for each pass and each of the outputs asked for.

    *arguments*: ``inputs`` (the model's input names), ``bfloat16`` (the inputs that are fed as the bits of
    such numbers), ``outputs`` (the name of the graph's output for each of ours), ``marks`` (the graph's
    output with the probabilities of labels that are each true or false, or empty), ``passes`` (each named
    after the inputs that it takes).

    Raises:
        RefusalError: the model does not load, does not run, or does not answer one tensor row per data row.
    """
    wanted = arguments["outputs"]
    session = load(inputs["model"], arguments["inputs"], wanted.values(), inputs["weights"])
    for name in arguments["passes"]:
        feed = {key: _array(inputs[f"{name}-{i}"]) for i, key in enumerate(arguments["inputs"])}
        answers = predict(
            session, feed, list(wanted.values()), bits=arguments["bfloat16"], marks=arguments["marks"]
        )
        for key, prediction in zip(wanted, answers, strict=True):
            with os.fdopen(outputs[f"{name}-{key}"], "wb") as file:
                np.save(file, prediction, allow_pickle=False)
    return {}


def _array(descriptor: int) -> StoredRows | Texts:
    """The content of the file behind *descriptor*. Rows are read as needed, so that data takes no memory from
    the model."""
    with os.fdopen(descriptor, "rb") as file:
        return Texts(file) if is_texts(file) else StoredRows(file)


def load(
    descriptor: int, inputs: Collection[str], outputs: Collection[str], weights: int | None = None
) -> ort.InferenceSession:
    """The model behind *descriptor*, ready to run; large constants are in the file behind *weights*.

    Raises:
        RefusalError: it does not load, or its inputs or outputs are not the mapped ones.
    """
    with os.fdopen(descriptor, "rb") as file:
        session = _session(file.read(), weights)
    missing = set(outputs) - {o.name for o in session.get_outputs()}
    if missing:
        raise RefusalError(f"the graph declares no output {min(missing)!r}", "does_not_load")
    if {i.name for i in session.get_inputs()} != set(inputs):
        raise RefusalError("the graph's inputs are not the mapped ones", "does_not_load")
    return session


def _session(model: bytes, weights: int | None = None) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        if weights is not None:
            with os.fdopen(weights, "rb") as file:
                content = np.frombuffer(mapped_file(file), np.uint8)
            options.add_external_initializers_from_files_in_memory([PLACE], [content], [len(content)])
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's exceptions have no useful common base
        raise RefusalError(f"the model does not load: {str(error)[:300]}", "does_not_load") from None


def predict(
    session: ort.InferenceSession,
    feed: Mapping[str, NDArray[Any] | StoredRows | Texts],
    names: list[str],
    bits: Collection[str] = (),
    marks: str = "",
) -> list[NDArray[Any]]:
    """The outputs *names* for all rows of *feed*.

    Inputs in *bits* are bfloat16 numbers given as 16-bit integers. The output *marks* may come as pairs for
    each label.

    Raises:
        RefusalError: the model does not run, cannot take the rows, or does not answer one tensor row per data
            row.
    """
    declared = {one.name: one for one in session.get_inputs()}
    rows = len(next(iter(feed.values())))
    size = _batch_size(session, feed, rows)
    parts: list[list[NDArray[Any]]] = [[] for _ in names]
    for start in range(0, rows, size):
        batch = {
            key: fitted(_padded(array[start : start + size], size), declared[key], bits=key in bits)
            for key, array in feed.items()
        }
        try:
            answers = session.run(names, batch)
        except Exception as error:  # as above
            raise RefusalError(f"the model does not run: {str(error)[:300]}", "does_not_run") from None
        for part, name, answer in zip(parts, names, answers, strict=True):
            answer = _of_pairs(answer, size) if name == marks else answer
            part.append(_checked(name, answer, size)[: rows - start])
    return [np.concatenate(part) for part in parts]


def _batch_size(session: ort.InferenceSession, fed: Collection[str], rows: int) -> int:
    """The batch size that the graph demands, or else our own."""
    shapes = [i.shape for i in session.get_inputs() if i.name in fed]
    fixed = {shape[0] for shape in shapes if shape and isinstance(shape[0], int)}
    if len(fixed) > 1:
        raise RefusalError("the graph's inputs demand different batch sizes", "batch_size")
    size = fixed.pop() if fixed else min(BATCH_ROWS, rows)
    if not 1 <= size <= BATCH_ROWS:
        raise RefusalError(
            f"the graph demands batches of {size} rows; 1 to {BATCH_ROWS} are allowed", "batch_size"
        )
    return size


def _padded(batch: NDArray[Any], size: int) -> NDArray[Any]:
    """The last batch filled up with its last row, because another batch size may give different bits."""
    missing = size - len(batch)
    return np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch


def _of_pairs(answer: Any, rows: int) -> Any:
    """The probabilities of yes, [rows, labels], where scikit-learn's converter gives those of no and yes for
    each label: [labels, rows, 2], or as many tensors [rows, 2]."""
    if isinstance(answer, list) and all(getattr(one, "shape", None) == (rows, 2) for one in answer):
        answer = np.stack(answer) if answer else answer
    if isinstance(answer, np.ndarray) and answer.ndim == 3 and answer.shape[1:] == (rows, 2):
        return answer[..., 1].T
    return answer


def _checked(name: str, answer: Any, rows: int) -> NDArray[Any]:
    if not isinstance(answer, np.ndarray):
        raise RefusalError(f"the output {name!r} is not a tensor", "wrong_shape")
    answer = np.asarray(answer)
    if answer.shape == (1, rows):  # as some exporters write labels
        answer = np.asarray(answer.reshape(rows))
    if answer.ndim == 0 or len(answer) != rows or answer.size > rows * MAX_NUMBERS:
        raise RefusalError(f"the output {name!r} has the wrong shape {answer.shape}", "wrong_shape")
    if answer.dtype.kind == "O":
        texts = answer.astype(np.str_)
        return np.asarray(texts.astype(f"U{MAX_TEXT}") if texts.dtype.itemsize > 4 * MAX_TEXT else texts)
    return np.asarray(answer)
