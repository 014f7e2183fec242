"""What an account has to do: in which deal, by when, and what missing it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from assay.deal.next_step import NextStep
from assay.structs import Commission, State
from assay_indexer.queries import View
from assay_indexer.tables import Auction, Bid, Case, Deal, JurorSeat, Opinion
from assay_web import acts
from assay_web.audit_duties import of_audits
from assay_web.conformity_duties import of_assessments
from assay_web.duty import Duty, place_of, title_of
from assay_web.goods_duties import of_goods
from assay_web.lineage_duties import of_lineage
from assay_web.reading import Reading
from assay_web.sentences import say

_OVER = ("settled", "refunded")
_MOST = 40
_MARKET = "CommissionMarket"


def duties(found: Reading, view: View, account: str) -> tuple[list[Duty], list[Deal]]:
    """What *account* has to do now, the most urgent first, and all its deals."""
    deals = list(view.deals(party=account, limit=200).items)
    running = [one for one in deals if one.market == _MARKET and one.state not in _OVER][:_MOST]
    due = [
        *_of_deals(found, running, account),
        *_of_bids(found, view, account),
        *_of_seats(view, account),
        *of_audits(found, view, account),
        *_of_opinions(found, view, account),
        *of_goods(found, view, account),
        *of_lineage(found, view, account),
        *of_assessments(found, view, account),
    ]
    return sorted(due, key=lambda one: one.by or 2**40), deals


def _of_deals(found: Reading, running: Sequence[Deal], account: str) -> Iterator[Duty]:
    market = found.market
    steps = market.session.each(lambda one: market.commissions.next_step(one.id), running)
    whole = market.session.each(lambda one: market.commissions.get(one.id), running)
    for deal, step, commission in zip(running, steps, whole, strict=True):
        role = "customer" if deal.buyer == account else "developer"
        if role in step.who or (role == "customer" and commission.state == State.CHALLENGE):
            yield _duty(found, deal.id, step, commission, role)


def _duty(found: Reading, number: int, step: NextStep, deal: Commission, role: str) -> Duty:
    token = found.token(deal.request.token)
    amounts = {
        "bond": token.format(deal.bond),
        "kill_fee": token.format(deal.request.kill_fee),
        "price": token.format(deal.price),
    }
    act = None
    if role == "customer" and deal.state == State.ATTESTING:
        act = acts.grant(number, deal)
    elif role == "customer" and deal.state == State.CHALLENGE and not deal.cause:
        act = acts.open_model(number, deal)
    elif role == "developer" and deal.state == State.DELIVERING:
        act = acts.deliver(number, _MARKET, deal.developer)
    known = {
        ("customer", State.ATTESTING): "grant",
        ("customer", State.CHALLENGE): "refund" if deal.cause else "challenge",
        ("developer", State.BUILDING): "building",
        ("developer", State.EVALUATING): "building",
        ("developer", State.AUDITING): "building",
        ("developer", State.DELIVERING): "delivering",
        ("developer", State.CHALLENGE): "refund",
    }
    cost = say(f"duty.{known.get((role, deal.state), 'other')}", **amounts)
    return Duty(*_about(number), role, (), step.what, step.by, cost, act)


def _about(number: int) -> tuple[Markup, str]:
    return title_of(_MARKET, number), place_of(_MARKET, number)


def _of_bids(found: Reading, view: View, account: str) -> Iterator[Duty]:
    for bid, auction in view.bids_of(account):
        revealing = auction.commit_ends <= view.at < auction.reveal_ends
        if revealing and bid.revealed_at is None and auction.market == _MARKET:
            yield _reveal(found, bid, auction)


def _reveal(found: Reading, bid: Bid, auction: Auction) -> Duty:
    number = auction.deal_id or 0
    deal = found.market.commissions.get(number)
    cost = say("duty.reveal", bond=found.token(auction.token).format(auction.bond))
    act = acts.reveal(deal, [bytes.fromhex(bid.sealed)])
    what = say("duty.reveal_what").unescape()
    return Duty(*_about(number), "bidder", (), what, auction.reveal_ends, cost, act)


def _of_seats(view: View, account: str) -> Iterator[Duty]:
    """Seats of a jury that wait for the account."""
    for seat in view.all(JurorSeat, juror=account):
        case = view.get(Case, seat.case_id)
        if case is None or case.round != seat.round or case.dispute_id is None:
            continue
        waits = {
            "seating": seat.bond is None,
            "voting": seat.bond is not None and seat.committed_at is None,
            "revealing": seat.committed_at is not None and seat.vote is None,
        }
        if waits.get(case.state):
            what = say(f"duty.juror_{case.state}").unescape()
            link = f"/disputes/{case.dispute_id}"
            yield Duty(say("mine.seat"), link, "juror", (), what, case.deadline, say("duty.juror"))


def _of_opinions(found: Reading, view: View, account: str) -> Iterator[Duty]:
    """Opinions that the account is asked for, and those whose fee it can have back."""
    asked = view.all(Opinion, auditor=account, state=["offered", "accepted"], limit=_MOST)
    yield from (
        duty for duty in (opinion_duty(found, one, view.at) for one in asked) if account in duty.accounts
    )
    late = view.all(Opinion, Opinion.deadline <= view.at, asker=account, state="accepted", limit=_MOST)
    yield from (opinion_duty(found, one, view.at) for one in late)


def opinion_duty(found: Reading, one: Opinion, now: int) -> Duty:
    """What an opinion waits for."""
    about = say("opinion.title", number=one.id), f"/opinions/{one.id}"
    fee = found.token(one.token).format(one.fee)
    if one.state == "offered":
        what = say("opinion.accept_what", fee=fee).unescape()
        return Duty(*about, "auditor", (one.auditor,), what, 0, None)
    if one.state == "accepted" and now < one.deadline:
        cost = say("opinion.late", fee=fee)
        return Duty(
            *about, "auditor", (one.auditor,), say("opinion.post_what").unescape(), one.deadline, cost
        )
    if one.state == "accepted":
        return Duty(*about, "asker", (one.asker,), say("opinion.overdue_what", fee=fee).unescape(), 0, None)
    return Duty(*about, "nobody", (), say("opinion.over_what").unescape(), 0, None)
