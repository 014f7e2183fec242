"""`market.oracle`: panels, requests and reports, as their members and appellants use them."""

from __future__ import annotations

from collections.abc import Iterator

from eth_utils.address import to_checksum_address

from assay import eip712
from assay.chain import Event, Receipt
from assay.errors import InvalidInput
from assay.escrow import EscrowArea
from assay.session import Session
from assay.structs import Panel, Report, Result, ValidationRequest, Vote

_NAME = "ValidationOracle"


class Oracle:
    """Reads, and one call for each thing that a validator or anyone can do on ValidationOracle."""

    def __init__(self, session: Session, escrow: EscrowArea) -> None:
        self._session, self._escrow = session, escrow

    def panel(self, panel_id: int) -> Panel:
        """A panel as it stands; raises :class:`ContractError` when there is none."""
        return Panel.model_validate(self._session.read(_NAME, "panel", panel_id))

    def request(self, request_id: int) -> ValidationRequest:
        """A request as it stands; raises :class:`ContractError` when there is none."""
        return ValidationRequest.model_validate(self._session.read(_NAME, "requestOf", request_id))

    def request_count(self) -> int:
        """Requests so far; they are numbered from 1."""
        return int(self._session.read(_NAME, "requestCount"))

    def vote(self, request_id: int, seat: int) -> Vote:
        """What one seat has done in a request; :meth:`reports` has the reports of former requests too."""
        return Vote.model_validate(self._session.read(_NAME, "voteOf", request_id, seat))

    def seat_of(self, panel_id: int, account: str | None = None) -> int:
        """The seat of *account* (the wallet's by default); raises :class:`InvalidInput` when it has none."""
        who = to_checksum_address(account or self._session.address)
        members = self.panel(panel_id).members
        if who not in members:
            raise InvalidInput(f"{who} does not sit on panel {panel_id}.")
        return members.index(who)

    def reports(self, request_id: int) -> Iterator[tuple[str, Report]]:
        """Validator and report for each revealed one, from the events."""
        for event in self._session.events.find(_NAME, "ReportRevealed", requestId=request_id):
            yield event.arguments["validator"], Report.model_validate(event.arguments["report"])

    def requests_since(self, block: int) -> Iterator[Event]:
        """The events ``ValidationRequested`` from a block on."""
        return self._session.events.find(_NAME, "ValidationRequested", from_block=block)

    def vote_hash(self, request_id: int, report: Report, salt: bytes) -> bytes:
        """What this account commits to with *report* and *salt* (32 bytes)."""
        deployment = self._session.deployment
        return eip712.vote_hash(
            deployment.chain_id,
            deployment.address(_NAME),
            request_id,
            self._session.address,
            **report.model_dump(),
            salt=salt,
        )

    def commit(self, request_id: int, seat: int, vote: bytes) -> Receipt:
        """Commit to a report by its :meth:`vote_hash`."""
        return self._session.send(_NAME, "commit", request_id, seat, vote)

    def reveal(self, request_id: int, seat: int, report: Report, salt: bytes) -> Receipt:
        """Reveal the report that was committed to."""
        return self._session.send(_NAME, "reveal", request_id, seat, report.to_abi(), salt)

    def arm(self, panel_id: int) -> Receipt:
        """Name the future block that draws the panel."""
        return self._session.send(_NAME, "arm", panel_id)

    def seat(self, panel_id: int) -> Receipt:
        """Draw the vacant seats."""
        return self._session.send(_NAME, "seat", panel_id)

    def tally(self, request_id: int) -> Receipt:
        """Work out the provisional result."""
        return self._session.send(_NAME, "tally", request_id)

    def appeal_deposit(self, request_id: int) -> int:
        """What :meth:`appeal` takes from the escrow balance, base units."""
        return int(self._session.read(_NAME, "appealDeposit", request_id))

    def appeal(self, request_id: int) -> Receipt:
        """Take the appeal to a fresh, larger panel; a balance too small for the deposit is topped up."""
        deposit, panel_id = self.appeal_deposit(request_id), self.request(request_id).terms.panel_id
        call = self._session.contract(_NAME).call("appeal", request_id)
        return self._escrow.send_funded(call, deposit, token=self.panel(panel_id).terms.token)[0]

    def result(self, request_id: int) -> Result:
        """The result; provisional until the request is finalised."""
        return self.request(request_id).result
