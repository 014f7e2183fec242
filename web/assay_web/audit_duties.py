"""What an auditor who was drawn has to do: examine, give a verdict, open it once all are in."""

from __future__ import annotations

from collections.abc import Iterator

from assay.structs import Audit as AuditView
from assay_indexer.queries import View
from assay_indexer.tables import Audit, AuditSeat
from assay_web import opinion_acts
from assay_web.duty import Duty, place_of
from assay_web.reading import Reading
from assay_web.sentences import say


def of_audits(found: Reading, view: View, account: str) -> Iterator[Duty]:
    """Seats of audits that wait for the account; times and bonds are the chain's."""
    for one in view.all(AuditSeat, auditor=account, posted_at=None, replaced=False):
        listed = view.get(Audit, one.audit_id)
        if listed is None or listed.decided_at is not None:
            continue
        if one.sealed_at is not None and listed.opening_until is None:
            continue  # others still seal theirs
        audit = found.market.audits.get(one.audit_id)
        if view.at < audit.deadline:
            yield _duty(found, one.audit_id, listed, audit, account)


def _duty(found: Reading, number: int, listed: Audit, audit: AuditView, account: str) -> Duty:
    due = "audit_open" if audit.opening else "audit_post" if audit.one_seat else "audit_seal"
    opens = opinion_acts.open_verdict(number, account)
    act = opens if audit.opening else opinion_acts.give_verdict(number, audit, account)
    also = () if audit.opening else (opinion_acts.open_seat(number, account),)
    staking = found.token(found.deployment.tokens.staking)
    fee = found.token(audit.terms.token).format(audit.terms.fee)
    cost = say(f"duty.{due}", bond=staking.format(audit.terms.bond), fee=fee)
    what = say(f"duty.{due}_what", number=number, fee=fee).unescape()
    link = place_of(listed.opener, listed.deal_id)
    return Duty(say("mine.seat"), link, "auditor", (), what, audit.deadline, cost, act, also)
