"""`market.oracle`: panels, requests and reports, for panel members."""

from __future__ import annotations

from collections.abc import Iterator

from eth_utils.address import to_checksum_address

from assay.chain import Receipt
from assay.errors import InvalidInput
from assay.session import Session
from assay.structs import Panel, Report, ValidationRequest, Vote, views
from assay.wallet import eip712

_NAME = "ValidationOracle"


class Panels:
    """Reads, and one call for each action of a validator on ValidationOracle."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def panel(self, panel_id: int) -> Panel:
        """A panel as it stands; raises :class:`ContractError` if there is none, or no longer."""
        return self._session.view(views.validation_oracle.panel(panel_id))

    def request(self, request_id: int) -> ValidationRequest:
        """A panel's last request as it stands; raises :class:`ContractError` for any other."""
        return self._session.view(views.validation_oracle.request_of(request_id))

    def vote(self, request_id: int, seat: int) -> Vote:
        """What one seat has done in a panel's last request; :meth:`reports` has earlier ones too."""
        return self._session.view(views.validation_oracle.vote_of(request_id, seat))

    def seat_of(self, panel_id: int, account: str | None = None) -> int:
        """The seat of *account* (the wallet's by default); raises :class:`InvalidInput` if it has none."""
        who = to_checksum_address(account or self._session.address)
        members = self.panel(panel_id).members
        if who not in members:
            raise InvalidInput(f"{who} does not sit on panel {panel_id}.")
        return members.index(who)

    def reports(self, request_id: int) -> Iterator[tuple[str, Report]]:
        """Validator and report for each revealed report, from the events."""
        for event in self._session.events.find(_NAME, "ReportRevealed", requestId=request_id):
            yield event.arguments["validator"], Report.model_validate(event.arguments["report"])

    def vote_hash(self, request_id: int, report: Report, salt: bytes) -> bytes:
        """What this account commits to with *report* and *salt* (32 bytes)."""
        deployment = self._session.deployment
        return eip712.vote_hash(
            deployment.chain_id,
            deployment.address(_NAME),
            request_id,
            self._session.address,
            report=tuple(report.to_abi().values()),
            salt=salt,
        )

    def commit(self, request_id: int, seat: int, vote: bytes) -> Receipt:
        """Commit to a report by its :meth:`vote_hash`."""
        return self._session.send(_NAME, "commit", request_id, seat, vote)

    def reveal(self, request_id: int, seat: int, report: Report, salt: bytes) -> Receipt:
        """Reveal the report that was committed to."""
        return self._session.send(_NAME, "reveal", request_id, seat, report.to_abi(), salt)
