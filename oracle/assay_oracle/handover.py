"""Passes on the keys that this validator holds: to appeal panels, to replaced members, to auditors.

The members take turns in the order of their seats, so that normally one of them pays for it; whoever finds
right grants published has nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from assay.keys import Purpose
from assay.manifests import DatasetManifest, ModelManifest, SealedArtifact
from assay.market import Market
from assay.structs import ZERO_DIGEST, Artifact, Commission, ConformityAssessment, Stage, State
from assay_oracle.deal import Case, Deal, read_case
from assay_oracle.keyring import PURPOSES, Keyring
from assay_oracle.watch import Watch

_log = logging.getLogger(__name__)
_TURNS = 16  # of the window; the last members share the last quarter
_LAST_TURN = 12


@dataclass(frozen=True)
class _Need:
    """Who has to get which key, since when (Unix seconds) and for how long (seconds)."""

    artifact: Artifact
    purpose: Purpose
    recipients: dict[str, bytes]
    since: int
    window: int
    starts_work: bool = False
    """Whether the grant is what the deal waits for, even when everybody has the key already."""


class Handover:
    """Hands keys over in the deals in which the account sits."""

    def __init__(self, market: Market, watch: Watch) -> None:
        self._market, self._watch = market, watch
        self._keyring = Keyring(market)
        self._met: set[tuple[Deal, Artifact, Purpose, frozenset[str]]] = set()

    def step(self, deal: Deal) -> None:
        """Publish what is needed and not there yet, when it is this member's turn.

        Raises:
            AssayError: it could not be done; it is safe to try again.
        """
        case = read_case(self._market, deal)
        if not case.record.panel_id:
            return
        members = self._market.oracle.panel(case.record.panel_id).members
        if self._market.address not in members:
            return
        turn = min(members.index(self._market.address), _LAST_TURN)
        for need in self._needs(case.record):
            label = (deal, need.artifact, need.purpose, frozenset(need.recipients))
            due = need.since + turn * need.window // _TURNS
            if need.recipients and label not in self._met and self._watch.head_time >= due:
                self._meet(case, need)
                if not need.starts_work:
                    self._met.add(label)

    def _needs(self, record: Commission | ConformityAssessment) -> Iterator[_Need]:
        if isinstance(record, Commission):
            yield from self._needs_of_commission(record)
        elif record.stage == Stage.APPEALING:
            yield from self._appeal(record.request_id)

    def _needs_of_commission(self, commission: Commission) -> Iterator[_Need]:
        keys, times = self._market.keys, commission.timeouts
        match commission.state:
            case State.GRANTING if commission.replaced:
                everybody = keys.panel(0, commission.panel_id)
                since = commission.deadline - times.grant
                if commission.manifest != ZERO_DIGEST:
                    yield _Need(Artifact.MODEL, "model", everybody, since, times.grant)
                yield _Need(Artifact.DATASET, "dataset", everybody, since, times.grant, starts_work=True)
            case State.APPEALING:
                yield from self._appeal(commission.request_id)
            case State.AUDITING:
                audit = self._market.audits.get(commission.audit_id)
                auditors = keys.auditors(commission.audit_id)
                window = audit.terms.window
                yield _Need(Artifact.MODEL, "audit", auditors, audit.deadline - window, window)
            case State.DELIVERING if commission.redelivering and not commission.request_id:
                everybody = keys.panel(0, commission.panel_id)
                since = commission.deadline - times.delivery
                yield _Need(Artifact.MODEL, "model", everybody, since, times.delivery)

    def _appeal(self, request_id: int) -> Iterator[_Need]:
        request = self._market.oracle.request(request_id)
        if not request.appeal_request_id:
            return
        appeal = self._market.oracle.request(request.appeal_request_id)
        window = appeal.terms.commit_window
        recipients = self._market.keys.panel(0, request.appeal_panel_id)
        for artifact, purpose in PURPOSES.items():
            yield _Need(artifact, purpose, recipients, appeal.commit_ends - window, window)

    def _meet(self, case: Case, need: _Need) -> None:
        deal = case.deal
        key = self._keyring.find(deal, need.artifact, self._sealed(case, need.artifact))
        if key is None:
            return
        left = self._keyring.ungranted(deal, need.artifact, need.purpose, key, need.recipients)
        if need.starts_work:
            left = need.recipients
        if not left:
            return
        digest = self._market.keys.publish_grants(key, left, deal.number, need.purpose, deal.contract)
        receipt = self._market.session.send(deal.contract, "grant", deal.number, need.artifact, digest)
        _log.info("%s: %s key handed to %d in %s", deal, need.artifact.words, len(left), receipt.tx_hash)

    def _sealed(self, case: Case, artifact: Artifact) -> SealedArtifact:
        if artifact == Artifact.DATASET:
            return self._market.session.fetch(case.dataset, DatasetManifest).artifact
        return self._market.session.fetch(case.record.manifest, ModelManifest).artifact
