"""Who paid and who received what in one commission, reconstructed from Escrow's events alone.

Every movement has two entries: out of one account and into another. Money that a deal still holds has an
account of its own, so that all entries of a token add up to zero at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from eth_utils.address import to_canonical_address, to_checksum_address

from assay.chain import Event
from assay.deal.history import History, word
from assay.session import Session
from assay.structs import views

IN_ESCROW = "in escrow"
"""Account name for money that the deal still holds."""


@dataclass(frozen=True)
class Entry:
    """One side of a movement.

    Attributes:
        account: an address, or :data:`IN_ESCROW`.
        role: the account's part in the deal.
        purpose: what the money was for.
        token: the token's address.
        amount: base units; negative if paid.
    """

    account: str
    role: str
    purpose: str
    token: str
    amount: int
    block: int
    tx_hash: str


@dataclass(frozen=True)
class Balance:
    """What one account paid and received in one token, base units."""

    account: str
    role: str
    token: str
    paid: int
    received: int

    @property
    def net(self) -> int:
        """Received minus paid."""
        return self.received - self.paid


@dataclass(frozen=True)
class Payments:
    """All entries, in chain order."""

    entries: tuple[Entry, ...]

    def balances(self) -> list[Balance]:
        """One row per account and token, in order of appearance. ``net`` sums to zero over a token's rows."""
        sums: dict[tuple[str, str, str], list[int]] = {}
        for entry in self.entries:
            sides = sums.setdefault((entry.account, entry.role, entry.token), [0, 0])
            sides[entry.amount > 0] += abs(entry.amount)
        return [Balance(*key, paid=paid, received=received) for key, (paid, received) in sums.items()]


def payments(session: Session, history: History) -> Payments:
    """Reconstruct the payments of a commission, its auction, appeals and dispute, and the slashed stakes."""
    book = _Book(session, history)
    entries = [entry for event in book.events() for entry in book.entries(event)]
    return Payments(tuple(entries))


class _Book:
    def __init__(self, session: Session, history: History) -> None:
        self._session, self._history = session, history
        address = session.deployment.address
        self._market, self._auctions = address("CommissionMarket"), address("VickreyAuction")
        self._rounds = address("Rounds")
        self._staking, self._audits = address("ValidatorStaking"), address("AuditRegistry")
        self._court = address("Court")
        self._staking_token = session.deployment.tokens.staking
        self._start = history.events[0].block
        self._found: list[Event]
        self._burn, self._step_fee, treasury, self._found = session.together(
            lambda: session.view(views.escrow.BURN_ADDRESS()),
            lambda: session.view(views.commission_lens.commission(history.commission_id)).step_fee,
            self._treasury,
            self._find,
        )
        self._ends = {event.tx_hash for event in history.events if event.name in ("Settled", "Refunded")}
        self._roles = self._known_roles({self._burn: "burnt", treasury: "market"})
        self._steps: set[tuple[int, int]] = set()

    def events(self) -> list[Event]:
        """Escrow's events about the holds of this deal, in chain order."""
        self._note_steps(self._found)
        return self._found

    def _find(self) -> list[Event]:
        opened = next(self._history.named("CommissionOpened"))
        token = opened.arguments["request"]["token"]
        holds = [
            (self._market, token, word(self._history.commission_id)),
            (self._auctions, token, word(self._history.auction_id)),
        ]
        for appealed in self._history.named("Appealed"):
            holds.append((self._rounds, token, word(appealed.arguments["requestId"])))
        for case_id in self._history.case_ids:
            holds.append((self._court, token, word(case_id)))
            holds.append((self._court, self._staking_token, _bonds_of(case_id)))
        ours, burnt = self._session.together(lambda: self._all_about(holds), self._burnt_stakes)
        return sorted(_without_repeats(ours + burnt), key=_place)

    def entries(self, event: Event) -> Iterator[Entry]:
        """Both sides of the movement in *event*."""
        arguments = event.arguments
        module = arguments["module"]
        if event.name == "ReleasedEach":
            payments = arguments["payments"]
            workers = len(payments) - 1 if _place(event) in self._steps else len(payments)
            for payment in payments[:workers]:
                yield from self._released(event, payment["to"], payment["amount"])
            for payment in payments[workers:]:
                yield from self._released(event, payment["to"], payment["amount"], "step fee")
            return
        amount = arguments["amount"]
        if not amount:
            return
        if event.name in ("HoldOpened", "HoldFunded"):
            purpose = self._deposited_for(module, arguments["id"])
            yield self._entry(event, arguments["from"], purpose, -amount)
            yield self._entry(event, IN_ESCROW, purpose, amount)
        elif event.name == "Released":
            yield from self._released(event, arguments["to"], amount)
        elif event.name == "Burnt":
            staked = module in (self._staking, self._audits)
            payer = to_checksum_address(arguments["id"][-20:]) if staked else IN_ESCROW
            purpose = {self._staking: "slashed stake", self._audits: "audit bond lost"}.get(
                module, "forfeited"
            )
            yield self._entry(event, payer, purpose, -amount)
            yield self._entry(event, self._burn, purpose, amount)

    def _deposited_for(self, module: str, hold: bytes) -> str:
        if module == self._court:
            return "juror's bond" if self._holds_bonds(hold) else "jury fee"
        return {self._auctions: "bid bond", self._rounds: "appeal deposit"}.get(module, "deposit")

    def _holds_bonds(self, hold: bytes) -> bool:
        return bytes(hold) in map(_bonds_of, self._history.case_ids)

    def _note_steps(self, found: list[Event]) -> None:
        """Find the payments for taking steps, and whom they went to.

        A step's fee is the last payment in each of the market's events, except in the event that ends the
        deal, which is the market's last one in its transaction.
        """
        if not self._step_fee:
            return
        paid = [e for e in found if e.name == "ReleasedEach" and e.arguments["module"] == self._market]
        last = {event.tx_hash: _place(event) for event in paid}
        ends = {last[tx_hash] for tx_hash in self._ends if tx_hash in last}
        for event in paid:
            payment = event.arguments["payments"][-1]
            if _place(event) not in ends and payment["amount"] == self._step_fee:
                self._steps.add(_place(event))
                self._roles.setdefault(payment["to"], "keeper")

    def _released(
        self, event: Event, account: str, amount: int, purpose: str | None = None
    ) -> Iterator[Entry]:
        if amount:
            purpose = purpose or self._purpose(event.arguments["module"], account, event.arguments["id"])
            yield self._entry(event, IN_ESCROW, purpose, -amount)
            yield self._entry(event, account, purpose, amount)

    def _entry(self, event: Event, account: str, purpose: str, amount: int) -> Entry:
        token = event.arguments["token"]
        role = "" if account == IN_ESCROW else self._roles.get(account, "other")
        return Entry(account, role, purpose, token, amount, event.block, event.tx_hash)

    def _purpose(self, module: str, account: str, hold: bytes) -> str:
        if module == self._auctions:
            return "bid bond returned"
        role = self._roles.get(account, "")
        if module == self._court and self._holds_bonds(hold):
            return "juror's bond and share"
        if module == self._court:
            return "juror's fee" if role == "juror" else "jury fee returned"
        appeal = {"validator": "appeal fee"}.get(role, "appeal deposit returned")
        fees = {
            "customer": "returned",
            "developer": "price, fees and bond",
            "validator": "validation fee",
            "auditor": "audit fee",
            "payee": "share of the price",
            "market": "market fee",
        }
        return appeal if module == self._rounds else fees.get(role, "released")

    def _about(self, module: str, token: str, hold: bytes) -> list[Event]:
        topics = (_padded(module), _padded(token), hold)
        return list(self._session.events.about("Escrow", *topics, from_block=self._start))

    def _all_about(self, holds: list[tuple[str, str, bytes]]) -> list[Event]:
        return list(chain.from_iterable(self._session.each(lambda hold: self._about(*hold), holds)))

    def _burnt_stakes(self) -> list[Event]:
        """Stakes and bonds of this deal's members that were burnt in its transactions."""
        tx_hashes = {event.tx_hash for event in self._history.events}
        modules = {"validator": self._staking, "auditor": self._audits}
        holds = [
            (modules[role], self._staking_token, _padded(account))
            for account, role in self._known_roles({}).items()
            if role in modules
        ]
        found = self._all_about(holds)
        return [event for event in found if event.name == "Burnt" and event.tx_hash in tx_hashes]

    def _treasury(self) -> str:
        """The account that earned the fee when the deal opened, even if another one does now."""
        opened = next(self._history.named("CommissionOpened"))
        said = self._session.events.find("Policy", "FeeSet", to_block=opened.block)
        earlier = [one for one in said if (one.block, one.log_index) < (opened.block, opened.log_index)]
        return str(earlier[-1].arguments["treasury"])

    def _known_roles(self, roles: dict[str, str]) -> dict[str, str]:
        """The roles of the deal's accounts, in addition to the *roles* already known."""
        for event in self._history.events:
            arguments = event.arguments
            match event.name:
                case "CommissionOpened":
                    names = [(arguments["customer"], "customer")]
                case "BidCommitted":
                    names = [(arguments["bidder"], "bidder")]
                case "Awarded":
                    names = [(arguments["developer"], "developer")]
                case "PanelSeated":
                    names = [(member, "validator") for member in arguments["members"]]
                case "AuditorSeated":
                    names = [(arguments["auditor"], "auditor")]
                case "ModelSubmitted":
                    payees = arguments["submission"]["payees"]
                    names = [(payee["account"], "payee") for payee in payees]
                case "JurorDrawn":
                    names = [(arguments["juror"], roles.get(arguments["juror"], "juror"))]
                case "Appealed":
                    names = [(arguments["appellant"], roles.get(arguments["appellant"], "appellant"))]
                case _:
                    continue
            roles |= dict(names)
        return roles


def _bonds_of(case_id: int) -> bytes:
    """The hold of jurors' bonds, which is separate from that of the fees."""
    return word(2**256 - 1 - case_id)


def _place(event: Event) -> tuple[int, int]:
    """Sort key for chain order."""
    return event.block, event.log_index


def _without_repeats(events: list[Event]) -> list[Event]:
    """*events* without those that were found twice."""
    return list({_place(event): event for event in events}.values())


def _padded(address: str) -> bytes:
    return to_canonical_address(address).rjust(32, b"\0")
