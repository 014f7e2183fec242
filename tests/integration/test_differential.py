"""The contracts against the reference in Python, on random cases: same prices, results, fines, fees, scores.

Prices, scores and times fall into narrow ranges, so that ties and bounds are common.
`ASSAY_DIFFERENTIAL_COUNT` sets how many cases of each kind are played, `ASSAY_DIFFERENTIAL_SEED` which.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from forge import forge
from reference import auction, draw, keyexchange, panel, reputation
from reference.panel import Answer, Kind, Report, Status, Vote

from assay.seal import ContentKey, delivery
from assay.seal.delivery import DeliveryContext, DeliveryKey

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "build" / "differential"
COUNT = int(os.environ.get("ASSAY_DIFFERENTIAL_COUNT", "300"))
BATCH = 500
SEED = int(os.environ.get("ASSAY_DIFFERENTIAL_SEED", "3"))
MAX_UINT96 = 2**96 - 1

VOTE = "(uint8,(uint8,int64[],uint16,bytes32,bytes32))"
RESULT = "(uint8,int64[],uint16,bytes32)"
APPEAL = f"(bool,bool,{VOTE}[],uint256[],uint256[],uint256,uint256)"
BALLOT = f"(bool,uint8,uint8,uint32,bool,{VOTE}[],{APPEAL},bool,{RESULT},{RESULT},bool,uint256[],uint256[])"
PANEL_CASE = f"(uint8,uint96,uint32,uint32,uint96,uint96,{BALLOT}[])"
BID = "(uint96,uint40,uint8,bool)"
STEP = "(uint32,uint8,uint8,uint8,uint256,uint32)"
DRAWN = "(bytes32,uint256,uint96,uint256[],uint256[])"
DRAW_CASE = f"(uint96[],uint256[],{DRAWN}[])"
REPUTATION_CASE = f"({STEP}[],uint32,uint256[],uint256,uint256,uint32)"
POINT = "(uint256,uint256)"
REFUTATION = f"({POINT},uint256,uint256,{POINT},{POINT},uint256)"
DELIVERY_CASE = f"(uint256,bytes32,{POINT},({POINT},bytes32),(uint256,uint256),{REFUTATION},bytes32[3])"
AUCTION_CASE = f"(uint8,uint96,uint96,bool,{BID}[],uint256[],uint256[],uint96,uint256[],uint256,uint256)"


ERRORS = {
    "InvalidPoint": "uint256,uint256",
    "PossessionNotProven": "bytes32,uint256",
    "RefutationNotProven": "bytes32,uint256",
    "KeyIsRight": "bytes32",
}
SELECTORS = {"": b""} | {name: keccak(text=f"{name}({kinds})")[:4] for name, kinds in ERRORS.items()}


def test_auctions() -> None:
    _play("auction", AUCTION_CASE, auction_case, "AuctionDifferentialTest")


def test_panels() -> None:
    _play("panel", PANEL_CASE, panel_case, "PanelDifferentialTest")


def test_draws() -> None:
    _play("draw", DRAW_CASE, draw_case, "DrawDifferentialTest")


def test_reputation() -> None:
    _play("reputation", REPUTATION_CASE, reputation_case, "ReputationDifferentialTest")


def test_deliveries() -> None:
    """Fewer, as the reference multiplies points by the textbook."""
    _play("delivery", DELIVERY_CASE, delivery_case, "DeliveryDifferentialTest", cases=COUNT // 5)


def _play(
    name: str, abi_type: str, draw: Callable[[Random], Any], contract: str, *, cases: int = COUNT
) -> None:
    """In batches, as one test of forge gets slower with every case that it has played."""
    random = Random(f"{SEED} {name}")
    for played in range(0, cases, BATCH):
        count = min(BATCH, cases - played)
        lines = [encode([abi_type], [draw(random)]).hex() for _ in range(count)]
        CASES.mkdir(parents=True, exist_ok=True)
        (CASES / f"{name}.hex").write_text("\n".join([str(count), *lines]) + "\n")
        _run_forge(contract)


def _run_forge(contract: str) -> None:
    run = forge(
        *("test", "--json", "--match-contract", f"^{contract}$", "--gas-limit", str(2**63)),
        ASSAY_DIFFERENTIAL_CASES=str(CASES.relative_to(ROOT)),
    )
    try:
        (suite,) = json.loads(run.stdout).values()
    except ValueError:
        pytest.fail(f"forge did not run: {run.stdout}{run.stderr}")
    ((test, outcome),) = suite["test_results"].items()
    assert outcome["status"] == "Success", f"{test}: {outcome['status']}: {outcome['reason']}"
    assert not run.returncode


def auction_case(random: Random) -> tuple[Any, ...]:
    """An auction with few prices around its reserve, and what must come of it."""
    terms = auction.Terms(
        winners=random.choice([1, 1, 2, 3, random.randint(1, 16)]),
        reserve=random.choice([1, 2, 108, 10**21, MAX_UINT96 - 1, MAX_UINT96]),
        bond=random.choice([0, 1, 50 * 10**18, random.randrange(2**96)]),
        sale=random.random() < 0.5,
    )
    spread, revealing = random.choice([2, 8, 40]), random.choice([0.5, 0.9, 1])
    bids: list[auction.Bid] = []
    now, waits = 0, []
    for _ in range(random.randint(0, 24)):
        waits.append(random.choice([0, 0, 1]))
        now += waits[-1]
        price = min(max(terms.reserve + random.randint(-spread, spread), 0), MAX_UINT96)
        taken = {bid.seal for bid in bids if bid.price == price and bid.committed_at == now}
        seal = random.choice([seal for seal in range(16) if seal not in taken] or [0])
        if seal not in taken:
            bids.append(auction.Bid(price, now, seal, random.random() < revealing))
        else:
            waits.pop()
    reveals = [place for place, bid in enumerate(bids) if bid.revealed]
    random.shuffle(reveals)
    awarded = auction.award(terms, bids)
    return (
        *(terms.winners, terms.reserve, terms.bond, terms.sale),
        [(bid.price, wait, bid.seal, bid.revealed) for bid, wait in zip(bids, waits, strict=True)],
        reveals,
        *(awarded.winners, awarded.price, awarded.refunds, awarded.won, awarded.burnt),
    )


def panel_case(random: Random) -> tuple[Any, ...]:
    """A panel that is asked up to three times, and what must come of it."""
    withhold = random.choice([200_000, 600_000, random.randint(0, panel.PPM)])
    terms = panel.Terms(
        size=random.choice([3, 4, 5, 5, 6, 7, 9, random.randint(3, 31)]),
        seat_stake=random.choice([1, 7, 500 * 10**18, random.randint(1, 10**21)]),
        silence_ppm=random.choice([0, 50_000, withhold]),
        withhold_ppm=withhold,
        evaluation_fee=random.choice([0, 5 * 10**18, random.randrange(10**20)]),
        appeal_bond=random.choice([0, 1, 100 * 10**18]),
    )
    return (
        *(terms.size, terms.seat_stake, terms.silence_ppm, terms.withhold_ppm),
        *(terms.evaluation_fee, terms.appeal_bond, _ballots(random, panel.Panel(terms))),
    )


def draw_case(random: Random) -> tuple[Any, ...]:
    """Panel after panel from the same validators, and who must sit on each."""
    seat_stake = random.choice([1, 2, 100, 500 * 10**18])
    most = random.choice([1, 3, 20]) * seat_stake
    stakes = [random.randint(1, most) for _ in range(random.randint(1, 60))]
    if random.random() < 0.2:  # so much dust that the draw looks at all the candidates that it may look at
        stakes = [seat_stake - (random.random() > 0.12) or 1 for _ in range(60)]
    tied = [place for place in range(len(stakes)) if random.random() < random.choice([0, 0.1, 0.5])]
    return stakes, tied, [_drawn(random, stakes, tied, seat_stake) for _ in range(random.randint(1, 5))]


def _drawn(random: Random, stakes: list[int], tied: list[int], seat_stake: int) -> tuple[Any, ...]:
    seed, count = random.randbytes(32), random.choice([1, 3, 5, 11, 31])
    taken = random.sample(range(len(stakes)), random.randint(0, min(3, len(stakes))))

    def point(number: int, left: int) -> int:
        return int.from_bytes(keccak(seed + number.to_bytes(32, "big")), "big") % left

    members = draw.seat(stakes, point, count, seat_stake, {*tied, *taken})
    return seed, count, seat_stake, taken, members or []


def reputation_case(random: Random) -> tuple[Any, ...]:
    """Facts and ratings of one participant over hours or years, and what must come of them."""
    ledger = reputation.Ledger()
    now, pace = 1_800_000_000, random.choice([3_600, 86_400, 30 * 86_400, 400 * 86_400])
    steps = []
    for _ in range(random.randint(0, 12)):
        wait = random.randrange(pace)
        now += wait
        kind, count, stars = 0, random.randrange(256), random.randint(1, 5)
        weight = random.randrange(10**7)
        if random.random() < 0.4:
            ledger.rate(now // 86_400, stars, weight)
        else:
            kind = random.choice(list(reputation.Kind))
            ledger.record(now // 86_400, kind, weight, count)
        steps.append((wait, kind, count, stars, weight, ledger.score(now // 86_400)))
    last = random.randrange(pace)
    end = ledger.at((now + last) // 86_400)
    facts = [0, *end.facts.values()]
    return steps, last, facts, end.rating_weight, end.rating_sum, end.score(end.day)


def delivery_case(random: Random) -> tuple[Any, ...]:
    """A sale with a right or wrong key, of which nothing, one number or a few are changed."""
    deal, market = random.randrange(2**256), "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    small, order = random.randint(1, 9), keyexchange.N
    own = DeliveryKey(random.choice([small, order - small, random.randint(1, order - 1)]))
    context = DeliveryContext(31337, market, deal, own.point)
    key, agreed = ContentKey(random.randbytes(32)), ContentKey(random.randbytes(32))
    sent, proof = delivery.deliver(key, context)
    shown = delivery.refute(sent, proof, own, context, agreed.hash)
    numbers = [*own.point, *sent.ephemeral, int.from_bytes(sent.masked, "big"), *proof]
    numbers += [*shown.shared, shown.challenge, shown.response, *shown.ephemeral_multiple]
    numbers += [*shown.shared_multiple, shown.inverse]
    for _ in range(random.choice([0, 0, 1, 1, 1, 2])):
        place = random.choice([0, 2, 5, *range(16), *range(7, 16), *range(7, 16)])
        numbers[place] = _changed(random, numbers, place)
    key_hash = bytes.fromhex(random.choice([key, agreed]).hash)
    return _with_errors(deal, market, key_hash, numbers)


def _with_errors(deal: int, market: str, key_hash: bytes, n: list[int]) -> tuple[Any, ...]:
    recipient, ephemeral, masked = (n[0], n[1]), (n[2], n[3]), n[4].to_bytes(32, "big")
    proof, shown = (n[5], n[6]), ((n[7], n[8]), n[9], n[10], (n[11], n[12]), (n[13], n[14]), n[15])
    errors = ["", "", ""]
    if not (keyexchange.on_curve(recipient) and 0 < recipient[0] < keyexchange.N):
        errors[0] = "InvalidPoint"
    about = keyexchange.context(31337, market, deal, recipient)
    if not errors[0]:
        errors[1] = keyexchange.delivered(about, ephemeral, masked, proof)
    if not any(errors):
        errors[2] = keyexchange.refuted(about, recipient, ephemeral, masked, key_hash, shown)
    selectors = [SELECTORS[error].ljust(32, b"\0") for error in errors]
    return deal, key_hash, recipient, (ephemeral, masked), proof, shown, selectors


def _changed(random: Random, numbers: list[int], place: int) -> int:
    """A number that is likely to pass for the right one."""
    prime, order, number = keyexchange.P, keyexchange.N, numbers[place]
    near = [number + 1, number - 1, number + order, number + prime, prime - number, order - number]
    others = [*near, *numbers, 0, order, prime, 2**256 - 1, random.randrange(2**256)]
    return random.choice(others) % 2**256


def _ballots(random: Random, seated: panel.Panel) -> list[tuple[Any, ...]]:
    """Questions to one panel, each with a second ballot where members are replaced: once."""
    ballots, replaced = [], False
    for _ in range(random.randint(1, 3)):
        kind = random.choice([Kind.VERDICT, Kind.SCORE, Kind.SCORE, Kind.SCORE, Kind.DIGEST])
        subjects = random.choice([1, 1, 2, 3, 5, 32]) if kind == Kind.SCORE else 0
        tolerance = random.choice([0, 1, 3, 1000, 2**32 - 1])
        question = (kind, subjects, tolerance, random.random() < 0.7)
        seated.refill()
        ballot, again = _ballot(random, seated, *question, replaceable=not replaced)
        ballots.append((True, *question, *ballot))
        if again:
            replaced = True
            ballot, _ = _ballot(random, seated, *question, replaceable=False)
            ballots.append((False, *question, *ballot))
    return ballots


def _ballot(
    random: Random,
    seated: panel.Panel,
    kind: Kind,
    subjects: int,
    tolerance: int,
    appealable: bool,
    *,
    replaceable: bool,
) -> tuple[tuple[Any, ...], bool]:
    """Votes and what must come of them; and whether others are to vote in their stead."""
    votes = _votes(random, kind, subjects, tolerance, seated.terms.size)
    provisional = panel.tally(kind, votes, tolerance)
    silent = provisional.outcome == panel.Outcome.PANEL_SILENT
    undecided = provisional.outcome == panel.Outcome.UNDECIDED and not appealable
    appeal = None
    if appealable and not silent and random.random() < 0.5:
        judges = _votes(random, kind, subjects, tolerance, panel.appeal_size(seated.terms.size))
        appeal = panel.Appeal(judges if random.random() < 0.9 else None)
    settled = seated.settle(votes, tolerance, appeal, kind=kind, slashable=appealable)
    again = replaceable and (silent or undecided)
    if again:
        seated.replace(votes, everybody=undecided)
    second = settled.appeal_judgement
    ballot = (
        _encoded(votes),
        (
            *(appeal is not None, second is not None, _encoded(appeal.votes or () if appeal else ())),
            *(second.fines if second else (), second.paid if second else ()),
            *(settled.refund, settled.bond_burnt),
        ),
        *(again, _result(settled.provisional), _result(settled.final), settled.appealed),
        *(settled.judgement.fines, settled.judgement.paid),
    )
    return ballot, again


def _votes(random: Random, kind: Kind, subjects: int, tolerance: int, size: int) -> tuple[Vote, ...]:
    """Most of a panel says the same, so that two thirds are sometimes just reached, sometimes just missed."""
    answering, agreeing = random.choice([0.5, 0.8, 1, 1]), random.choice([0.4, 0.7, 0.9, 1])
    usual = _report(random, kind, subjects, tolerance)
    jitter = random.choice([0, tolerance // 2, tolerance])
    votes = []
    for _ in range(size):
        if random.random() < agreeing:
            report = _jittered(random, usual, jitter)
        else:
            report = _report(random, kind, subjects, tolerance)
        if random.random() < answering:
            votes.append(Vote(Answer.REVEALED, report))
        else:
            votes.append(Vote(Answer.WITHHELD, report) if random.random() < 0.5 else panel.SILENT)
    return tuple(votes)


def _jittered(random: Random, report: Report, by: int) -> Report:
    """A report that still agrees, so that the median has to be found among different scores."""
    if not by or not report.scores:
        return report
    scores = tuple(min(score + random.randint(0, by), 2**63 - 1) for score in report.scores)
    return replace(report, scores=scores, criteria=report.criteria ^ random.choice([0, 1, 2]))


def _report(random: Random, kind: Kind, subjects: int, tolerance: int) -> Report:
    status = random.choice([Status.ANSWERED] * 3 + list(Status))
    if status != Status.ANSWERED:
        return Report(status)
    word = random.choice([1, 1, 1, 2] if kind == Kind.DIGEST else [0, 1, 1, 1])
    edge = random.choice([-(2**63), 2**63 - 1, 900_000, 900_000, 900_000])
    offsets = [random.choice([-1, 0, 1]) * random.choice([0, 1, tolerance, tolerance + 1, tolerance // 2])]
    offsets += [random.choice([0, 1, offsets[0]]) for _ in range(subjects)]
    scores = tuple(min(max(edge + by, -(2**63)), 2**63 - 1) for by in offsets[:subjects])
    criteria = random.choice([0, 3, random.randrange(2**16)]) if kind == Kind.SCORE else 0
    return Report(status, scores, criteria, word)


def _encoded(votes: Iterable[Vote]) -> list[tuple[Any, ...]]:
    return [
        (vote.answer, (r.status, r.scores, r.criteria, r.word.to_bytes(32, "big"), bytes(32)))
        for vote in votes
        for r in [vote.report]
    ]


def _result(result: panel.Result) -> tuple[Any, ...]:
    return (result.outcome, result.scores, result.criteria, result.word.to_bytes(32, "big"))
