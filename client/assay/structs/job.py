"""Jobs of other contracts (ERC-8183) that Assay evaluates, and what others read of models (ERC-8004)."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct

_STATE_BITS = 8


class JobState(Choice):
    """What an enrolled job is waiting for."""

    NONE = 0
    ATTESTING = 1
    READY = 2
    JUDGING = 3
    DELIVERING = 4
    PASSED = 5
    FAILED = 6
    COMPLETED = 7
    REJECTED = 8


class JobCause(Choice):
    """Why a job is completed or rejected."""

    NONE = 0
    PASSED = 1
    CLIENT_SILENT = 2
    BAD_DATA = 3
    NOTHING_ASKED = 4
    BELOW_THRESHOLD = 5
    PROVIDER_SILENT = 6
    NO_ANSWER = 7
    BAD_MODEL = 8
    NOT_DELIVERED = 9


class JobStatus(Choice):
    """Where a job stands in its own contract, as in ERC-8183."""

    OPEN = 0
    FUNDED = 1
    SUBMITTED = 2
    COMPLETED = 3
    REJECTED = 4
    EXPIRED = 5


class JobTerms(Struct):
    """How a job is judged."""

    spec: Bytes32
    dataset: Bytes32
    token: Address
    """Token of the panel's fees."""
    evaluation_fee: Amount
    """Fee for each member of the panel per question."""
    max_total: Amount
    """The most that may be charged."""
    threshold: int
    tolerance: int
    required_criteria: int
    panel_size: int


class Job(Struct):
    """An enrolled job as it stands with its evaluator."""

    client: Address
    at: int
    """A state and its deadline, as packed by the contract."""
    cause: JobCause
    steps: int
    panel_size: int
    provider: Address
    evaluation_fee: Amount
    token: Address
    threshold: int
    tolerance: int
    rules: Address
    expired_at: int
    """When the job contract refunds it, Unix seconds."""
    required_criteria: int
    jobs: Address
    """The job contract."""
    panel_id: int
    job_id: int
    """The job's number in its contract."""
    spec: Bytes32
    dataset: Bytes32
    manifest: Bytes32
    """Manifest digest of the model that the provider named."""
    word: Bytes32

    @property
    def state(self) -> JobState:
        """What it is waiting for."""
        return JobState(self.at & ((1 << _STATE_BITS) - 1))

    @property
    def deadline(self) -> int:
        """Deadline of the state, Unix seconds."""
        return self.at >> _STATE_BITS


class ModelValidation(Struct):
    """One validation of a model, as returned by an ERC-8004 registry."""

    validator_address: Address
    agent_id: int
    """The model's number."""
    response: int
    """100 for passed or approved, 0 for failed or rejected."""
    response_hash: Bytes32
    """Digest of the DatasetManifest of a test's data; zero for an audit."""
    tag: str
    """``order``, ``test set`` or ``audit``."""
    last_update: int
    """Unix seconds."""


class ValidationSummary(Struct):
    """How many validations of a model are now in force, and the mean of their responses."""

    count: int
    average_response: int
