"""A text for each row. ``truth`` [rows]: texts."""

import re
import sys
from functools import cache
from itertools import groupby
from typing import Any
from unicodedata import ucd_3_2_0

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Metric
from assay.manifests.reason import Code
from assay_validation.errors import JobError
from assay_validation.jobs.truth import MAX_TEXT
from assay_validation.metrics import Array, Predictions
from assay_validation.tasks.rules import Case, Rules


def _read(arrays: dict[str, Array], spec: EvaluationSpec, truth: Array, _order: Array | None) -> Predictions:
    given = arrays["text"]
    if given.dtype.kind == "U":
        if given.size != len(truth):
            raise JobError(f"the texts have the shape {given.shape}, not one per row", Code.WRONG_SHAPE)
        return Predictions(text=np.char.strip(given.reshape(len(truth))))
    if given.dtype.kind not in "iu" or not spec.data.classes:
        raise JobError("the model answers no text", Code.ANSWERS_NONSENSE)
    places = given.reshape(len(truth), -1)
    texts = np.empty(len(truth), dtype=object)  # of strings, one long text would lengthen all
    texts[:] = [_spelt(row.tolist(), spec.data.classes) for row in places]
    return Predictions(text=texts)


def _spelt(places: list[int], tokens: tuple[str, ...]) -> str:
    """The text of tokens, up to the first index without a token, or until it is too long to be right."""
    parts, length = [], 0
    for place in places:
        if not 0 <= place < len(tokens) or length > MAX_TEXT:
            break
        parts.append(tokens[place])
        length += len(tokens[place])
    return "".join(parts)[:MAX_TEXT].strip()


def _simplest(_spec: EvaluationSpec, truth: Array) -> Predictions:
    """The commonest text; if several are equally common, the first in alphabetical order."""
    texts, counts = np.unique(truth, return_counts=True)
    return Predictions(text=np.full(len(truth), texts[counts.argmax()]))


def _changes(_truth: Array, one: Predictions, other: Predictions) -> Array:
    return np.asarray(np.asarray(one.text) != np.asarray(other.text), dtype=np.float64)


def _both(case: Case) -> tuple[list[str], list[str]]:
    return np.char.strip(case.truth).tolist(), np.asarray(case.predictions.text).tolist()


def _exact_match(case: Case) -> Any:
    truth, texts = _both(case)
    return np.mean([one == other for one, other in zip(truth, texts, strict=True)])


def _chrf(case: Case) -> Any:
    from sacrebleu import corpus_chrf  # imported here because most orders do not need it

    truth, texts = _both(case)
    return corpus_chrf(texts, [truth]).score / 100


def _bleu(case: Case) -> Any:
    from sacrebleu import corpus_bleu

    truth, texts = _both(case)
    return min(1.0, corpus_bleu(texts, [truth]).score / 100)


def _rouge_l(case: Case) -> Any:
    truth, texts = _both(case)
    return np.mean([_common(one, other) for one, other in zip(truth, texts, strict=True)])


def _words(text: str) -> list[str]:
    """Runs of letters, digits and underscores, in lower case. Only characters of Unicode 3.2 count: every
    version of Python knows these."""
    return [word.lower() for word in _word().findall(text)]


@cache
def _word() -> re.Pattern[str]:
    categories = (ucd_3_2_0.category(chr(code)) for code in range(sys.maxunicode + 1))
    runs = ((kind, list(run)) for kind, run in groupby(enumerate(categories), lambda one: one[1][0] in "LN"))
    ranges = (f"{chr(run[0][0])}-{chr(run[-1][0])}" for is_letter, run in runs if is_letter)
    return re.compile(f"[_{''.join(ranges)}]+")


def _common(one: str, other: str) -> float:
    """Twice the length of the longest common subsequence of words, divided by the number of all words."""
    from rapidfuzz.distance import LCSseq

    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * LCSseq.similarity(ours, theirs) / (len(ours) + len(theirs))


RULES = Rules(
    metrics={
        Metric.EXACT_MATCH: _exact_match,
        Metric.CHRF: _chrf,
        Metric.BLEU: _bleu,
        Metric.ROUGE_L: _rouge_l,
    },
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.EXACT_MATCH, Metric.CHRF, Metric.ROUGE_L),
)
