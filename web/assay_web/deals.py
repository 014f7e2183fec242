"""A deal as its page shows it, read from the chain: every figure with the transaction that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay.cli.ordered import asked
from assay.deal.history import History
from assay.deal.next_step import NextStep
from assay.deal.payments import IN_ESCROW, Balance
from assay.deal.timeline import Step
from assay.errors import ManifestError, StoreError
from assay.escrow import Token
from assay.manifests import CommissionSpec
from assay.manifests.evaluation import Metric, ReportStatus
from assay.structs import (
    ZERO_ADDRESS,
    Commission,
    Kind,
    Outcome,
    Report,
    RoundState,
    State,
    Submission,
    views,
)
from assay_web import acts, conformity_acts, opinion_acts
from assay_web.acts import Act
from assay_web.reading import Reading, from_storage

LINE = (
    State.BIDDING,
    State.REVEALING,
    State.ATTESTING,
    State.BUILDING,
    State.EVALUATING,
    State.AUDITING,
    State.DELIVERING,
    State.CHALLENGE,
    State.SETTLED,
)
"""The states of a deal that goes well, in order."""


@dataclass(frozen=True)
class Bid:
    """One bidder's: the price is 0 until it is revealed."""

    bidder: str
    seal: bytes
    price: int
    leads: bool
    tx_hash: str


@dataclass(frozen=True)
class Said:
    """One validator's report."""

    validator: str
    report: Report
    tx_hash: str

    @property
    def answered(self) -> bool:
        """Whether it holds an answer and not a reason against one."""
        return self.report.status == ReportStatus.ANSWERED


@dataclass(frozen=True)
class Asked:
    """One question to the panel, what each member said, and the answer; none while it is open."""

    request_id: int
    kind: Kind
    said: tuple[Said, ...]
    outcome: Outcome | None
    score: int | None
    committed: int


@dataclass(frozen=True)
class Deal:
    """All of a commission's page."""

    number: int
    commission: Commission
    spec: CommissionSpec | None
    title: str
    asked: str
    token: Token
    metric: Metric | None
    now: int
    block: int
    next_step: NextStep
    reached: dict[State, int]
    bids: tuple[Bid, ...]
    questions: tuple[Asked, ...]
    steps: tuple[Step, ...]
    balances: tuple[Balance, ...]
    disputes: tuple[int, ...]
    acts: tuple[Act, ...]
    domain: str
    bond: int
    tokens: Mapping[str, Token]

    @property
    def locked(self) -> int:
        """Base units that the deal still holds."""
        return sum(one.net for one in self.balances if one.account == IN_ESCROW)

    @property
    def paid(self) -> int:
        """Base units that it has paid out, to others than its customer."""
        others = (IN_ESCROW, self.commission.customer)
        token = self.commission.request.token
        gained = (one.net for one in self.balances if one.account not in others and one.token == token)
        return sum(net for net in gained if net > 0)

    @property
    def awarded(self) -> bool:
        """Whether somebody has won the auction."""
        return self.commission.developer != ZERO_ADDRESS


def read_deal(found: Reading, number: int) -> Deal:
    """Read a commission; raises :class:`InvalidInput` or :class:`ContractError` where there is none."""
    market, session = found.market, found.market.session
    commission = market.commissions.get(number)
    history = market.commissions.history(number)
    spec, next_step, steps, balances, now, block, domain, auction = session.together(
        lambda: _spec(found, commission),
        lambda: market.commissions.next_step(number),
        lambda: market.commissions.timeline(number, history=history),
        lambda: market.commissions.payments(number).balances(),
        session.now,
        session.connection.block_number,
        lambda: market.policy.domain_name(commission.request.domain),
        lambda: session.view(views.vickrey_auction.auction(commission.auction_id)),
    )
    metric = spec.evaluation.metric if spec else None
    bids = tuple(_bids(history))
    return Deal(
        number=number,
        commission=commission,
        spec=spec,
        title=spec.title if spec else "",
        asked=asked(spec) if spec else "",
        token=found.token(commission.request.token),
        metric=metric,
        now=now,
        block=block,
        next_step=next_step,
        reached={one.state: one.at for one in reversed(steps) if one.state is not None},
        bids=bids,
        questions=tuple(_questions(history)),
        steps=tuple(steps),
        balances=tuple(balances),
        disputes=tuple(event.arguments["id"] for event in history.named("DisputeOpened")),
        acts=tuple(_acts(found, number, commission, auction.bond, history, next_step, bids, now)),
        domain=domain,
        bond=auction.bond,
        tokens={one.token: found.token(one.token) for one in balances},
    )


def _spec(found: Reading, commission: Commission) -> CommissionSpec | None:
    try:
        with from_storage():
            return found.market.session.fetch(commission.request.spec, CommissionSpec)
    except (StoreError, ManifestError):
        return None


def _bids(history: History) -> Iterator[Bid]:
    revealed = {one.arguments["bidder"]: one.arguments for one in history.named("BidRevealed")}
    last = {one.arguments["bidder"]: one for one in history.named("BidCommitted")}
    for bidder, event in last.items():
        said = revealed.get(bidder)
        price, leads = (said["price"], said["leads"]) if said else (0, False)
        yield Bid(bidder, bytes(event.arguments["sealedBid"]), price, leads, event.tx_hash)


def _questions(history: History) -> Iterator[Asked]:
    answers = {one.arguments["requestId"]: one.arguments["answer"] for one in history.named("Answered")}
    for event in history.named("VotingBegan"):
        request_id, kind = event.arguments["requestId"], Kind(event.arguments["terms"]["kind"])
        revealed = (
            one for one in history.named("ReportRevealed") if one.arguments["requestId"] == request_id
        )
        said = tuple(
            Said(one.arguments["validator"], Report.model_validate(one.arguments["report"]), one.tx_hash)
            for one in revealed
        )
        committed = sum(
            one.contract == "ValidationOracle" and one.arguments["requestId"] == request_id
            for one in history.named("VoteCommitted")
        )
        answer = answers.get(request_id)
        outcome = Outcome(answer["outcome"]) if answer else None
        scores = answer["scores"] if answer and outcome == Outcome.ANSWERED and kind == Kind.SCORE else ()
        yield Asked(request_id, kind, said, outcome, scores[0] if scores else None, committed)


def _acts(
    found: Reading,
    number: int,
    deal: Commission,
    bond: int,
    history: History,
    step: NextStep,
    bids: Sequence[Bid],
    now: int,
) -> Iterator[Act]:
    request = deal.request
    if deal.state == State.BIDDING and now < request.commit_ends:
        yield acts.bid(deal, bond)
    elif deal.state in (State.BIDDING, State.REVEALING) and now < request.reveal_ends and bids:
        yield acts.reveal(deal, [one.seal for one in bids])
    if deal.state == State.BUILDING and now < deal.deadline:
        yield acts.submit(number, deal)
        yield conformity_acts.submit_published(number, deal.developer)
    if deal.state in (State.ATTESTING, State.EVALUATING):
        yield from _panel_acts(found, number, deal, now)
    refused = [
        {"request": str(one.request_id), "validator": said.validator, "document": said.report.manifest}
        for one in _questions(history)
        for said in one.said
        if not said.answered and any(said.report.manifest)
    ]
    if refused:
        yield acts.reasons(refused, (deal.customer, deal.developer))
    if deal.state == State.DELIVERING and now < deal.deadline:
        yield acts.deliver(number, "CommissionMarket", deal.developer)
    if deal.state in (State.CHALLENGE, State.SETTLED) and not deal.cause:
        yield acts.open_model(number, deal)
    if deal.state == State.CHALLENGE and not deal.cause and now < deal.deadline:
        yield acts.refute(number, deal)
    if deal.state == State.CHALLENGE and now < deal.deadline and not list(history.named("ArbitratorNamed")):
        terms = found.market.session.view(views.commission_market.deal_of(number))
        yield acts.dispute(found, number, deal, found.market.court.jury_fee(terms.fee, 0))
    if deal.state == State.AUDITING and deal.audit_id:
        yield from acts.grant_audit(number, deal)
    if any(deal.manifest):
        yield opinion_acts.ask(found, number)
    yield from _afterwards(found, number, deal, history)
    if step.who == "anyone":
        submitted = list(history.named("ModelSubmitted"))
        if deal.state == State.CHALLENGE and not deal.cause and submitted:
            yield acts.settle(number, Submission.model_validate(submitted[-1].arguments["submission"]))
        else:
            yield acts.advance(number)


def _afterwards(found: Reading, number: int, deal: Commission, history: History) -> Iterator[Act]:
    """What is left to bidders once the auction is over, and to the customer once the deal is."""
    if deal.developer != ZERO_ADDRESS:
        returned = {one.arguments["bidder"] for one in history.named("BondReclaimed")}
        led = {one.arguments["bidder"] for one in history.named("BidRevealed") if one.arguments["leads"]}
        if waiting := led - returned - {deal.developer}:
            yield acts.reclaim(deal.auction_id, waiting)
    if deal.state == State.SETTLED:
        rated = found.market.session.events.find("Reputation", "Rated", dealId=number)
        if not any(rated):
            yield acts.rate(found, number, deal.customer)
    if deal.state in (State.SETTLED, State.REFUNDED) and found.market.reputation.waiting_in(number)[1]:
        yield acts.record_facts(found, number)


def _panel_acts(found: Reading, number: int, deal: Commission, now: int) -> Iterator[Act]:
    rounds = found.market.rounds
    panel = rounds.get(deal.panel_id)
    if panel.state == RoundState.GRANTING and panel.needed & 1 and now < panel.deadline:
        yield acts.grant(number, deal)
    if panel.state == RoundState.GRANTING and panel.needed & 2 and now < panel.deadline:
        yield acts.grant_model(number, deal.developer)
    if panel.state == RoundState.VOTING and panel.appealable and panel.request_id:
        request = found.market.session.view(views.validation_oracle.request_of(panel.request_id))
        decided = request.result.outcome not in (Outcome.PENDING, Outcome.PANEL_SILENT)
        if decided and now < request.reveal_ends + panel.timeouts.appeal:
            yield acts.appeal(found, deal, deal.panel_id, rounds.appeal_deposit(deal.panel_id))
