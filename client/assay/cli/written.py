"""What auditors and parties have written, for the commands that show a judgement: read from the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from assay.cli.output import Cell
from assay.errors import InvalidInput, ManifestError, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from assay.manifests import AuditReport, DisputeEvidence, Figure, Finding, LineageEvidence, Manifest

M = TypeVar("M", bound="Manifest")
_MOST = 50  # documents of one author; whoever publishes more has them listed, not read


class Shelf:
    """Documents of several authors.

    What cannot be had is a sentence instead. An author whose document the store does not give in time is not
    waited for again: it may never have been stored, and others' are to be read.
    """

    def __init__(self) -> None:
        self._read: Counter[str] = Counter()

    def evidence(self, author: str, fetch: Callable[[], DisputeEvidence | LineageEvidence]) -> dict[str, Any]:
        """The fields of one piece of evidence; the same ones where it cannot be read."""
        found, problem = self._fetch(author, fetch)
        return {
            "claim": found.claim if found else None,
            "statement": _prose(found.statement if found else None),
            "exhibits": [one.model_dump(mode="json") for one in found.exhibits] if found else [],
            "unread": problem,
        }

    def report(self, author: str, fetch: Callable[[], AuditReport]) -> dict[str, Any]:
        """The fields of one auditor's report; the same ones where it cannot be read."""
        found, problem = self._fetch(author, fetch)
        return {
            "findings": _findings(found.findings if found else ()),
            "figures": _figures(found.figures if found else ()),
            "limitations": _prose(found.limitations if found else None),
            "unread": problem,
        }

    def _fetch(self, author: str, fetch: Callable[[], M]) -> tuple[M | None, str | None]:
        if self._read[author] >= _MOST:
            return None, "Not read: another document of this author is missing, or it has published too many."
        self._read[author] += 1
        try:
            return fetch(), None
        except StoreUnavailable as error:
            self._read[author] = _MOST
            return None, error.message
        except (StoreError, ManifestError, InvalidInput) as error:
            return None, error.message


def _prose(text: str | None) -> Cell:
    return Cell(text, _indented(text) if text else "-")


def _findings(findings: Sequence[Finding]) -> Cell:
    said = [f"{one.severity}, {one.scope}: {one.summary}\n{one.details}".strip() for one in findings]
    return Cell([one.model_dump(mode="json") for one in findings], "".join(map(_indented, said)) or "-")


def _indented(text: str) -> str:
    """Lines of a document, none of which begins where one of ours does."""
    return "".join(f"\n  {line}" for line in text.splitlines())


def _figures(measured: Sequence[Figure]) -> Cell:
    said = [_indented(f"{one.name} {_measured(one)}") for one in measured]
    return Cell([one.model_dump(mode="json") for one in measured], "".join(said) or "-")


def _measured(figure: Figure) -> str:
    from assay.words import formatting

    said = formatting.figure(figure.value, figure.unit)
    between = formatting.interval(figure.low, figure.high, figure.unit)
    return f"{said}, from {between}" if between else said
