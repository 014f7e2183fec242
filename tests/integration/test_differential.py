"""The contracts against the reference in Python, on random cases: same prices, results, fines, fees, scores.

Prices, scores and times fall into narrow ranges, so that ties and bounds are common.
`ASSAY_DIFFERENTIAL_COUNT` sets how many cases of each kind are played, `ASSAY_DIFFERENTIAL_SEED` which.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
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

VOTE = "(uint8,(uint8,int64,uint16,bytes32))"
RESULT = "(uint8,int64,uint16,bytes32,bool)"
APPEAL = f"(bool,bool,{VOTE}[],uint256[],uint256[],uint256,uint256)"
ROUND = f"(uint8,uint32,{VOTE}[],{APPEAL},bool,{RESULT},{RESULT},uint256[],uint256[])"
PANEL_CASE = f"(uint8,uint96,uint32,uint32,uint96,uint96,{ROUND}[])"
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
    environment = os.environ | {"ASSAY_DIFFERENTIAL_CASES": str(CASES.relative_to(ROOT))}
    command = ["forge", "test", "--json", "--match-contract", f"^{contract}$", "--gas-limit", str(2**63)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
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
    seated = panel.Panel(terms)
    rounds = [_round(random, seated) for _ in range(random.randint(1, 3))]
    return (
        *(terms.size, terms.seat_stake, terms.silence_ppm, terms.withhold_ppm),
        *(terms.evaluation_fee, terms.appeal_bond, rounds),
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


def _round(random: Random, seated: panel.Panel) -> tuple[Any, ...]:
    kind = random.choice([Kind.ATTESTATION, Kind.EVALUATION, Kind.EVALUATION, Kind.EVALUATION, Kind.DELIVERY])
    tolerance = random.choice([0, 1, 3, 1000, 2**32 - 1])
    votes = _votes(random, kind, tolerance, [stake > 0 for stake in seated.stakes])
    provisional = panel.tally(kind, [stake > 0 for stake in seated.stakes], votes, tolerance)
    appeal = None
    if provisional.outcome != panel.Outcome.NO_QUORUM and random.random() < 0.5:
        seats = panel.appeal_size(seated.terms.size)
        heard = random.random() < 0.9
        appeal = panel.Appeal(_votes(random, kind, tolerance, [True] * seats) if heard else None)
    settled = seated.settle(kind, votes, tolerance, appeal)
    replaced = settled.final.outcome == panel.Outcome.NO_QUORUM and random.random() < 0.5
    if replaced:
        seated.replace_silent(votes)
    second = settled.appeal_judgement
    return (
        *(kind, tolerance, _encoded(votes)),
        (
            *(appeal is not None, second is not None, _encoded(appeal.votes or () if appeal else ())),
            *(second.fines if second else (), second.paid if second else ()),
            *(settled.refund, settled.bond_burnt),
        ),
        *(replaced, _result(settled.provisional), _result(settled.final)),
        *(settled.judgement.fines, settled.judgement.paid),
    )


def _votes(random: Random, kind: Kind, tolerance: int, occupied: Iterable[bool]) -> tuple[Vote, ...]:
    """Most of a panel says the same, so that two thirds are sometimes just reached, sometimes just missed."""
    answering, agreeing = random.choice([0.5, 0.8, 1, 1]), random.choice([0.4, 0.7, 0.9, 1])
    usual, jitter = _report(random, kind, tolerance), random.choice([0, tolerance // 2, tolerance])
    votes = []
    for seated in occupied:
        if random.random() < agreeing:
            report = _jittered(random, usual, jitter if kind == Kind.EVALUATION else 0)
        else:
            report = _report(random, kind, tolerance)
        if seated and random.random() < answering:
            votes.append(Vote(Answer.REVEALED, report))
        else:
            votes.append(Vote(Answer.WITHHELD, report) if seated and random.random() < 0.5 else panel.SILENT)
    return tuple(votes)


def _jittered(random: Random, report: Report, by: int) -> Report:
    """A report that still agrees, so that the median has to be found among different scores."""
    if not by or report.status != Status.SCORED:
        return report
    score = report.score + random.randint(0, by)
    criteria = report.criteria ^ random.choice([0, 1, 2])
    return replace(report, score=min(score, 2**63 - 1), criteria=criteria)


def _report(random: Random, kind: Kind, tolerance: int) -> Report:
    if kind == Kind.DELIVERY:
        manifest = random.randint(0, 2)
        return Report(Status.SCORED if manifest else Status.CANNOT_OPEN, manifest=manifest)
    status = random.choice([Status.SCORED] * 3 + list(Status))
    if kind == Kind.ATTESTATION or status != Status.SCORED:
        return Report(status, manifest=random.randrange(2**256))
    edge = random.choice([-(2**63), 2**63 - 1, 900_000, 900_000, 900_000])
    score = edge + random.choice([-1, 0, 1]) * random.choice([0, 1, tolerance, tolerance + 1, tolerance // 2])
    criteria = random.choice([0, 3, random.randrange(2**16)])
    return Report(status, min(max(score, -(2**63)), 2**63 - 1), criteria, random.randrange(2**256))


def _encoded(votes: Iterable[Vote]) -> list[tuple[Any, ...]]:
    return [
        (vote.answer, (r.status, r.score, r.criteria, r.manifest.to_bytes(32, "big")))
        for vote in votes
        for r in [vote.report]
    ]


def _result(result: panel.Result) -> tuple[Any, ...]:
    manifest = result.manifest.to_bytes(32, "big")
    return (result.outcome, result.score, result.criteria, manifest, result.appealed)
