"""Third parties' tests: which there are, one of them, and how a model fares on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from assay.manifests import ConformitySpec
from assay_indexer.goods import rows
from assay_indexer.queries import View
from assay_indexer.tables import Assessment, TestSet
from assay_web import conformity_acts
from assay_web.acts import Act
from assay_web.conformity_duties import assessment_duty
from assay_web.reading import Reading, reading
from assay_web.rendering import page
from assay_web.safe_text import name
from assay_web.sentences import say
from assay_web.stories import story

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]
_MOST = 100


@router.get("/test-sets")
def test_sets(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """All tests, the newest first, and which of them count in their domains."""
    with found.index.view() as view:
        sets = rows(view, TestSet, 0, _MOST).items
        specs = {one.id: _spec(view, one) for one in sets}
        domains, block = view.names("domain"), view.block
    counting = {one: found.market.policy.conformity_set(one) for one in {each.domain for each in sets}}
    facts: dict[str, Any] = {"sets": sets, "specs": specs, "domains": domains, "counting": counting}
    act = conformity_acts.publish_model()
    return page(request, "test_sets.html", title=say("test_sets.title"), block=block, act=act, **facts)


@router.get("/test-sets/{number}")
def test_set(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """One test: what it measures, what it costs, and what has been assessed on it."""
    with found.index.view() as view:
        one = view.get(TestSet, number)
        if one is None:
            raise HTTPException(404)
        spec, told = _spec(view, one), story(view, "test_set", number)
        assessed = rows(view, Assessment, 0, _MOST, set_id=number).items
        domains, block, now = view.names("domain"), view.block, view.at
    facts: dict[str, Any] = {
        "one": one,
        "spec": spec,
        "domain": domains.get(one.domain, one.domain),
        "counts": found.market.policy.conformity_set(one.domain) == number,
        "total": found.market.conformity.quote(number),
        "token": found.token(one.token),
        "assessed": assessed,
        "acts": list(conformity_acts.of_set(one)),
        "told_events": told,
    }
    title = name(spec.title) if spec is not None else say("test_set.title", number=number)
    return page(request, "test_set.html", title=title, number=number, block=block, now=now, **facts)


@router.get("/assessments/{number}")
def assessment(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """How a model fares on a third party's test."""
    with found.index.view() as view:
        one = view.get(Assessment, number)
        test_set = view.get(TestSet, one.set_id) if one is not None else None
        if one is None or test_set is None:
            raise HTTPException(404)
        spec, told = _spec(view, test_set), story(view, "assessment", number)
        block, now = view.block, view.at
    step = found.market.conformity.next_step(number)
    acts: list[Act] = []
    if not step.is_last:  # the panel is gone then
        panel, anyone = found.market.rounds.get(one.panel_id), step.who == "anyone"
        acts += conformity_acts.of_assessment(one, test_set.body, panel, now, anyone=anyone)
    facts: dict[str, Any] = {
        "one": one,
        "test_set": test_set,
        "spec": spec,
        "token": found.token(test_set.token),
        "duty": assessment_duty(found, one, test_set, step),
        "acts": acts,
        "told_events": told,
    }
    title = say("assessment.title", number=number)
    return page(request, "assessment.html", title=title, number=number, block=block, now=now, **facts)


def _spec(view: View, one: TestSet) -> ConformitySpec | None:
    """How a set tests; none as long as its document was not found."""
    manifest = view.manifest(one.spec)
    content = manifest.content if manifest is not None else None
    try:
        return ConformitySpec.model_validate(content, strict=False) if content else None
    except ValidationError:
        return None
