"""Passes on the keys that this validator holds: to appeal panels, to replaced members, to auditors.

The members take turns in the order of their seats, so that normally one of them pays for it; whoever finds
right grants published has nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from assay.errors import AssayError, ManifestError, SealError, StoreError
from assay.manifests import KeyGrants
from assay.market import Market
from assay.seal import ContentKey, verify_grants
from assay.structs import ZERO_ADDRESS, Question, RoundState
from assay_oracle.materials import sealed_artifact
from assay_oracle.watch import Watch, WatchedRound

_log = logging.getLogger(__name__)
_TURNS = 16  # of the window; the last members share the last quarter
_LAST_TURN = 12


@dataclass(frozen=True)
class _Need:
    """Who has to get the key of which artifact, since when (Unix seconds) and for how long (seconds)."""

    artifact: int
    recipients: dict[str, bytes]
    since: int
    window: int
    from_block: int | None = None
    """The block from which on a member's grant is what the round waits for, even when all have the key."""


class Handover:
    """Hands keys over in the rounds in which the account sits."""

    def __init__(self, market: Market, watch: Watch) -> None:
        self._market, self._watch = market, watch
        self._met: set[tuple[int, int, bytes, frozenset[str]]] = set()

    def step(self, round_id: int) -> None:
        """Publish what is needed and not there yet, when it is this member's turn.

        Raises:
            AssayError: it could not be done; it is safe to try again.
        """
        watched = self._watch.docket.rounds[round_id]
        members = self._market.oracle.panel(round_id).members
        if watched.question is None or self._market.address not in members:
            return
        turn, failure = min(members.index(self._market.address), _LAST_TURN), None
        for need in self._needs(round_id, watched, watched.question):
            manifest = watched.question.artifacts[need.artifact]
            label = (round_id, need.artifact, manifest, frozenset(need.recipients))
            due = need.since + turn * need.window // _TURNS
            if not need.recipients or label in self._met or self._watch.head_time < due:
                continue
            try:
                self._meet(round_id, watched, need, manifest)
            except AssayError as error:
                failure = error  # what is wrong with one artifact must not keep another's key back
                continue
            if need.from_block is None:
                self._met.add(label)
        if failure is not None:
            raise failure

    def _needs(self, round_id: int, watched: WatchedRound, question: Question) -> Iterator[_Need]:
        sealed = [place for place, granter in enumerate(question.granters) if granter != ZERO_ADDRESS]
        if watched.state == RoundState.GRANTING and self._watch.docket.seatings[round_id] > 1:
            yield from self._replaced(round_id, watched, sealed)
        elif watched.state == RoundState.APPEAL_VOTING:
            yield from self._appeal(round_id, sealed)
        yield from self._audits(watched, question)

    def _replaced(self, round_id: int, watched: WatchedRound, sealed: list[int]) -> Iterator[_Need]:
        found = self._market.rounds.get(round_id)
        if found.state != RoundState.GRANTING:
            return
        window = found.timeouts.grant
        everybody = self._market.keys.members(round_id)
        for place in sealed:
            awaited = watched.since if found.needed >> place & 1 else None
            yield _Need(place, everybody, found.deadline - window, window, awaited)

    def _appeal(self, round_id: int, sealed: list[int]) -> Iterator[_Need]:
        found = self._market.rounds.get(round_id)
        if not found.appeal_request_id:
            return
        request = self._market.oracle.request(found.appeal_request_id)
        window = request.terms.commit_window
        recipients = self._market.keys.members(found.appeal_panel_id)
        for place in sealed:
            yield _Need(place, recipients, request.commit_ends - window, window)

    def _audits(self, watched: WatchedRound, question: Question) -> Iterator[_Need]:
        for number, subject in self._watch.docket.audits_of(watched):
            if subject not in question.artifacts:
                continue
            audit = self._market.audits.get(number)
            auditors, window = self._market.keys.auditors(number), audit.terms.window
            yield _Need(question.artifacts.index(subject), auditors, audit.deadline - window, window)

    def _meet(self, round_id: int, watched: WatchedRound, need: _Need, manifest: bytes) -> None:
        sealed = sealed_artifact(self._market, manifest)
        key = self._market.keys.granted(round_id, need.artifact, sealed)
        if key is None:
            return
        left = self._ungranted(round_id, need, key)
        if need.from_block is not None and not self._has_granted(round_id, need.artifact, need.from_block):
            left = need.recipients
        if not left:
            return
        receipt = self._market.rounds.publish_grants(round_id, need.artifact, key, left)
        _log.info("%s: key %d handed to %d in %s", watched, need.artifact, len(left), receipt.tx_hash)

    def _ungranted(self, round_id: int, need: _Need, key: ContentKey) -> dict[str, bytes]:
        """The recipients for whom no right grant of *key* is published."""
        context = self._market.keys.panel_context(round_id, need.artifact)
        left = dict(need.recipients)
        for digest in self._market.keys.published(round_id, need.artifact):
            if not left:
                break
            try:
                grants = self._market.session.fetch(digest, KeyGrants)
                wronged = verify_grants(grants, key, left, context)
            except (StoreError, ManifestError, SealError):
                continue
            left = {address: left[address] for address in wronged}
        return left

    def _has_granted(self, round_id: int, artifact: int, from_block: int) -> bool:
        """Whether this account has published grants of the artifact's key since a block."""
        events = self._market.session.events.find(
            "Rounds", "KeysGranted", from_block=from_block, panelId=round_id, by=self._market.address
        )
        return any(event.arguments["artifact"] == artifact for event in events)
