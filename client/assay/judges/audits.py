"""`market.audits`: auditors, their material and their verdicts."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assay.chain import Receipt
from assay.deal.keys import Keys
from assay.deal.rounds import Rounds
from assay.errors import InvalidInput
from assay.escrow import Escrow
from assay.governance.policy import Policy, Share
from assay.judges.audit_inputs import Material, open_material, require_about, require_examined
from assay.judges.sealed_verdicts import SealedVerdicts
from assay.manifests import (
    Assessment,
    AuditReference,
    AuditReport,
    DatasetManifest,
    ModelManifest,
    SealedArtifact,
)
from assay.manifests.audit_report import scope_bits, scopes_in
from assay.markets.models import MAX_MODEL_BYTES
from assay.seal import ContentKey
from assay.session import Session
from assay.sortition import NEW_LEAF_GAS
from assay.structs import Artifact, Audit, Conflict, Enrolment, Verdict, views
from assay.words import times
from assay.words.amounts import check_amount

_NAME, _LENS = "AuditRegistry", "CommissionLens"


@dataclass(frozen=True)
class AuditListing:
    """One audit in a list."""

    audit_id: int
    commission_id: int
    audit: Audit


@dataclass(frozen=True)
class PassedOver:
    """An account that was drawn but not seated because of its relation to *party*."""

    candidate: str
    party: str
    reason: str


class Audits:
    """Enrolment, grants to auditors, material, verdicts."""

    def __init__(self, session: Session, policy: Policy, escrow: Escrow, keys: Keys, rounds: Rounds) -> None:
        self._session, self._policy, self._escrow = session, policy, escrow
        self._keys, self._rounds = keys, rounds
        self._sealed = SealedVerdicts(session)

    def enrol(self) -> Receipt:
        """Enter the draw with the bond that Policy requires; the escrow balance is topped up if too small.

        Raises:
            ContractError: not accredited as auditor or regulator, already enrolled, or too little money.
        """
        staking = self._session.deployment.tokens.staking
        call = replace(self._session.contract(_NAME).call("enrol"), spare_gas=NEW_LEAF_GAS)
        return self._escrow.send_funded(call, self._policy.stakes().auditor, token=staking)[0]

    def add_bond(self, amount: int) -> Receipt:
        """Add to the bond, so that it can back more seats at once; tops up the escrow balance if too small.

        Args:
            amount: base units of the staking token.

        Raises:
            ContractError: not enrolled, or too little money.
        """
        call = self._session.contract(_NAME).call("addBond", check_amount(amount))
        return self._escrow.send_funded(call, amount, token=self._session.deployment.tokens.staking)[0]

    def enrolment(self, auditor: str | None = None) -> Enrolment:
        """The bond and the seats of *auditor* (the account by default)."""
        account = auditor or self._session.address
        return self._session.view(views.audit_registry.enrolment_of(account))

    def leave(self) -> Receipt:
        """Leave the draw; the bond returns to the escrow balance."""
        return self._session.send(_NAME, "leave")

    def get(self, audit_id: int) -> Audit:
        """An audit as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.audit_registry.audit(audit_id))

    def list(self, *, auditor: str | None = None) -> Iterator[AuditListing]:
        """All audits, or those in which *auditor* was drawn, newest first, read lazily."""
        if auditor is None:
            events = self._session.events.find(_NAME, "AuditRequested", newest_first=True)
        else:
            events = self._session.events.find(_NAME, "AuditorSeated", newest_first=True, auditor=auditor)
        return self._session.each(self._listing, (event.arguments["auditId"] for event in events))

    def require_independent(self, audit_id: int, auditor: str | None = None) -> None:
        """Raise :class:`ContractError` with the reason if *auditor* may not judge this deal."""
        self._session.view(
            views.audit_registry.require_independent(audit_id, auditor or self._session.address)
        )

    def grant_model(self, audit_id: int) -> Receipt:
        """Grant the model's key to the drawn auditors: as the developer, or as a member of the panel.

        Raises:
            InvalidInput: nobody has been drawn yet.
            SealError: this wallet does not have the key.
        """
        return self._grant(audit_id, Artifact.MODEL)

    def grant_data(self, audit_id: int) -> Receipt:
        """Grant the validation data's key to the drawn auditors, as the customer."""
        return self._grant(audit_id, Artifact.DATASET)

    def fetch(self, audit_id: int, folder: Path, *, max_bytes: int = MAX_MODEL_BYTES) -> Material:
        """As a drawn auditor, decrypt the model, and the data if granted, into *folder*, with all documents.

        Raises:
            SealError: the model's key was not granted to this account, or something cannot be opened.
            StoreError: it cannot be fetched.
        """
        audit = self.get(audit_id)
        reference = self._reference(audit_id, audit, self._session.address)

        def key_of(manifest: bytes, sealed: SealedArtifact, _kind: Artifact) -> ContentKey:
            return self._rounds.key(*self._rounds.find(audit.opener, audit.deal_id, manifest), sealed)

        return open_material(self._session, folder, reference, key_of, audit.deal_id, max_bytes)

    def post(self, audit_id: int, approve: bool, assessment: Assessment) -> Receipt:
        """Give the verdict: sealed if others give one too, and opened by the same call once that is possible.

        The only auditor of an audit publishes the report and posts at once. Verdicts are never erased.

        Raises:
            InvalidInput: it approves without covering all that the deal's rules require, it examined another
                model or other data, or it is not what was sealed.
            ContractError: a conflict of interest, no seat, no accreditation, too late, or already posted.
        """
        audit = self.get(audit_id)
        if not audit.opening:
            self.require_independent(audit_id)
        covered = scope_bits(assessment.scopes)
        missing = scopes_in(audit.terms.scopes & ~covered)
        if approve and missing:
            raise InvalidInput(
                f"An approval in audit {audit_id} must cover {', '.join(missing)}.",
                hint=f"Examine it too (assay audit run {audit_id}), or reject.",
            )
        seat = audit.seat_of(self._session.address) or 0  # the contract refuses an account without one
        reference = self._reference(audit_id, audit, self._session.address)
        require_examined(self._session, assessment.examination, reference, audit.deal_id)
        report = assessment.report(reference, reference.model, approve=approve)
        if audit.one_seat:
            digest = self._session.publish(report)
            return self._session.send(_NAME, "post", audit_id, seat, approve, digest, covered, bytes(32))
        if not audit.opening:
            return self._sealed.seal(audit_id, seat, report)
        if audit.seals[seat] != bytes(32) and not self._sealed.is_sealed(audit_id, audit.seals[seat], report):
            raise InvalidInput(
                f"This is not the verdict that you have sealed in audit {audit_id}.",
                hint=f"Open the one that you have: assay audit open {audit_id}.",
            )
        return self._sealed.resume(audit_id, seat, report) or self._sealed.open(audit_id, seat, report)

    def open(self, audit_id: int) -> Receipt:
        """Open the sealed verdict: publish its report, and post it. Only the wallet is needed.

        Raises:
            InvalidInput: others are still sealing theirs, or this account has sealed none.
            SealError: another wallet sealed it, or its copy is damaged.
            StoreError: its copy cannot be fetched.
            ContractError: too late, or already opened.
        """
        audit = self.get(audit_id)
        seat = audit.seat_of(self._session.address)
        if seat is None:
            raise InvalidInput(
                f"This account has no seat in audit {audit_id}.", hint="See `assay audit list`."
            )
        if not audit.opening and not audit.one_seat:  # simulating would show the endpoint the verdict
            raise InvalidInput(
                f"Verdicts of audit {audit_id} are still being sealed: {audit.sealed} so far.",
                hint=f"Open yours after that; until {times.local(audit.deadline)} the others have time.",
            )
        return self._sealed.open(audit_id, seat, self._sealed.find(audit_id))

    def report(self, audit_id: int, auditor: str) -> AuditReport:
        """The report behind the verdict of *auditor*; anyone can read it.

        Raises:
            InvalidInput: there is none, or it is about something else.
            StoreError, ManifestError: it cannot be fetched, or is malformed.
        """
        report = self._session.fetch(self.report_digest(audit_id, auditor), AuditReport)
        expected = self._reference(audit_id, self.get(audit_id), auditor)
        return require_about(expected, report)

    def report_digest(self, audit_id: int, auditor: str) -> bytes:
        """The digest of the report behind a verdict; raises :class:`InvalidInput` if there is none."""
        posted = self._session.events.find(_NAME, "VerdictPosted", auditId=audit_id, auditor=auditor)
        event = next(posted, None)
        if event is None:
            raise InvalidInput(f"{auditor} has posted no verdict in audit {audit_id}.")
        return bytes(event.arguments["report"])

    def verdicts(self, subject: bytes) -> Iterator[tuple[int, Verdict]]:
        """All verdicts on the model version with the manifest digest *subject*, each with its audit's number.

        Those of the newest audit, which take precedence over older ones, come first.
        """
        audit_id = self._session.view(views.audit_registry.latest_audit(subject))
        while audit_id:
            audit = self.get(audit_id)
            yield from ((audit_id, verdict) for verdict in audit.verdicts)
            audit_id = audit.previous

    def passed_over(self, audit_id: int) -> builtins.list[PassedOver]:
        """Candidates passed over for a conflict, or for too large a share of fees from one party."""
        refused, dependent = self._session.each(
            lambda name: builtins.list(self._session.events.find(_NAME, name, auditId=audit_id)),
            ("CandidateRefused", "CandidateOverShare"),
        )
        found = [
            PassedOver(said["candidate"], said["party"], Conflict(said["conflict"]).words)
            for said in (event.arguments for event in refused)
        ]
        token = self._escrow.token(self.get(audit_id).terms.token)
        for said in (event.arguments for event in dependent):
            of_its_fees = (token.format(said[part]) for part in ("fromParty", "total"))
            share = f"{' of '.join(of_its_fees)} of its fees"
            found.append(PassedOver(said["candidate"], said["party"], share))
        return found

    def fees(self, auditor: str, party: str, token: str | None = None) -> Share:
        """How much of the fees of *auditor* in the present period comes from *party* and its organisation.

        Fees agreed on but not yet paid are included in both the share and the total.

        Args:
            token: the payment token by default.
        """
        which = token or self._session.deployment.tokens.payment
        found = self._session.view(views.fee_shares.fees_of(auditor, party, which))
        return Share(found.from_party, found.total, self._policy.fee_share_cap())

    def _listing(self, audit_id: int) -> AuditListing:
        audit = self.get(audit_id)
        return AuditListing(audit_id, audit.deal_id, audit)

    def _grant(self, audit_id: int, artifact: Artifact) -> Receipt:
        audit = self.get(audit_id)
        recipients = self._keys.auditors(audit_id)
        if not recipients:
            raise InvalidInput(f"No auditor has been drawn for audit {audit_id} yet.")
        if artifact == Artifact.MODEL:
            manifest = audit.terms.subject
            sealed = self._session.fetch(manifest, ModelManifest).artifact
        else:
            manifest = self._session.view(views.commission_lens.commission(audit.deal_id)).request.dataset
            sealed = self._session.fetch(manifest, DatasetManifest).artifact
        panel_id, place = self._rounds.find(audit.opener, audit.deal_id, manifest)
        key = self._rounds.key(panel_id, place, sealed)
        return self._rounds.publish_grants(panel_id, place, key, recipients)

    def _reference(self, audit_id: int, audit: Audit, auditor: str) -> AuditReference:
        return AuditReference(
            chain_id=self._session.deployment.chain_id,
            registry=self._session.deployment.address(_NAME),
            request_id=audit_id,
            auditor=auditor,
            model=audit.terms.subject.hex(),
        )
