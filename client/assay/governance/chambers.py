"""`market.governance.seats`: who votes, in which chamber, and from when."""

from __future__ import annotations

from dataclasses import replace

from eth_utils.address import to_checksum_address
from pydantic import BaseModel, ConfigDict

from assay.chain import Receipt
from assay.errors import InvalidInput
from assay.manifests.fields import Address
from assay.participants import organisation_hash
from assay.session import Session
from assay.structs import ZERO_DIGEST, ChamberSeat, Role, SeatRecord, views
from assay.structs.base import HexBytes
from assay.wallet import eip712

_NAME = "Chambers"
_SLOTS = 4 * 20_000  # gas for the counts of an account, of its chamber, and of OpenZeppelin's Votes
CHAMBERS = tuple(role for role in Role if role)
"""The roles that have a chamber, in their order."""


class SignedSeat(BaseModel):
    """A seat's credential with its accreditor's signature, to be handed to its subject."""

    model_config = ConfigDict(frozen=True)

    seat: ChamberSeat
    accreditor: Address
    signature: HexBytes


class Seats:
    """One entity, one seat, one vote. A seat gets its vote once it is activated after the chambers' delay."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def issue(self, subject: str, role: Role, *, entity: str, valid_until: int, deadline: int) -> SignedSeat:
        """As an accreditor, sign that *subject* may take a seat. Sends no transaction.

        Args:
            subject: the account.
            role: the chamber; the subject must hold this role.
            entity: identifier of the legal entity (an LEI, a domain name…); only a hash is published.
            valid_until: Unix seconds at which the seat ends.
            deadline: Unix seconds by which the credential must be presented.

        Raises:
            InvalidInput: the entity is empty.
        """
        account, name = to_checksum_address(subject), organisation_hash(entity)
        if name == ZERO_DIGEST:
            raise InvalidInput("The entity is empty.", hint="Name its LEI or domain.")
        seat = ChamberSeat(
            subject=account,
            role=role,
            entity=name,
            valid_until=valid_until,
            nonce=self._session.view(views.chambers.nonces(account)),
            deadline=deadline,
        )
        address = self._session.deployment.address(_NAME)
        typed_data = eip712.chamber_seat(self._session.deployment.chain_id, address, **seat.model_dump())
        signature = self._session.wallet.sign_typed_data(typed_data)
        return SignedSeat(seat=seat, accreditor=self._session.address, signature=signature)

    def join(self, signed: SignedSeat) -> Receipt:
        """Take the seat that an accreditor signed for this account.

        Raises:
            ContractError: the credential is another account's, expired, used, or not from an accreditor; the
                role is not effective now; or the account or the entity already has a seat.
        """
        return self._session.send(_NAME, "join", signed.seat.to_abi(), signed.accreditor, signed.signature)

    def activate(self, account: str | None = None) -> Receipt:
        """Give a seat (the account's own by default) its vote once its delay has passed; anyone may."""
        return self._count("activate", self._account(account))

    def revoke(self, account: str) -> Receipt:
        """As an accreditor, end a seat: at once if it has no effect yet, else after the chambers' delay."""
        return self._count("revoke", to_checksum_address(account))

    def vacate(self, account: str) -> Receipt:
        """Remove a seat that has expired or was revoked long enough ago; anyone may call this."""
        return self._count("vacate", to_checksum_address(account))

    def leave(self) -> Receipt:
        """Give up the account's own seat."""
        return self._count("leave")

    def get(self, account: str | None = None) -> SeatRecord:
        """The seat of *account* (the wallet's by default); raises :class:`InvalidInput` if it has none."""
        who = self._account(account)
        seat = self._session.view(views.chambers.seat_of(who))
        if seat.entity == ZERO_DIGEST:
            raise InvalidInput(
                f"{who} has no seat.", hint="An accreditor signs one: `assay governance seat credential`."
            )
        return seat

    def chamber_of(self, account: str | None = None) -> Role:
        """The chamber in which *account* has a vote now; ``Role.NONE`` if it has none."""
        return self._session.view(views.chambers.chamber_of(self._account(account)))

    def counts(self) -> dict[Role, int]:
        """How many votes each chamber has now."""
        votes = self._session.each(lambda role: self._session.view(views.chambers.votes_in(role)), CHAMBERS)
        return dict(zip(CHAMBERS, votes, strict=True))

    def delay(self) -> int:
        """Seconds before a seat takes effect, and before a revocation does."""
        return self._session.view(views.chambers.SEAT_DELAY())

    def _count(self, function: str, *arguments: object) -> Receipt:
        """Send a change of the counts, with gas for the new slots that the first change in a second needs."""
        call = self._session.contract(_NAME).call(function, *arguments)
        return self._session.send_call(replace(call, spare_gas=_SLOTS))

    def _account(self, account: str | None) -> str:
        return to_checksum_address(account or self._session.address)
