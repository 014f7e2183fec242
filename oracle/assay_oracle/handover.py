"""Passes on the keys that this validator holds: to appeal panels, to replaced members, to auditors.

The members take turns in the order of their seats, so that normally only one of them pays for it; whoever
finds that correct grants are published has nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator
from dataclasses import dataclass

from assay.errors import AssayError, ManifestError, SealError, StoreError
from assay.manifests import KeyGrants
from assay.market import Market
from assay.seal import ContentKey, verify_grants
from assay.structs import ZERO_ADDRESS, Question, RoundState
from assay_oracle.docket import WatchedAudit, WatchedRound
from assay_oracle.materials import sealed_artifact
from assay_oracle.watch import Watch

_log = logging.getLogger(__name__)
_TURNS = 16  # in a window; the last members share its last quarter
_LAST_TURN = 12


@dataclass(frozen=True)
class _Situation:
    """Everything that shows, without asking the chain, whether a round may need keys."""

    watched: WatchedRound
    seatings: int
    audits: tuple[tuple[int, WatchedAudit], ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nobody can need a key."""
        replaced = self.watched.state == RoundState.GRANTING and self.seatings > 1
        return not (replaced or self.watched.state == RoundState.APPEAL_VOTING or self.audits)


@dataclass(frozen=True)
class _Need:
    """Who needs the key of which artifact, since when (Unix seconds) and for how long (seconds)."""

    artifact: int
    recipients: dict[str, bytes]
    since: int
    window: int
    from_block: int | None = None
    """The block from which the round waits for a member's grant, even if everyone already has the key."""


class Handover:
    """Hands keys over in the rounds in which the account sits."""

    def __init__(self, market: Market, watch: Watch) -> None:
        self._market, self._watch = market, watch
        self._met: dict[int, set[tuple[int, bytes, frozenset[str]]]] = {}
        self._done: dict[int, _Situation] = {}  # rounds that, as things stand, need nothing more

    def step(self, round_id: int) -> None:
        """Publish grants that are needed and still missing, when it is this member's turn.

        The chain is asked only while a round may need something that it has not received yet.

        Raises:
            AssayError: it could not be done; it is safe to try again.
        """
        situation = self._situation(round_id)
        watched = situation.watched
        if watched.question is None or situation.is_quiet or self._done.get(round_id) == situation:
            return
        members = self._market.oracle.panel(round_id).members
        if self._market.address not in members:
            return
        turn = min(members.index(self._market.address), _LAST_TURN)
        if self._meet_all(round_id, situation, watched.question, turn):
            self._done[round_id] = situation

    def forget(self, rounds: Container[int]) -> None:
        """Forget what was done in all rounds except *rounds*."""
        for number in [one for one in self._met.keys() | self._done.keys() if one not in rounds]:
            self._met.pop(number, None)
            self._done.pop(number, None)

    def _situation(self, round_id: int) -> _Situation:
        docket = self._watch.docket
        watched = docket.rounds[round_id]
        artifacts = () if watched.question is None else watched.question.artifacts
        audits = tuple(one for one in docket.audits_of(watched) if one[1].subject in artifacts)
        return _Situation(watched, docket.seatings.get(round_id, 0), audits)

    def _meet_all(self, round_id: int, situation: _Situation, question: Question, turn: int) -> bool:
        """Meet the needs that are due; returns whether, as things stand, no more will arise."""
        met, failure, is_done = self._met.setdefault(round_id, set()), None, True
        for need in self._needs(round_id, situation, question):
            manifest = question.artifacts[need.artifact]
            label = (need.artifact, manifest, frozenset(need.recipients))
            if need.from_block is None and (not need.recipients or label in met):
                continue
            is_done = False
            if not need.recipients or self._watch.head_time < need.since + turn * need.window // _TURNS:
                continue
            try:
                self._meet(round_id, situation.watched, need, manifest)
            except AssayError as error:
                failure = error  # a problem with one artifact must not hold back another's key
                continue
            if need.from_block is None:
                met.add(label)
        if failure is not None:
            raise failure
        return is_done

    def _needs(self, round_id: int, situation: _Situation, question: Question) -> Iterator[_Need]:
        watched = situation.watched
        sealed = [place for place, granter in enumerate(question.granters) if granter != ZERO_ADDRESS]
        if watched.state == RoundState.GRANTING and situation.seatings > 1:
            yield from self._replaced(round_id, watched, sealed)
        elif watched.state == RoundState.APPEAL_VOTING:
            yield from self._appeal(round_id, sealed)
        for number, about in situation.audits:
            yield self._audit(number, question.artifacts.index(about.subject))

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

    def _audit(self, number: int, place: int) -> _Need:
        audit, auditors = self._market.audits.get(number), self._market.keys.auditors(number)
        return _Need(place, auditors, audit.deadline - audit.terms.window, audit.terms.window)

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
        """The recipients for whom no correct grant of *key* is published."""
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
