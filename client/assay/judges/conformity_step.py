"""What an assessment on a third-party test set is waiting for: who has to do what, and by when."""

from __future__ import annotations

from functools import partial

from assay.deal.metric import metric_of
from assay.deal.round_step import NextStep, round_step
from assay.manifests import ConformitySpec
from assay.session import Session
from assay.structs import AssessmentState, ConformityAssessment, views


def conformity_step(session: Session, number: int, assessment: ConformityAssessment) -> NextStep:
    """Read from the chain what is due now."""
    if assessment.state in (AssessmentState.PASSED, AssessmentState.FAILED):
        return NextStep("nobody", f"the model has {assessment.state.words}", 0)
    if assessment.state == AssessmentState.VOID:
        return NextStep("nobody", f"void: {assessment.cause.words}", 0)
    test_set = session.view(views.conformity.test_set(assessment.set_id))
    grant = f"assay conformity grant {number}"
    return round_step(
        session,
        assessment.panel_id,
        f"`assay conformity advance {number}`",
        partial(metric_of, session, test_set.spec, ConformitySpec),
        {0: ("body", grant), 1: ("applicant", grant)},
    )
