"""What has happened, from the index's events: each with the transaction that it was in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.errors import ChainError
from assay.structs import JobState, LineageClaimState, TrialState
from assay_indexer.queries import View, decoded
from assay_web.sentences import catalogue, say

_STATES = {"JobEvaluator": JobState, "LineageClaims": LineageClaimState, "Trials": TrialState}


@dataclass(frozen=True)
class Happened:
    """One event in words."""

    at: int
    what: object
    who: str | None
    tx_hash: str


def story(view: View, kind: str, key: object) -> Sequence[Happened]:
    """The events about something that the catalogue has words for, the oldest first; the last 200 of them."""
    found = reversed(view.events_about(kind, key).items)
    return [
        Happened(one.at, say(f"event.{one.contract}.{one.name}"), _actor(one), one.tx_hash)
        for one in found
        if f"event.{one.contract}.{one.name}" in catalogue()
    ]


def reached(view: View, market: str, number: int) -> Mapping[str, int]:
    """When a deal of a market first reached each of its states, in words."""
    found: dict[str, int] = {}
    for one in view.events_about("deal", f"{market}/{number}").items:
        if (one.contract, one.name) == (market, "StateChanged"):
            said = decoded(one).arguments
            found[_STATES[market](said["state"]).words] = one.at
    return found


def _actor(event: Any) -> str | None:
    """Whom an event names first of those who do something."""
    try:
        said = decoded(event).arguments
    except ChainError:
        return None
    parties = (
        "buyer",
        "seller",
        "holder",
        "bidder",
        "party",
        "client",
        "claimant",
        "respondent",
        "proposer",
        "voter",
    )
    names = (*parties, "validator", "by")
    return next((said[name] for name in names if isinstance(said.get(name), str)), None)
