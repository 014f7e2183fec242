"""Orders as people write them ("95 %", "30 days", ``"at_most": {"rmse": 60}``), converted for contracts.

Contracts use seconds, and scores in parts per million for which greater is better. :func:`canonical` converts
what was written to that form and reports everything that is wrong with it at once. Values already in the
contract's form stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from assay.manifests.evaluation import PPM, Metric, encoding_named
from assay.manifests.evaluation.criterion import COUNTED
from assay.words import formatting
from assay.words.amounts import format_amount
from assay.words.printable import quoted

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 7 * 86_400}
_DURATION = re.compile(r"(\d{1,9}) *([a-z]+)", re.ASCII)
_NUMBER = re.compile(r"([+-]?\d{1,12}(?:\.\d{1,12})?) *(%?)", re.ASCII)
_AMOUNT = re.compile(r"\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_BOUNDS = ("at_least", "at_most")
DURATIONS = ("bidding", "revealing", "building")
"""Fields that take a duration with a unit; in seconds, the name ends in ``_seconds``."""


class FormError(ValueError):
    """A value in none of the accepted forms; the message says what was expected."""


class Fault(Exception):
    """What is wrong with a document at a path."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path, self.message = path, message


class Faults(ValueError):
    """Everything that is wrong with a document whose fields are each valid on their own."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


def amount(text: str) -> str:
    """An amount in token units, as written.

    Raises:
        FormError: it is not a plain decimal number.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise FormError(f'{quoted(text)} is not an amount; write it like "12.5", without a sign')
    return text


def decimal(text: str) -> Decimal:
    """The numeric value of an :func:`amount`."""
    return Decimal(text.strip())


def seconds(written: object) -> int:
    """Seconds in a duration such as "30 days" or "6h"; a whole number is taken as seconds.

    Raises:
        FormError: it is neither.
    """
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    text = written.strip().lower() if isinstance(written, str) else ""
    match = _DURATION.fullmatch(text)
    if match:
        for name, length in _UNITS.items():
            if match[2] in (name[0], name, f"{name}s"):
                return int(match[1]) * length
        units = "seconds, minutes, hours, days or weeks"
        raise FormError(f"not a duration: the unit {quoted(match[2])} is not known; write it in {units}")
    if text.startswith("-") and _DURATION.fullmatch(text[1:].strip()):
        raise FormError("not a duration: it is negative; write it without the sign")
    raise FormError('not a duration; write it like "30 days", "12 hours" or "90 minutes"')


def millionths(written: object) -> int:
    """A number or share in millionths: 0.95, "0.95" and "95 %" are 950000.

    Raises:
        FormError: it is neither, or finer than a millionth.
    """
    text = str(written) if isinstance(written, (int, Decimal)) and not isinstance(written, bool) else written
    match = _NUMBER.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        raise FormError('not a number; write it like 60, 0.95 or "95 %"')
    value = Decimal(match[1]) * (PPM // 100 if match[2] else PPM)
    if value != int(value):
        raise FormError("finer than a millionth")
    return int(value)


def fine(written: object) -> int:
    """Like :func:`millionths`, but a whole number is taken as parts per million."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    return millionths(written)


def canonical(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """*document* with every value in the contract's form, and the faults that could not be converted."""
    writing = _Writing(document)
    writing.convert()
    return writing.document, writing.faults


class _Writing:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = dict(document)
        self.faults: list[Fault] = []

    def convert(self) -> None:
        for name in DURATIONS:
            self._duration(name)
        evaluation = self._part(self.document, "evaluation")
        try:
            metric = Metric(str(evaluation.get("metric")))
        except ValueError:
            metric = None
        self._encoding(evaluation)
        for name in ("step", "noise_tolerance"):
            self._fine(evaluation, name, "evaluation.")
        self._criteria(evaluation)
        self._fine(self.document, "tolerance", "")
        self._score(self.document, "threshold", "", metric)
        self._effort(metric)
        self._reference(metric)

    def _encoding(self, evaluation: dict[str, Any]) -> None:
        """The encoding of a CSV file, by any of its names."""
        dialect = self._part(self._part(evaluation, "data"), "csv")
        if isinstance(dialect.get("encoding"), str):
            try:
                dialect["encoding"] = encoding_named(dialect["encoding"])
            except ValueError as error:
                self.faults.append(Fault("evaluation.data.csv.encoding", str(error)))

    def _effort(self, metric: Metric | None) -> None:
        """``"effort": {"at_least": …}``, or ``effort_score``."""
        self._fine(self.document, "effort_score", "")
        if "effort" not in self.document:
            return
        effort = self.document.pop("effort")
        if "effort_score" in self.document:
            self.faults.append(Fault("effort", "effort_score says it already; leave one of them out"))
        elif isinstance(effort, dict):
            self.document["effort_score"] = self._bound(dict(effort), "effort.", metric)
        else:
            self.faults.append(Fault("effort", 'write it like {"at_least": {"auroc": 0.8}}'))

    def _part(self, of: dict[str, Any], name: str) -> dict[str, Any]:
        """A copy of a part, put in its place; empty if there is none."""
        given = of.get(name)
        if not isinstance(given, dict):
            return {}
        part: dict[str, Any] = dict(given)
        of[name] = part
        return part

    def _duration(self, name: str) -> None:
        field = f"{name}_seconds"
        for written in [one for one in (name, field) if one in self.document]:
            if written == name and field in self.document:
                self.faults.append(Fault(name, f"{field} says it already; leave one of them out"))
                continue
            self._take(self.document.pop(written), written, seconds, self.document, field)

    def _fine(self, of: dict[str, Any], name: str, where: str) -> None:
        if name in of:
            self._take(of[name], where + name, fine, of, name)

    def _criteria(self, evaluation: dict[str, Any]) -> None:
        criteria = evaluation.get("criteria")
        if not isinstance(criteria, list):
            return
        evaluation["criteria"] = [dict(one) if isinstance(one, dict) else one for one in criteria]
        for place, one in enumerate(evaluation["criteria"]):
            if isinstance(one, dict) and one.get("kind") not in COUNTED:
                self._fine(one, "bound", f"evaluation.criteria.{place}.")

    def _score(self, of: dict[str, Any], name: str, where: str, metric: Metric | None) -> None:
        """A score given directly, or as at_least or at_most."""
        if not any(bound in of for bound in _BOUNDS):
            self._fine(of, name, where)
        elif name in of:
            for bound in _BOUNDS:
                of.pop(bound, None)
            message = "at_least or at_most says it already; leave one of them out"
            self.faults.append(Fault(where + name, message))
        else:
            of[name] = self._bound(of, where, metric)

    def _bound(self, of: dict[str, Any], where: str, metric: Metric | None) -> int | None:
        """The score of the single bound in *of*, which is removed from it; errors are negated."""
        given = {bound: of.pop(bound) for bound in _BOUNDS if bound in of}
        path = where + " and ".join(given)
        if len(given) != 1:
            self.faults.append(Fault(path or where.rstrip("."), "write one of at_least and at_most"))
            return None
        ((bound, value),) = given.items()
        wanted = _BOUNDS[metric.is_error] if metric else bound
        if metric is None and isinstance(value, dict) and len(value) == 1:
            return None  # the metric itself is at fault
        if not isinstance(value, dict) or len(value) != 1 or metric is None:
            name = metric.value if metric else "auroc"
            self.faults.append(
                Fault(path, f'write it like "{wanted}": {{"{name}": 0.9}}, by the evaluation\'s metric')
            )
            return None
        ((name, number),) = value.items()
        if name != metric.value:
            self.faults.append(Fault(f"{path}.{name}", f"the evaluation's metric is {metric.value}"))
        elif bound != wanted:
            less = "less" if metric.is_error else "more"
            self.faults.append(Fault(path, f"{less} {metric.words} is better, so write {wanted}"))
        else:
            try:
                return -millionths(number) if metric.is_error else millionths(number)
            except FormError as error:
                self.faults.append(Fault(f"{path}.{name}", str(error)))
        return None

    def _reference(self, metric: Metric | None) -> None:
        """``"between": [75, 80]`` in the metric's own unit, or ``low`` and ``high`` as scores."""
        reference = self._part(self.document, "reference")
        between = reference.pop("between", None)
        if between is None:
            return
        if {"low", "high"} & reference.keys():
            self.faults.append(Fault("reference.between", "low and high say it already; leave them out"))
            return
        try:
            if not isinstance(between, list) or len(between) != 2:
                raise FormError("two numbers are due, such as [75, 80], in the unit of the metric")
            ends = [millionths(one) for one in between]
        except FormError as error:
            self.faults.append(Fault("reference.between", str(error)))
            return
        if metric is None:
            return  # the metric itself is at fault
        reference["low"], reference["high"] = sorted(-one if metric.is_error else one for one in ends)

    def _take(self, written: object, path: str, form: Any, into: dict[str, Any], name: str) -> None:
        try:
            into[name] = form(written)
        except FormError as error:
            into[name] = written
            self.faults.append(Fault(path, str(error)))


def unreachable(metric: Metric, step: int, scores: Mapping[str, int]) -> Iterator[Fault]:
    """Those of *scores* (ppm, by field) that no model can reach, with what may have been meant."""
    if metric.is_share and scores.get("threshold", 0) < 0:
        asked = formatting.threshold(scores["threshold"], metric)
        yield Fault(
            "threshold", f"{metric.words} {asked} asks nothing: it is from 0 % to 100 % for every model"
        )
    best = 0 if metric.is_error else PPM
    published = best // step * step
    for name, score in scores.items():
        if score > published:
            asked = formatting.threshold(score, metric)
            yield Fault(name, f"{metric.words} {asked} cannot be reached: {_limit(metric, step, score)}")


def _limit(metric: Metric, step: int, score: int) -> str:
    if metric.is_error:
        meant = score if score < PPM else format_amount(score, 6).replace(",", "")
        return (
            f"no {metric.words} is below 0. Scores of errors are negated; for at most {meant}, write "
            f'"at_most": {{"{metric.value}": {meant}}}'
        )
    best = formatting.score(PPM, metric)
    if score > PPM:
        return f"no model has more than {best}"
    highest = formatting.score(PPM // step * step, metric)
    return f"scores are published in steps of {step} ppm, of which the highest is {highest}"
