"""Views of MarketGovernor. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from collections.abc import Sequence

from assay import structs
from assay.structs.view import View


def BALLOT_TYPEHASH() -> View[bytes]:
    return View("MarketGovernor", "BALLOT_TYPEHASH", bytes)


def CLOCK_MODE() -> View[str]:
    return View("MarketGovernor", "CLOCK_MODE", str)


def COUNTING_MODE() -> View[str]:
    return View("MarketGovernor", "COUNTING_MODE", str)


def EXTENDED_BALLOT_TYPEHASH() -> View[bytes]:
    return View("MarketGovernor", "EXTENDED_BALLOT_TYPEHASH", bytes)


def MAX_REGULATOR_DELAY() -> View[int]:
    return View("MarketGovernor", "MAX_REGULATOR_DELAY", int)


def chamber_votes(proposal_id: int) -> View[tuple[structs.ChamberTally, ...]]:
    return View("MarketGovernor", "chamberVotes", tuple[structs.ChamberTally, ...], proposal_id)


def clock() -> View[int]:
    return View("MarketGovernor", "clock", int)


def executable_from(proposal_id: int) -> View[int]:
    return View("MarketGovernor", "executableFrom", int, proposal_id)


def get_proposal_id(
    targets: Sequence[str], values: Sequence[int], calldatas: Sequence[bytes], description_hash: bytes
) -> View[int]:
    return View("MarketGovernor", "getProposalId", int, targets, values, calldatas, description_hash)


def get_votes(account: str, timepoint: int) -> View[int]:
    return View("MarketGovernor", "getVotes", int, account, timepoint)


def get_votes_with_params(account: str, timepoint: int, params: bytes) -> View[int]:
    return View("MarketGovernor", "getVotesWithParams", int, account, timepoint, params)


def has_voted(proposal_id: int, account: str) -> View[bool]:
    return View("MarketGovernor", "hasVoted", bool, proposal_id, account)


def hash_proposal(
    targets: Sequence[str], values: Sequence[int], calldatas: Sequence[bytes], description_hash: bytes
) -> View[int]:
    return View("MarketGovernor", "hashProposal", int, targets, values, calldatas, description_hash)


def is_about_powers(proposal_id: int) -> View[bool]:
    return View("MarketGovernor", "isAboutPowers", bool, proposal_id)


def is_delayed(proposal_id: int) -> View[bool]:
    return View("MarketGovernor", "isDelayed", bool, proposal_id)


def name() -> View[str]:
    return View("MarketGovernor", "name", str)


def nonces(owner: str) -> View[int]:
    return View("MarketGovernor", "nonces", int, owner)


def proposal_deadline(proposal_id: int) -> View[int]:
    return View("MarketGovernor", "proposalDeadline", int, proposal_id)


def proposal_eta(proposal_id: int) -> View[int]:
    return View("MarketGovernor", "proposalEta", int, proposal_id)


def proposal_needs_queuing(proposal_id: int) -> View[bool]:
    return View("MarketGovernor", "proposalNeedsQueuing", bool, proposal_id)


def proposal_proposer(proposal_id: int) -> View[str]:
    return View("MarketGovernor", "proposalProposer", str, proposal_id)


def proposal_snapshot(proposal_id: int) -> View[int]:
    return View("MarketGovernor", "proposalSnapshot", int, proposal_id)


def proposal_threshold() -> View[int]:
    return View("MarketGovernor", "proposalThreshold", int)


def quorum(key_0: int) -> View[int]:
    return View("MarketGovernor", "quorum", int, key_0)


def settings() -> View[structs.GovernorSettings]:
    return View("MarketGovernor", "settings", structs.GovernorSettings)


def state(proposal_id: int) -> View[structs.ProposalState]:
    return View("MarketGovernor", "state", structs.ProposalState, proposal_id)


def supports_interface(interface_id: bytes) -> View[bool]:
    return View("MarketGovernor", "supportsInterface", bool, interface_id)


def timelock() -> View[str]:
    return View("MarketGovernor", "timelock", str)


def token() -> View[str]:
    return View("MarketGovernor", "token", str)


def version() -> View[str]:
    return View("MarketGovernor", "version", str)


def voting_delay() -> View[int]:
    return View("MarketGovernor", "votingDelay", int)


def voting_period() -> View[int]:
    return View("MarketGovernor", "votingPeriod", int)
