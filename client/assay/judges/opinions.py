"""`market.opinions`: opinions on a model from auditors of the asker's choice, for a fee agreed in advance."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from pathlib import Path

from assay.chain import Receipt
from assay.deal.keys import Keys
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.judges.audit_inputs import Material, open_material, require_about, require_examined
from assay.manifests import Assessment, AuditReference, AuditReport, DatasetManifest, SealedArtifact
from assay.markets.models import MAX_MODEL_BYTES, Models
from assay.seal import ContentKey
from assay.session import Session
from assay.structs import Artifact, Opinion, OpinionOffer, views

_NAME, _MARKET, _LENS = "Opinions", "CommissionMarket", "CommissionLens"


class Opinions:
    """Asking for, accepting and posting opinions; they decide nothing, and anyone can read them."""

    def __init__(self, session: Session, escrow: Escrow, keys: Keys, models: Models) -> None:
        self._session, self._escrow, self._keys, self._models = session, escrow, keys, models

    def ask(
        self, commission_id: int, auditor: str, fee: int, window: int, *, token: str | None = None
    ) -> tuple[int, Receipt]:
        """Ask *auditor* for an opinion on the model last submitted in a commission.

        Args:
            fee: base units of *token* (by default the market's payment token), from the escrow balance, which
                is topped up if too small; earned by the auditor for any opinion posted in time.
            window: seconds from acceptance to the opinion, an hour to 90 days.

        Returns:
            The opinion's number and the receipt.

        Raises:
            ContractError: no model yet, the auditor is not accredited in the domain or not independent, or
                too little money.
        """
        address = token or self._session.deployment.tokens.payment
        commission = self._session.view(views.commission_lens.commission(commission_id))
        offer = OpinionOffer(
            market=self._session.deployment.address(_MARKET),
            deal_id=commission_id,
            subject=commission.manifest,
            auditor=auditor,
            token=address,
            fee=fee,
            window=window,
        )
        call = self._session.contract(_NAME).call("ask", offer.to_abi())
        receipt = self._escrow.send_funded(call, fee, token=address)[0]
        return int(receipt.event("OpinionOffered").arguments["opinionId"]), receipt

    def replace(self, opinion_id: int, auditor: str) -> Receipt:
        """Name another auditor, before the first has accepted or after its time is up."""
        return self._session.send(_NAME, "replace", opinion_id, auditor)

    def withdraw(self, opinion_id: int) -> Receipt:
        """Withdraw the offer and get the fee back, before acceptance or after the auditor's time is up."""
        return self._session.send(_NAME, "withdraw", opinion_id)

    def accept(self, opinion_id: int) -> Receipt:
        """As the named auditor, accept fee and window."""
        return self._session.send(_NAME, "accept", opinion_id)

    def get(self, opinion_id: int) -> Opinion:
        """An opinion as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.opinions.opinion(opinion_id))

    def list(self, *, commission_id: int | None = None) -> Iterator[tuple[int, Opinion]]:
        """All opinions with their numbers, or those of one commission, oldest first."""
        market = self._session.deployment.address(_MARKET)
        offered = self._session.events.find(_NAME, "OpinionOffered")
        numbers = (
            said["opinionId"]
            for said in (event.arguments for event in offered)
            if commission_id is None
            or (said["offer"]["market"], said["offer"]["dealId"]) == (market, commission_id)
        )
        return self._session.each(self._numbered, numbers)

    def grant_model(self, opinion_id: int) -> Receipt:
        """Grant the model's key to the auditor, as the developer, or as the customer once it is delivered.

        Raises:
            InvalidInput: the auditor has not accepted yet.
            SealError: this wallet does not have the key.
        """
        return self._grant(opinion_id, Artifact.MODEL)

    def grant_data(self, opinion_id: int) -> Receipt:
        """Grant the validation data's key to the auditor, as the customer."""
        return self._grant(opinion_id, Artifact.DATASET)

    def fetch(self, opinion_id: int, folder: Path, *, max_bytes: int = MAX_MODEL_BYTES) -> Material:
        """As the auditor, decrypt the model, and the data if granted, into *folder*.

        Raises:
            SealError: the model's key was not granted to this account, or something cannot be opened.
            StoreError: it cannot be fetched.
        """
        opinion = self.get(opinion_id)
        reference = self._reference(opinion_id, opinion, self._session.address)

        def key_of(_manifest: bytes, sealed: SealedArtifact, kind: Artifact) -> ContentKey:
            return self._keys.received(_NAME, opinion_id, kind, sealed)

        return open_material(self._session, folder, reference, key_of, opinion.offer.deal_id, max_bytes)

    def post(self, opinion_id: int, approve: bool, assessment: Assessment) -> Receipt:
        """Publish the report, post the opinion and earn the fee. Opinions are never erased.

        Raises:
            InvalidInput: it examined another model or other data.
            ContractError: not accepted by this account, too late, a conflict of interest, or already posted.
        """
        opinion = self.get(opinion_id)
        reference = self._reference(opinion_id, opinion, self._session.address)
        require_examined(self._session, assessment.examination, reference, opinion.offer.deal_id)
        report = assessment.report(reference, reference.model, approve=approve)
        return self._session.send(_NAME, "post", opinion_id, approve, self._session.publish(report))

    def report(self, opinion_id: int) -> AuditReport:
        """The report behind an opinion; anyone can read it.

        Raises:
            InvalidInput: the opinion has not been posted, or the report is about something else.
            StoreError, ManifestError: it cannot be fetched, or is malformed.
        """
        posted = next(self._session.events.find(_NAME, "OpinionPosted", opinionId=opinion_id), None)
        if posted is None:
            raise InvalidInput(f"Opinion {opinion_id} has not been posted.")
        report = self._session.fetch(bytes(posted.arguments["report"]), AuditReport)
        opinion = self.get(opinion_id)
        return require_about(self._reference(opinion_id, opinion, opinion.offer.auditor), report)

    def about(self, subject: bytes) -> builtins.list[tuple[int, Opinion]]:
        """The posted opinions on the model version with the manifest digest *subject*, oldest first."""
        events = self._session.events.find(_NAME, "OpinionPosted", subject=subject)
        numbers = (event.arguments["opinionId"] for event in events)
        return builtins.list(self._session.each(self._numbered, numbers))

    def _numbered(self, opinion_id: int) -> tuple[int, Opinion]:
        return opinion_id, self.get(opinion_id)

    def _grant(self, opinion_id: int, artifact: Artifact) -> Receipt:
        offer = self.get(opinion_id).offer
        accepted = self._session.events.find(
            _NAME, "OpinionAccepted", opinionId=opinion_id, auditor=offer.auditor
        )
        event = next(accepted, None)
        if event is None:
            raise InvalidInput(f"{offer.auditor} has not accepted opinion {opinion_id} yet.")
        recipients = {offer.auditor: bytes(event.arguments["encryptionKey"])}
        key = self._key(offer, artifact)
        digest = self._keys.publish_grants(key, recipients, self._keys.audit_context(_NAME, opinion_id))
        return self._session.send(_NAME, "grant", opinion_id, artifact, digest)

    def _key(self, offer: OpinionOffer, artifact: Artifact) -> ContentKey:
        if artifact == Artifact.MODEL:
            return self._models.key_of(offer.subject)
        commission = self._session.view(views.commission_lens.commission(offer.deal_id))
        return self._keys.own(self._session.fetch(commission.request.dataset, DatasetManifest).artifact)

    def _reference(self, opinion_id: int, opinion: Opinion, auditor: str) -> AuditReference:
        return AuditReference(
            chain_id=self._session.deployment.chain_id,
            registry=self._session.deployment.address(_NAME),
            request_id=opinion_id,
            auditor=auditor,
            model=opinion.offer.subject.hex(),
        )
