"""What the contract of an ERC-8183 job says about it now. The contract is untrusted and may say anything."""

from __future__ import annotations

from dataclasses import dataclass

from assay.chain.abi import decode_named
from assay.errors import ChainError, ContractError, InvalidInput
from assay.session import Session
from assay.structs import ZERO_ADDRESS, JobStatus

_STANDARD = "IAgenticCommerce"
_WORD = 32
_PLAIN, _MOST = 8 * _WORD, 64 * _WORD
"""Smallest and largest offset of a job's description, as in ``periphery/Jobs.sol``."""
_PEOPLE = ("client", "provider", "evaluator")
_HEAD = (
    {"type": "uint256", "name": "tuple"},
    {"type": "uint256", "name": "id"},
    *({"type": "address", "name": name} for name in _PEOPLE),
    *({"type": "uint256", "name": name} for name in ("description", "budget", "expiredAt", "status")),
)


@dataclass(frozen=True)
class JobHead:
    """A job as its contract reports it.

    Attributes:
        budget: base units of the token in which the job contract pays.
        expired_at: when it is refunded, Unix seconds.
    """

    client: str
    provider: str
    evaluator: str
    budget: int
    expired_at: int
    status: JobStatus

    @property
    def has_ended(self) -> bool:
        """Whether the job contract has completed, rejected or refunded it."""
        return self.status > JobStatus.SUBMITTED


def read_job(session: Session, jobs: str, job_id: int) -> JobHead:
    """Ask the contract at the address *jobs*.

    Raises:
        InvalidInput: it has no such job, or does not answer as ERC-8183 implementations do.
    """
    call = session.contract_at(_STANDARD, jobs).call("getJob", job_id)
    try:
        answer = session.connection.call(call.transaction(ZERO_ADDRESS), contract=_STANDARD)
        said = decode_named(_HEAD, answer)  # type: ignore[arg-type]
    except (ContractError, ChainError):
        raise _unreadable(jobs, job_id) from None
    laid_out = said["tuple"] == _WORD and _PLAIN <= said["description"] <= _MOST
    if not laid_out or said["id"] != job_id or said["status"] not in list(JobStatus):
        raise _unreadable(jobs, job_id)
    people = {name: said[name] for name in _PEOPLE}
    status = JobStatus(said["status"])
    return JobHead(**people, budget=said["budget"], expired_at=said["expiredAt"], status=status)


def _unreadable(jobs: str, job_id: int) -> InvalidInput:
    return InvalidInput(
        f"No job {job_id} can be read from the contract {jobs}.",
        hint="Check both. The contract must answer `getJob` as ERC-8183's reference implementation does.",
    )
