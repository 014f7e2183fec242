"""`market.rounds`: what panels are asked, keys granted to them, and appeals, for any market."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.chain import Call, Receipt
from assay.deal.keys import Keys
from assay.errors import InvalidInput, SealError
from assay.escrow import Escrow
from assay.manifests import SealedArtifact
from assay.seal import ContentKey
from assay.session import Session
from assay.structs import Answer, Question, Round, views

CONTRACT = "Rounds"
_VOTE = 60_000
"""Gas for opening the vote. The last granter pays for it, and others may grant while a grant is under way."""


class Rounds:
    """Reads, and one call for each action of a granter, a member or an appellant on Rounds."""

    def __init__(self, session: Session, escrow: Escrow, keys: Keys) -> None:
        self._session, self._escrow, self._keys = session, escrow, keys

    def get(self, panel_id: int) -> Round:
        """A panel as it stands; raises :class:`ContractError` if there is none, or no longer."""
        return self._session.view(views.rounds.round_of(panel_id))

    def panels(self, market: str, deal_id: int) -> Iterator[int]:
        """The panels that *market* (an address) has opened for a deal, newest first."""
        opened = self._session.events.find(
            CONTRACT, "RoundOpened", newest_first=True, market=market, dealId=deal_id
        )
        for event in opened:
            yield event.arguments["panelId"]

    def question(self, panel_id: int) -> Question:
        """What a panel was last asked; raises :class:`InvalidInput` if it was asked nothing."""
        asked = self._session.events.find(CONTRACT, "Asked", newest_first=True, panelId=panel_id)
        event = next(asked, None)
        if event is None:
            raise InvalidInput(f"Panel {panel_id} has not been asked anything.")
        return Question.model_validate(event.arguments["question"])

    def find(self, market: str, deal_id: int, manifest: bytes) -> tuple[int, int]:
        """The panel that was asked about an artifact of a deal, and the artifact's index in the question.

        Args:
            market: address of the contract that asked.
            manifest: digest of the artifact's manifest.

        Raises:
            InvalidInput: no panel of the deal was last asked about it.
        """
        for panel_id in self.panels(market, deal_id):
            artifacts = self.question(panel_id).artifacts
            if manifest in artifacts:
                return panel_id, artifacts.index(manifest)
        raise InvalidInput(f"No panel has been asked about this artifact of deal {deal_id}.")

    def key(self, panel_id: int, artifact: int, sealed: SealedArtifact) -> ContentKey:
        """The key of an artifact: this wallet's own, or one granted to it as member or auditor.

        Raises:
            SealError: this wallet does not have the key.
            StoreError: some published grants cannot be fetched.
        """
        try:
            return self._keys.own(sealed)
        except SealError:
            key = self._keys.granted(panel_id, artifact, sealed)
        if key is None:
            raise SealError(
                f"Nobody has granted {self._session.address} this key.",
                hint="It is granted to members of the panel and to drawn auditors.",
            )
        return key

    def answers(self, panel_id: int) -> Iterator[tuple[int, Answer]]:
        """The outcomes of a panel's questions, oldest first, each with its request (0 if nobody voted)."""
        for event in self._session.events.find(CONTRACT, "Answered", panelId=panel_id):
            yield event.arguments["requestId"], Answer.model_validate(event.arguments["answer"])

    def grant(self, panel_id: int, artifact: int, key: ContentKey) -> Receipt:
        """As granter or member, grant the key of an artifact to the panel and its appeal panel.

        Args:
            artifact: its index in the question.

        Raises:
            InvalidInput: the panel is not drawn yet.
            ContractError: neither granter nor member, or too late.
        """
        recipients = self._keys.members(panel_id)
        appeal_panel = self.get(panel_id).appeal_panel_id
        if appeal_panel:
            recipients |= self._keys.members(appeal_panel)
        if not recipients:
            raise InvalidInput(f"Panel {panel_id} is not drawn yet.", hint="Advance the deal first.")
        return self.publish_grants(panel_id, artifact, key, recipients)

    def publish_grants(
        self, panel_id: int, artifact: int, key: ContentKey, recipients: dict[str, bytes]
    ) -> Receipt:
        """Grant the key of an artifact to *recipients* (X25519 keys by address), as granter or member."""
        context = self._keys.panel_context(panel_id, artifact)
        digest = self._keys.publish_grants(key, recipients, context)
        call = self._session.contract(CONTRACT).call("grant", panel_id, artifact, digest)
        return self._session.send_call(replace(call, spare_gas=_VOTE))

    def advance(self, panel_id: int) -> Receipt:
        """Have the panel's market take the next step of the deal; anyone may call this.

        Raises:
            ContractError: nothing is due.
        """
        found = self.get(panel_id)
        return self.advance_deal(found.market, found.deal_id)

    def advance_deal(self, market: str, deal_id: int) -> Receipt:
        """Like :meth:`advance`, for a deal of the market at the address *market*."""
        return self._session.send_call(self._advance_call(market, deal_id))

    def check_advance(self, market: str, deal_id: int) -> None:
        """Raise :class:`ContractError` if no step of that deal is due. Costs nothing."""
        self._session.simulate(self._advance_call(market, deal_id))

    def _advance_call(self, market: str, deal_id: int) -> Call:
        return self._session.contract_at("IDealMarket", market).call("advance", deal_id)

    def appeal_deposit(self, panel_id: int) -> int:
        """What :meth:`appeal` takes from the escrow balance, base units of the round's token."""
        return self._session.view(views.rounds.appeal_deposit(panel_id))

    def appeal(self, panel_id: int) -> Receipt:
        """Appeal the answer to a fresh, larger panel; a balance too small for the deposit is topped up."""
        call = self._session.contract(CONTRACT).call("appeal", panel_id)
        token = self.get(panel_id).token
        return self._escrow.send_funded(call, self.appeal_deposit(panel_id), token=token)[0]
