"""Which column of a model's probabilities is which class of the order, by the names in the graph."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from assay.manifests.reason import Code, Reason
from assay_validation.errors import JobError

_TRUTH = {"0": "false", "1": "true"}
_POINT_NOUGHT = re.compile(r"([+-]?[0-9]{1,18})\.0+")
_WHOLE = re.compile(r"[0-9]{1,9}")


def _plain(name: str) -> str:
    """A whole number without the point that tables write where a column has gaps: "1.0"."""
    found = _POINT_NOUGHT.fullmatch(name)
    return found[1] if found else name


def position_of(names: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """The index in *classes* of each of a model's *names* for classes; unknown names are left out.

    Names are compared as text. A model trained on booleans may say 0 and 1 where the order says False and
    True. A model trained on numbered classes may say 0, 1, 2 where the order's classes are words; these are
    then positions in the order's list.
    """
    places = {name: place for place, name in enumerate(classes)}
    plain = {_plain(name): place for name, place in places.items()}
    if not any(name in places for name in names) and len(plain) == len(classes):
        places = {name: plain[_plain(name)] for name in names if _plain(name) in plain} or places
    if not any(name in places for name in names):
        lowered = {name.lower(): place for place, name in enumerate(classes)}
        if set(lowered) == set(_TRUTH.values()):
            return {
                n: lowered[_TRUTH.get(n, n.lower())] for n in names if _TRUTH.get(n, n.lower()) in lowered
            }
        if not any(_WHOLE.fullmatch(name) for name in classes):
            return {name: int(name) for name in names if _WHOLE.fullmatch(name) and int(name) < len(classes)}
    return {name: places[name] for name in names if name in places}


def columns(output: str, names: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64] | None:
    """The class of each column of *output*; None where the graph does not name them.

    Raises:
        JobError: the names are not classes of the order.
    """
    if not names:
        return None
    places = position_of(names, classes)
    if len(set(places.values())) != len(names):
        message = f"the model's own classes are {list(names)[:20]}, the order's {list(classes)[:20]}"
        raise JobError(message[:1000], Reason(code=Code.CLASS_NAMES, name=output))
    return np.array([places[name] for name in names], np.int64)


def placed(scores: NDArray[np.float64], order: NDArray[np.int64] | None, classes: int) -> NDArray[np.float64]:
    """*scores* [rows, columns], each column moved to its class; a class that the model lacks scores 0."""
    if order is None or scores.shape[1] != len(order):
        return scores
    whole = np.zeros((len(scores), classes))
    whole[:, order] = scores
    return whole


def contradict(labels: NDArray[np.int64], best: NDArray[np.int64], classes: int) -> Mapping[int, int]:
    """How *labels* and the *best* columns of the same rows are permuted; empty if they are not.

    They are permuted if each label always goes with one column, but not with that of its own class.
    """
    pairs = np.unique(np.stack([labels, best]), axis=1)
    by_label = dict(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))
    one_to_one = len(by_label) == pairs.shape[1] == len(set(by_label.values()))
    moved = any(label != column for label, column in by_label.items())
    return by_label if one_to_one and moved and len(by_label) > 1 and classes > 1 else {}
