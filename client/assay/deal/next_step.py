"""What a commission is waiting for: who has to do what, and by when."""

from __future__ import annotations

from functools import partial

from assay.deal.metric import metric_of
from assay.deal.round_step import NextStep, draw, round_step
from assay.manifests import CommissionSpec
from assay.session import Session
from assay.structs import AuditTerms, Commission, CourtDispute, CourtState, State, views
from assay.structs.audit import MAX_DRAWS

__all__ = ["NextStep", "next_step"]


def next_step(session: Session, commission_id: int, commission: Commission) -> NextStep:
    """Read from the chain what is due now."""
    now, deadline = session.now(), commission.deadline
    advance = f"`assay commission advance {commission_id}`"
    if commission.state == State.SETTLED:
        return NextStep("nobody", f"settled; `assay model fetch {commission_id} FILE` opens the model", 0)
    if commission.state == State.REFUNDED:
        return NextStep("nobody", f"refunded: {commission.cause.words}", 0)
    if commission.state == State.CHALLENGE:
        return _challenge(commission_id, commission, now, advance)
    if commission.state == State.DISPUTED:
        return _disputed(session, commission_id, commission)
    if commission.state in (State.BIDDING, State.REVEALING):
        return _bidding(session, commission_id, commission, now, advance)
    if commission.state == State.AUDITING:
        return _auditing(session, commission, now, advance)
    if commission.state in (State.ATTESTING, State.EVALUATING):
        metric = partial(metric_of, session, commission.request.spec, CommissionSpec)
        grants = {
            0: ("customer", f"assay commission grant {commission_id}"),
            1: ("developer", f"assay model grant {commission_id}"),
        }
        return round_step(session, commission.panel_id, advance, metric, grants)
    if now >= deadline:
        return NextStep("anyone", f"the time is over; {advance} takes the exit that is due", 0)
    if commission.state == State.BUILDING:
        what = f"submit a model: `assay model submit {commission_id} MODEL.onnx CARD.json`"
        return NextStep("developer", what, deadline)
    what = f"deliver the model's key: `assay model deliver {commission_id}`"
    return NextStep("developer or anyone who holds the key", what, deadline)


def _challenge(commission_id: int, commission: Commission, now: int, advance: str) -> NextStep:
    contest = f"contest it: `assay dispute open {commission_id} GROUND CLAIM.json`"
    if commission.cause:
        if now >= commission.deadline:
            return NextStep("anyone", f"carry out the refund for {commission.cause.words}: {advance}", 0)
        what = f"a refund for {commission.cause.words} is announced; {contest}"
        return NextStep("customer or developer", what, commission.deadline)
    if now >= commission.deadline:
        return NextStep("anyone", f"settle and pay: `assay commission settle {commission_id}`", 0)
    what = (
        f"open the model: `assay model fetch {commission_id} FILE`, and if it is not what was ordered, "
        f"{contest}; after that anyone settles"
    )
    return NextStep("customer", what, commission.deadline)


def _disputed(session: Session, commission_id: int, commission: Commission) -> NextStep:
    market = session.deployment.address("CommissionMarket")
    found = session.events.find("Disputes", "DisputeOpened", market=market, dealId=commission_id)
    opened = next(found).arguments
    dispute_id, now = opened["id"], session.now()
    advance = f"`assay dispute advance {dispute_id}`"
    if now >= commission.deadline:
        return NextStep("anyone", f"the arbitrator is silent; the announced end stands: {advance}", 0)
    if opened["arbitrator"] != session.deployment.address("Court"):
        return NextStep("the arbitrator", f"rule on dispute {dispute_id}", commission.deadline)
    court = session.view(views.court.dispute(opened["arbitratorDisputeId"]))
    return _in_court(court, dispute_id, now, advance)


def _in_court(court: CourtDispute, dispute_id: int, now: int, advance: str) -> NextStep:
    jury = court.rounds[-1]
    open_still = now < court.deadline
    if court.state == CourtState.SEATING and court.armed_block:
        return NextStep("anyone", draw(court.armed_block, advance), 0)
    if court.state == CourtState.SEATING and open_still and jury.accepted < jury.size:
        return NextStep("jurors", f"accept: `assay juror accept {dispute_id}`", court.deadline)
    if court.state == CourtState.VOTING and open_still and jury.committed < jury.accepted:
        return NextStep("jurors", f"vote: `assay juror vote {dispute_id}`", court.deadline)
    if court.state == CourtState.REVEALING and open_still and jury.revealed < jury.committed:
        return NextStep("jurors", f"reveal: `assay juror reveal {dispute_id}`", court.deadline)
    if court.state == CourtState.APPEALING and open_still:
        side = f"for the {court.ruling.words}" if court.ruling else "for nobody"
        what = f"the ruling is {side}; appeal it: `assay dispute appeal {dispute_id}`"
        return NextStep("customer or developer", what, court.deadline)
    return NextStep("anyone", f"go on with dispute {dispute_id}: {advance}", 0)


def _bidding(
    session: Session, commission_id: int, commission: Commission, now: int, advance: str
) -> NextStep:
    auction = session.view(views.vickrey_auction.auction(commission.auction_id))
    if now < auction.commit_ends:
        return NextStep("bidders", f"bid: `assay bid commit {commission_id}`", auction.commit_ends)
    if now < auction.reveal_ends:
        return NextStep("bidders", f"reveal: `assay bid reveal {commission_id}`", auction.reveal_ends)
    return NextStep("anyone", f"close the auction: {advance}", 0)


def _auditing(session: Session, commission: Commission, now: int, advance: str) -> NextStep:
    audit = session.view(views.audit_registry.audit(commission.audit_id))
    over, vacant = now >= audit.deadline, any(seat.vacant for seat in audit.seats)
    if over and (audit.owing or audit.sealed or (vacant and not audit.opening)):
        return NextStep("anyone", f"the time is over; {advance} takes the exit that is due", 0)
    if vacant and not audit.opening and audit.draws < MAX_DRAWS:
        return NextStep("anyone", draw(audit.armed_block, advance), audit.deadline)
    if audit.opening and audit.sealed:
        what = f"every verdict is in; open yours: `assay audit open {commission.audit_id}`"
        return NextStep("auditors", what, audit.deadline)
    if audit.owing:
        post = f"`assay audit post {commission.audit_id} ASSESSMENT.json`"
        how = "post the verdict" if audit.one_seat else "seal verdicts"
        return NextStep("developer and auditors", f"grant the model's key, and {how}: {post}", audit.deadline)
    if vacant and not audit.opening:
        return NextStep(
            "anyone", f"nobody else can be drawn; once the time is over, {advance}", audit.deadline
        )
    if audit.approved_by_majority and now < audit.deadline and not _has_passed(session, audit.terms):
        test = audit.terms.conformity_set
        what = f"pass test set {test}: `assay conformity apply {test} {audit.terms.subject.hex()}`"
        return NextStep("developer", what, audit.deadline)
    return NextStep("anyone", f"conclude the audit: {advance}", audit.deadline)


def _has_passed(session: Session, terms: AuditTerms) -> bool:
    """Whether the model has a valid pass of the third-party test that its deal requires, if any."""
    asked = (terms.conformity_set, terms.subject, terms.reverify_interval)
    return not terms.conformity_set or session.view(views.conformity.is_current(*asked))
