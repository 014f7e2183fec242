"""`market.court`: the market's own court, for jurors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from assay.chain import Event, Receipt
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.session import Session
from assay.sortition import NEW_LEAF_GAS
from assay.structs import CourtDispute, CourtState, DisputableDeal, JurySeat, Side, views
from assay.wallet import eip712

_NAME = "Court"


def deal_of(session: Session, market: str, deal_id: int) -> DisputableDeal:
    """What the contract at *market* says of its deal; all markets with disputes share this interface."""
    return session.view(views.commission_market.deal_of(deal_id), at=market)


@dataclass(frozen=True)
class Summons:
    """A seat for which an account was drawn.

    Attributes:
        case_id: the court's own number of the dispute.
        dispute_id: the dispute's number.
        round: the jury's round, from 0.
        seat: None if the account has lost it.
    """

    case_id: int
    dispute_id: int
    round: int
    seat: JurySeat | None
    dispute: CourtDispute


class Court:
    """The jurors' pool, seats and votes. Cases have the court's own numbers (:meth:`case_of`).

    A vote's salt is derived from the wallet each time (`Wallet.juror_salt`), so nothing is stored, and anyone
    with the wallet can reveal a vote from any machine.
    """

    def __init__(self, session: Session, escrow: Escrow) -> None:
        self._session, self._escrow = session, escrow

    def enrol(self) -> Receipt:
        """Enter the pool, as an accredited auditor or regulator; raises :class:`ContractError`."""
        call = self._session.contract(_NAME).call("enrol")
        return self._session.send_call(replace(call, spare_gas=NEW_LEAF_GAS))

    def leave(self) -> Receipt:
        """Leave the pool; seats already taken are kept."""
        return self._session.send(_NAME, "leave")

    def prune(self, account: str) -> Receipt:
        """Remove *account* from the pool if it may no longer be a juror; anyone may call this.

        Raises:
            ContractError: it is not in the pool, or may still be a juror.
        """
        return self._session.send(_NAME, "prune", account)

    def pool_size(self) -> int:
        """How many jurors can be drawn; a jury is never more than a third of them."""
        return self._session.view(views.court.pool_size())

    def jury_fee(self, fee_of_three: int, round_: int) -> int:
        """Base units of the deal's token that the jury of *round_* (from 0) costs."""
        return self._session.view(views.court.jury_fee(fee_of_three, min(round_, 2)))

    def get(self, case_id: int) -> CourtDispute:
        """A case as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.court.dispute(case_id))

    def seats(self, case_id: int, round_: int | None = None) -> tuple[JurySeat, ...]:
        """The seats of one jury, the present one by default."""
        wanted = self.get(case_id).round if round_ is None else round_
        return self._session.view(views.court.seats_of(case_id, wanted))

    def case_of(self, dispute_id: int) -> int:
        """The court's own number of a dispute; raises :class:`InvalidInput` if it is before another."""
        case = self._session.view(views.disputes.dispute_of(dispute_id))
        if case.arbitrator != self._session.deployment.address(_NAME):
            raise InvalidInput(f"Dispute {dispute_id} is not before the market's court.")
        return case.arbitrator_dispute_id

    def summonses(self, juror: str | None = None) -> Iterator[Summons]:
        """The seats for which *juror* (the account by default) was drawn, oldest first."""
        account = juror or self._session.address
        drawn = self._session.events.find(_NAME, "JurorDrawn", juror=account)
        return self._session.each(partial(self._summons, account), drawn)

    def _summons(self, account: str, drawn: Event) -> Summons:
        case_id, round_ = drawn.arguments["disputeID"], drawn.arguments["round"]
        seats, dispute_id, found = self._session.together(
            lambda: self.seats(case_id, round_), lambda: self._dispute_of(case_id), lambda: self.get(case_id)
        )
        seat = seats[drawn.arguments["seat"]]
        return Summons(case_id, dispute_id, round_, seat if seat.juror == account else None, found)

    def accept(self, case_id: int) -> Receipt:
        """Take the seat for which the account was drawn; the bond is taken from the escrow balance.

        Raises:
            InvalidInput: the account has no seat.
            ContractError: too late, no longer accredited, tied to a party by now, or too little money.
        """
        seat, _ = self._own_seat(case_id)
        found = self.get(case_id)
        bond = deal_of(self._session, found.market, found.deal_id).bond
        call = self._session.contract(_NAME).call("accept", case_id, seat)
        return self._escrow.send_funded(call, bond, token=self._session.deployment.tokens.staking)[0]

    def commit(self, case_id: int, side: Side) -> Receipt:
        """Commit a sealed vote, once; raises :class:`InvalidInput` without a seat, :class:`ContractError`."""
        seat, _ = self._own_seat(case_id)
        sealed = self._sealed(case_id, self.get(case_id).round, side)
        return self._session.send(_NAME, "commit", case_id, seat, sealed)

    def reveal(self, case_id: int) -> Receipt:
        """Reveal the committed vote, which is recovered from the wallet.

        Raises:
            InvalidInput: others are still voting; or no seat, no commitment, or one made with another wallet.
            ContractError: too late, or already revealed.
        """
        number, seat = self._own_seat(case_id)
        found = self.get(case_id)
        if found.state < CourtState.REVEALING:  # simulating would show the endpoint the vote
            raise InvalidInput("The jury is still voting.", hint="Reveal your vote after that.")
        round_ = found.round
        for side in Side:
            if self._sealed(case_id, round_, side) == seat.sealed_vote:
                return self._session.send(_NAME, "reveal", case_id, number, side, self._salt(case_id, round_))
        raise InvalidInput("This wallet has committed no vote in the present round.")

    def advance(self, case_id: int) -> Receipt:
        """Take the next step that is due, as anyone may; raises :class:`ContractError` if none is."""
        return self._session.send(_NAME, "advance", case_id)

    def _own_seat(self, case_id: int) -> tuple[int, JurySeat]:
        for number, seat in enumerate(self.seats(case_id)):
            if seat.juror == self._session.address:
                return number, seat
        raise InvalidInput("This account has no seat in the present jury.", hint="See `assay juror list`.")

    def _dispute_of(self, case_id: int) -> int:
        address = self._session.deployment.address(_NAME)
        event = next(self._session.events.find("Disputes", "Dispute", arbitrator=address, disputeID=case_id))
        return int(event.arguments["evidenceGroupID"])

    def _sealed(self, case_id: int, round_: int, side: Side) -> bytes:
        chain_id, address = self._session.deployment.chain_id, self._session.deployment.address(_NAME)
        salt = self._salt(case_id, round_)
        return eip712.juror_vote_hash(chain_id, address, case_id, round_, self._session.address, side, salt)

    def _salt(self, case_id: int, round_: int) -> bytes:
        chain_id, address = self._session.deployment.chain_id, self._session.deployment.address(_NAME)
        return self._session.wallet.juror_salt(chain_id, address, case_id, round_)
