"""What assessments on third parties' tests wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import or_, select

from assay.deal.round_step import NextStep
from assay_indexer.queries import View
from assay_indexer.tables import Assessment, TestSet
from assay_web import conformity_acts
from assay_web.duty import Duty
from assay_web.reading import Reading
from assay_web.sentences import say

_MOST = 40


def of_assessments(found: Reading, view: View, account: str) -> Iterator[Duty]:
    """Keys that *account* has to grant to panels."""
    own = select(TestSet.id).where(TestSet.body == account)
    mine = or_(Assessment.applicant == account, Assessment.set_id.in_(own))
    for one in view.all(Assessment, mine, state="judging", limit=_MOST):
        test_set = view.get(TestSet, one.set_id)
        if test_set is None:
            continue
        duty = assessment_duty(found, one, test_set, found.market.conformity.next_step(one.id))
        if account in duty.accounts:
            panel = found.market.rounds.get(one.panel_id)
            grants = conformity_acts.grants(one.id, panel, one.applicant, test_set.body, view.at)
            yield replace(duty, act=next((act for act in grants if account in act.only), None))


def assessment_duty(found: Reading, one: Assessment, test_set: TestSet, step: NextStep) -> Duty:
    """What an assessment waits for, as the chain says."""
    parties = {"applicant": one.applicant, "body": test_set.body}
    accounts = tuple(who for name, who in parties.items() if name in step.who.split())
    about = say("assessment.title", number=one.id), f"/assessments/{one.id}"
    if not accounts:
        return Duty(*about, step.who, (), step.what, step.by, None)
    cost = say("assessment.silent", total=found.token(test_set.token).format(one.total))
    what = say("assessment.grant_what", number=one.id).unescape()
    return Duty(*about, step.who, accounts, what, step.by, cost)
