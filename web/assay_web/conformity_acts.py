"""What can be done about third parties' tests and assessments on them: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.structs import Round, RoundState
from assay_indexer.tables import Assessment, TestSet
from assay_web.acts import Act, Field, call

_DATA, _MODEL = 1, 2
"""Bits of what a panel still needs the key of."""


def publish_model() -> Act:
    """A model that is sealed and published, to be assessed before it is submitted."""
    fields = (
        Field("model", "file"),
        Field("card", "file"),
        Field("watermark", "file", required=False, more=True),
    )
    return Act("publish_model", "publish-model", {}, fields)


def submit_published(number: int, developer: str) -> Act:
    """The submission of a model that was published before."""
    fields = (Field("published"), Field("payees", required=False, more=True))
    return Act("submit_published", "submit-published", {"number": number}, fields, (developer,))


def of_set(one: TestSet) -> Iterator[Act]:
    """An application for an assessment, and the end of the set."""
    if one.retired:
        return
    fields = (Field("published"), Field("evaluation_fee", "amount", required=False, more=True))
    yield Act("apply", "apply", {"set": one.id}, fields, but=one.body)
    yield Act("retire_set", "call", call("Conformity", "retire", one.id), only=(one.body,))


def grants(number: int, panel: Round, applicant: str, body: str, now: int) -> Iterator[Act]:
    """What a panel needs the keys of, where there is time for it."""
    if panel.state != RoundState.GRANTING or now >= panel.deadline:
        return
    facts = {"number": number, "market": "Conformity"}
    if panel.needed & _MODEL:
        yield Act("grant_assessed", "grant", {**facts, "model": True}, only=(applicant,))
    if panel.needed & _DATA:
        yield Act("grant_test_data", "grant", facts, only=(body,))


def of_assessment(one: Assessment, body: str, panel: Round, now: int, *, anyone: bool) -> Iterator[Act]:
    """The grants, and the step that anybody may take where one is due."""
    yield from grants(one.id, panel, one.applicant, body, now)
    if anyone:
        yield Act("advance_assessment", "call", call("Conformity", "advance", one.id))
