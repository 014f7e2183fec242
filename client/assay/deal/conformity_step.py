"""What an assessment on a third-party test set waits for: who has to do what, and by when."""

from __future__ import annotations

from functools import partial

from assay.deal.metric import metric_of
from assay.deal.next_step import NextStep, draw, panel_at_work
from assay.manifests import ConformitySpec
from assay.session import Session
from assay.structs import Artifact, ConformityAssessment, Panel, Stage, TestSet


def conformity_step(session: Session, number: int, assessment: ConformityAssessment) -> NextStep:
    """Read from the chain what is due now."""
    now, deadline = session.now(), assessment.deadline
    advance = f"`assay conformity advance {number}`"
    if assessment.stage in (Stage.PASSED, Stage.FAILED):
        return NextStep("nobody", f"the model has {assessment.stage.words}", 0)
    if assessment.stage == Stage.VOID:
        return NextStep("nobody", f"void: {assessment.cause.words}", 0)
    if assessment.stage in (Stage.EVALUATING, Stage.APPEALING):
        test_set = TestSet.model_validate(session.read("Conformity", "testSet", assessment.set_id))
        metric = partial(metric_of, session, test_set.spec, ConformitySpec)
        return panel_at_work(session, assessment.request_id, now, advance, metric)
    if now >= deadline:
        return NextStep("anyone", f"the time is over; {advance} takes the exit that is due", 0)
    if assessment.stage == Stage.GRANTING:
        return _granting(number, assessment)
    panel = Panel.model_validate(session.read("ValidationOracle", "panel", assessment.panel_id))
    if panel.seated:
        return NextStep("anyone", f"go on with the seated panel: {advance}", deadline)
    return NextStep("anyone", draw(panel.armed_block, advance), deadline)


def _granting(number: int, assessment: ConformityAssessment) -> NextStep:
    lacking = [
        who
        for who, artifact in (("applicant", Artifact.MODEL), ("body", Artifact.DATASET))
        if not assessment.granted >> artifact & 1
    ]
    what = f"grant the key to the panel: `assay conformity grant {number}`"
    return NextStep(" and ".join(lacking), what, assessment.deadline)
