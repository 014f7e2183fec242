"""Which transactions `gas.py` measures, and the project's own aims for them."""

from collections.abc import Mapping
from dataclasses import dataclass

Measured = Mapping[str, Mapping[str, int]]
Snapshot = tuple[str, str]  # group, name: how the tests call it

AUCTION, BIDDING, ORACLE, MARKET = "VickreyAuction", "Bidding", "ValidationOracle", "CommissionMarket"
MODELS, AUDITS, PAYING, REGISTRY, ESCROW = (
    *("ModelRegistry", "AuditRegistry", "Settlement", "ParticipantRegistry", "Escrow"),
)
COURT, GOVERNANCE, REPUTATION = "Court", "Governance", "Reputation"
CONFORMITY, OPINIONS, ROUNDS, KEYS = "Conformity", "Opinions", "Rounds", "KeyExchange"
LICENCES = "Licences"


@dataclass(frozen=True)
class Case:
    """The transactions of a case, added up; less others, for what one more of something costs."""

    transactions: list[Snapshot]
    less: Snapshot | None = None
    more: int = 1  # of what the difference is for

    def gas(self, measured: Measured) -> int:
        """KeyError when a transaction was not measured."""
        total = sum(measured[group][name] for group, name in self.transactions)
        return round((total - (measured[self.less[0]][self.less[1]] if self.less else 0)) / self.more)


def one(group: str, name: str) -> Case:
    """A case of one transaction."""
    return Case([(group, name)])


# operation: (aim, {case: transactions}); the first case is the steady state of a market that has been used
OPERATIONS: dict[str, tuple[int | None, dict[str, Case]]] = {
    "open a commission": (
        280_000,
        {
            "steady": one(BIDDING, "open"),
            "first under changed rules": one(BIDDING, "open, first under changed rules"),
            "worst, every rule in force": one(BIDDING, "open, blocked lands and share cap"),
        },
    ),
    "commit a bid, bond and eligibility": (
        76_000,
        {
            "steady": one(BIDDING, "commit"),
            "first": one(BIDDING, "commit, the first"),
            "best, everybody may bid": one(AUCTION, "commit with bond"),
            "worst, every rule in force": one(BIDDING, "commit, blocked lands and share cap"),
        },
    ),
    "reveal a bid, new leader": (
        52_000,
        {
            "steady": one(AUCTION, "reveal with bond, overtaking"),
            "first to reveal": one(AUCTION, "reveal with bond, first leader"),
        },
    ),
    "reveal a bid, loser with its bond back": (
        46_000,
        {
            "steady": one(AUCTION, "reveal with bond, losing"),
            "worst, setting the price": one(AUCTION, "reveal with bond, losing and setting the price"),
        },
    ),
    "reclaim an overtaken bond": (None, {"steady": one(AUCTION, "reclaim")}),
    "bare auction: commit": (51_543, {"steady": one(AUCTION, "commit")}),
    "bare auction: reveal": (
        40_305,
        {
            "steady": one(AUCTION, "reveal, overtaking"),
            "first to reveal": one(AUCTION, "reveal, first leader"),
            "best, losing": one(AUCTION, "reveal, losing"),
            "worst, a tie": one(AUCTION, "reveal, a tie"),
        },
    ),
    "close an auction": (
        60_000,
        {
            "steady": one(AUCTION, "close, unrevealed 0"),
            "worst, 60 bonds burnt": one(AUCTION, "close, unrevealed 60"),
        },
    ),
    "award a commission": (
        None,
        {
            "steady": one(BIDDING, "advance: award"),
            "worst, a bond burnt": one(BIDDING, "advance: award, a bond forfeited"),
        },
    ),
    "draw and seat a panel of 5": (
        300_000,
        {
            "steady": one(MARKET, "advance: seat the panel"),
            "first in fresh storage, oracle alone": one(ORACLE, "seat, the first of all"),
            "oracle alone": one(ORACLE, "seat"),
            "worst, 31 seats": one("LargestPanel", "seat"),
        },
    ),
    "request a validation": (None, {"steady": one(ORACLE, "request")}),
    "a validator's commit": (
        52_000,
        {
            "steady": one(ORACLE, "commit"),
            "first in fresh storage": one(ORACLE, "commit, the first of all"),
            "worst, the last": one(ORACLE, "commit, the last"),
        },
    ),
    "a validator's reveal": (50_000, {"steady": one(ORACLE, "reveal")}),
    "judge a panel of 5": (
        180_000,
        {
            "steady": one(ORACLE, "judge"),
            "one of them lied": one(ORACLE, "judge, one lied"),
            "worst, 31 seats and an appeal": one("LargestPanel", "advance, both panels"),
        },
    ),
    "answer as one validator": (None, {"steady": Case([(ORACLE, "commit"), (ORACLE, "reveal")])}),
    "result of 5 validators, all their transactions": (
        None,
        {
            "steady": Case(
                [
                    *[(ORACLE, "commit")] * 4,
                    (ORACLE, "commit, the last"),
                    *[(ORACLE, "reveal")] * 5,
                    (ORACLE, "judge"),
                ]
            )
        },
    ),
    "submit a model, two lineage edges": (None, {"steady": one(MARKET, "submit, two lineage edges")}),
    "register a model version, two lineage edges": (
        170_000,
        {
            "steady": one(MODELS, "registerModel, two parents"),
            "first": one(MODELS, "registerModel, two datasets, the very first"),
            "best, a further version": one(MODELS, "registerVersion, two datasets"),
            "worst, 64 edges": one(MODELS, "registerModel, 64 datasets"),
        },
    ),
    "a panel's round, without its votes": (
        None,
        {
            "steady": Case(
                [
                    (ROUNDS, "open"),
                    (ROUNDS, "ask, naming the block"),
                    (ROUNDS, "advance, seating"),
                    (ROUNDS, "grant"),
                    (ROUNDS, "grant, the last"),
                    (ROUNDS, "advance, answering"),
                    (ROUNDS, "close"),
                ]
            )
        },
    ),
    "appeal, without the votes": (
        None,
        {
            "steady": Case(
                [
                    (ROUNDS, "appeal"),
                    (ROUNDS, "advance, seating the appeal"),
                    (ROUNDS, "advance, overturning"),
                ]
            )
        },
    ),
    "deliver a content key": (
        50_000,
        {
            "steady": one(KEYS, "deliver, agreed on by a panel"),
            "in a commission": one(MARKET, "deliver"),
        },
    ),
    "refute a delivery": (
        75_000,
        {"steady": one(KEYS, "refute, agreed on by a panel"), "in a sale": one(KEYS, "refute")},
    ),
    "draw and seat three auditors": (
        None,
        {
            "steady": one(AUDITS, "seat 3, with fees from the parties before"),
            "first": one(AUDITS, "seat 3"),
        },
    ),
    "record an audit verdict": (
        90_000,
        {
            "steady": one(AUDITS, "post"),
            "first": one(AUDITS, "post, the first for a model"),
        },
    ),
    "settle, 2 data owners and the fee": (
        200_000,
        {
            "steady": one(PAYING, "settle, 2 payees"),
            "first": one(PAYING, "settle, 2 payees, all new"),
            "best, no payee": one(PAYING, "settle, 0 payees"),
            "worst, 50 new payees": one(PAYING, "settle, 50 new payees"),
        },
    ),
    "settle, per further payee": (
        12_000,
        {"steady": Case([(PAYING, "settle, 50 payees")], (PAYING, "settle, 2 payees"), 48)},
    ),
    "settle, per further payee who never held a balance": (
        30_000,
        {"steady": Case([(PAYING, "settle, 50 new payees")], (PAYING, "settle, 2 new payees"), 48)},
    ),
    "a whole commission: two bidders, one attempt, risk class 1": (
        3_200_000,
        {"steady": one(MARKET, "a whole deal, gas")},
    ),
    "a whole commission, its number of transactions": (
        34,
        {"steady": one(MARKET, "a whole deal, transactions")},
    ),
    "open a dispute": (None, {"steady": one(COURT, "open")}),
    "draw a jury of 3": (
        None,
        {"steady": one(COURT, "advance: draw 3"), "worst, 15 seats": one(COURT, "advance: draw 15")},
    ),
    "a juror's vote": (
        None,
        {"steady": Case([(COURT, "accept"), (COURT, "commit"), (COURT, "reveal")])},
    ),
    "pay the juries of a dispute": (
        None,
        {
            "steady": one(COURT, "advance: settle rounds of 3 and 7"),
            "worst, two appeals": one(COURT, "advance: settle rounds of 3, 7 and 15"),
        },
    ),
    "take a seat and its vote": (
        None,
        {"steady": Case([(GOVERNANCE, "take a seat"), (GOVERNANCE, "activate a seat")])},
    ),
    "propose a change, queue and execute it": (
        None,
        {"steady": Case([(GOVERNANCE, "propose"), (GOVERNANCE, "queue"), (GOVERNANCE, "execute")])},
    ),
    "vote on a proposal": (None, {"steady": one(GOVERNANCE, "vote")}),
    "bring a deal into the reputation of its parties": (
        None,
        {
            "steady": one(REPUTATION, "record"),
            "first": one(REPUTATION, "record, the first deal of its parties"),
            "worst, and of 3 auditors": one(REPUTATION, "record, the first of its parties and of 3 auditors"),
        },
    ),
    "rate a deal": (
        None,
        {"steady": one(REPUTATION, "rate"), "first": one(REPUTATION, "rate, the first of a developer")},
    ),
    "assess a model on a third-party set, without its panel's votes": (
        None,
        {
            "steady": Case(
                [
                    (CONFORMITY, "open"),
                    (CONFORMITY, "advance, seating 5"),
                    (CONFORMITY, "grant"),
                    (CONFORMITY, "grant, asking the panel"),
                    (CONFORMITY, "advance, certifying"),
                ]
            )
        },
    ),
    "ask for an opinion": (None, {"steady": one(OPINIONS, "ask")}),
    "accept and post an opinion": (
        None,
        {"first": Case([(OPINIONS, "accept"), (OPINIONS, "post, a first balance")])},
    ),
    "register a participant": (
        130_000,
        {
            "steady": one(REGISTRY, "register"),
            "worst, a new organisation": one(REGISTRY, "register, new organisation"),
        },
    ),
    "offer a licence": (
        90_000,
        {"steady": one(LICENCES, "offer"), "with a new model": one(LICENCES, "publish a tested model")},
    ),
    "buy a licence": (
        150_000,
        {
            "steady, permit": one(LICENCES, "buy with permit"),
            "from balance": one(LICENCES, "buy from balance"),
            "EIP-3009": one(LICENCES, "buy with authorisation"),
            "permit, a fresh account": one(LICENCES, "buy with permit, a fresh account"),
        },
    ),
    "deliver a licence's key": (50_000, {"steady": one(LICENCES, "deliver")}),
    "refute a licence's key": (None, {"steady": one(LICENCES, "refute")}),
    "refund a sale": (None, {"steady": one(LICENCES, "refund")}),
    "collect a sale": (60_000, {"steady": one(LICENCES, "collect one")}),
    "collect each of ten sales": (
        25_000,
        {"steady": Case([(LICENCES, "collect ten")], more=10)},
    ),
    "each royalty of a sale": (
        12_000,
        {"steady": Case([(LICENCES, "collect one, 2 ancestors")], (LICENCES, "collect one, 1 ancestor"))},
    ),
    "deposit": (None, {"steady": one(ESCROW, "deposit"), "first": one(ESCROW, "deposit, first")}),
    "deposit with permit": (
        100_000,
        {
            "steady": one(ESCROW, "depositWithPermit"),
            "and approve a module": one(ESCROW, "multicall: depositWithPermit, setOperator"),
        },
    ),
    "open a hold": (None, {"steady": one(ESCROW, "openHold")}),
    "release from a hold": (
        None,
        {"steady": one(ESCROW, "release"), "first": one(ESCROW, "release, to a new account")},
    ),
}
