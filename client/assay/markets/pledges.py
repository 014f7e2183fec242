"""`market.pledges`: agreements backed by a bond, which is lost if a jury confirms a breach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assay.chain import Receipt
from assay.deal.round_step import NOBODY, NextStep
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.manifests import Agreement
from assay.session import Session
from assay.structs import PledgeState, PledgeTerms, views
from assay.words import times
from assay.words.amounts import check_amount

CONTRACT = "Pledges"
_DAY = 86_400
MIN_TERM, MAX_TERM = 30 * _DAY, 3 * 365 * _DAY
"""Seconds, as in the contract."""


@dataclass(frozen=True)
class DrawnUp:
    """An agreement that has been drawn up.

    Attributes:
        agreement: its digest, by which an offer, an order or an auction can require it.
    """

    agreement: bytes
    receipt: Receipt


@dataclass(frozen=True)
class Made:
    """A pledge that has been made or renewed."""

    pledge_id: int
    receipt: Receipt


@dataclass(frozen=True)
class Pledge:
    """A pledge as it stands.

    Attributes:
        deadline: until when a breach can be claimed, or the dispute's deadline; Unix seconds.
        to_beneficiary, burnt: shares of a forfeited bond, base units.
        dispute_id: the latest dispute about it; None if there was none.
    """

    pledge_id: int
    agreement: bytes
    party: str
    terms: PledgeTerms
    state: PledgeState
    deadline: int
    to_beneficiary: int = 0
    burnt: int = 0
    dispute_id: int | None = None

    def next_step(self, now: int) -> NextStep:
        """Who has to do what by when, at the time *now* (Unix seconds)."""
        number = self.pledge_id
        match self.state:
            case PledgeState.PLEDGED if now < self.deadline:
                what = f"claim a breach, if there is one: `assay pledge accuse {number} CLAIM`"
                return NextStep("beneficiary", what, self.deadline)
            case PledgeState.PLEDGED:
                return NextStep("anyone", f"return the bond: `assay pledge release {number}`", 0)
            case PledgeState.DISPUTED:
                what = f"a jury judges it: `assay dispute show {self.dispute_id}`"
                return NextStep("jurors", what, self.deadline)
            case PledgeState.FORFEITED:
                return NextStep(NOBODY, "a jury has found a breach; the bond is lost", 0)
        return NextStep(NOBODY, "the bond is its party's again", 0)


class Pledges:
    """Agreements with bonds, for one account as beneficiary or party. Amounts are base units."""

    def __init__(self, session: Session, escrow: Escrow) -> None:
        self._session, self._escrow = session, escrow

    # BENEFICIARIES

    def draw_up(
        self, text: bytes, bond: int, term_seconds: int, domain: int, *, token: str | None = None
    ) -> DrawnUp:
        """Draw up an agreement whose beneficiary is the account.

        Args:
            text: digest of an agreement, as :meth:`Agreements.publish` stores it.
            bond: each party's bond.
            term_seconds: how long after the pledge a breach can be claimed.
            domain: the domain whose experts may be asked for an opinion on a breach.
            token: the bond's token; the payment token by default.

        Raises:
            InvalidInput: a bond of zero, or a term that is too short or too long.
            StoreError, ManifestError: the text cannot be read, so nobody could agree to it.
        """
        if check_amount(bond) == 0:
            raise InvalidInput("An agreement without a bond needs no pledge.", hint="`assay agreement sign`")
        if not MIN_TERM <= term_seconds <= MAX_TERM:
            raise InvalidInput(
                f"A breach can be claimed for {times.duration(MIN_TERM)} to {times.duration(MAX_TERM)}."
            )
        self._session.fetch(text, Agreement)
        address = token or self._session.deployment.tokens.payment
        receipt = self._session.send(CONTRACT, "drawUp", text, address, bond, term_seconds, domain)
        return DrawnUp(bytes(receipt.event("DrawnUp").arguments["agreement"]), receipt)

    # PARTIES

    def make(self, agreement: bytes, *, at_most: int | None = None) -> Made:
        """Agree and put up the bond, or renew a running pledge of the account at no cost.

        The bond comes from the escrow balance, which is topped up if too small.

        Args:
            at_most: the most that the bond may be, base units; by default what the agreement says.

        Raises:
            InvalidInput: no such agreement has been drawn up here, or the bond is more than *at_most*.
            StoreError, ManifestError: the text cannot be read, so it must not be agreed to.
            ContractError: the account is the beneficiary, its pledge is disputed, or it has too little money.
        """
        purpose = f"pledge under {agreement.hex()}"
        earlier = self._session.resume(CONTRACT, "pledge", purpose)
        if earlier is not None:
            return _made(earlier)
        terms = self.require(agreement)
        if at_most is not None and terms.bond > at_most:
            costs = self._escrow.token(terms.token).format(terms.bond)
            raise InvalidInput(f"The bond is {costs}, which is more than was agreed to.")
        self._session.fetch(terms.text, Agreement)
        call = replace(self._session.contract(CONTRACT).call("pledge", agreement), purpose=purpose)
        receipt, _ = self._escrow.send_funded(call, terms.bond, token=terms.token)
        return _made(receipt)

    def release(self, pledge_id: int) -> Receipt:
        """Return the bond of a pledge that has ended; anyone may call this.

        Raises:
            ContractError: it is still running, is disputed, or is already over.
        """
        return self._session.send(CONTRACT, "release", pledge_id)

    # BOTH

    def terms_of(self, agreement: bytes) -> PledgeTerms | None:
        """The agreement's terms, or None if it is a plain text or was drawn up elsewhere."""
        keeper = self._session.view(views.agreements.keeper_of(agreement))
        if keeper != self._session.deployment.address(CONTRACT):
            return None
        return self._session.view(views.pledges.terms_of(agreement))

    def require(self, agreement: bytes) -> PledgeTerms:
        """The agreement's terms; raises :class:`InvalidInput` if it was not drawn up here."""
        terms = self.terms_of(agreement)
        if terms is None:
            raise InvalidInput(
                f"Nobody has drawn up an agreement {agreement.hex()} with a bond.",
                hint="A plain text is signed with `assay agreement sign`.",
            )
        return terms

    def get(self, pledge_id: int) -> Pledge:
        """A pledge as it stands.

        Raises:
            InvalidInput: there is no pledge with this number.
        """
        made = next(self._session.events.find(CONTRACT, "Pledged", id=pledge_id), None)
        if made is None:
            raise InvalidInput(
                f"There is no pledge {pledge_id}.", hint="`assay pledge list` lists those that there are."
            )
        agreement, market = bytes(made.arguments["agreement"]), self._session.deployment.address(CONTRACT)
        standing, terms, lost, disputes = self._session.together(
            lambda: self._session.view(views.pledges.state_of(pledge_id)),
            lambda: self._session.view(views.pledges.terms_of(agreement)),
            lambda: next(self._session.events.find(CONTRACT, "BondForfeited", id=pledge_id), None),
            lambda: list(
                self._session.events.find("Disputes", "DisputeOpened", market=market, dealId=pledge_id)
            ),
        )
        return Pledge(
            pledge_id=pledge_id,
            agreement=agreement,
            party=made.arguments["party"],
            terms=terms,
            state=standing.state,
            deadline=standing.deadline,
            to_beneficiary=lost.arguments["toBeneficiary"] if lost else 0,
            burnt=lost.arguments["burnt"] if lost else 0,
            dispute_id=disputes[-1].arguments["id"] if disputes else None,
        )

    def list(self, *, party: str | None = None, agreement: bytes | None = None) -> Iterator[Pledge]:
        """Pledges, newest first: all, or those of a party or under an agreement."""
        made = self._session.events.find(
            CONTRACT, "Pledged", newest_first=True, party=party, agreement=agreement
        )
        numbers = dict.fromkeys(event.arguments["id"] for event in made)  # renewals repeat the number
        return self._session.each(self.get, numbers)

    def next_step(self, pledge_id: int) -> NextStep:
        """Who has to do what by when, in words."""
        return self.get(pledge_id).next_step(self._session.now())

    def require_contestable(self, pledge_id: int) -> Pledge:
        """The pledge, provided that the account can claim a breach of it now.

        Raises:
            InvalidInput: it is over or disputed, or the account is not a party to it.
        """
        found, now = self.get(pledge_id), self._session.now()
        if self._session.address not in (found.party, found.terms.beneficiary):
            raise InvalidInput(
                f"{self._session.address} has no part in pledge {pledge_id}.",
                hint=f"Its beneficiary claims a breach: {found.terms.beneficiary}.",
            )
        if found.state != PledgeState.PLEDGED or now >= found.deadline:
            over = "has ended" if found.state == PledgeState.PLEDGED else f"is {found.state.words}"
            raise InvalidInput(
                f"Pledge {pledge_id} {over}: no breach can be claimed now.",
                hint=f"`assay pledge show {pledge_id}` says how it stands.",
            )
        return found


def _made(receipt: Receipt) -> Made:
    return Made(receipt.event("Pledged").arguments["id"], receipt)
