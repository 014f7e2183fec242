"""Views of ModelValidations. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from collections.abc import Sequence

from assay import structs
from assay.structs.view import View


def MAX_AUDITS() -> View[int]:
    return View("ModelValidations", "MAX_AUDITS", int)


def MAX_SETS() -> View[int]:
    return View("ModelValidations", "MAX_SETS", int)


def get_agent_validations(agent_id: int) -> View[tuple[bytes, ...]]:
    return View("ModelValidations", "getAgentValidations", tuple[bytes, ...], agent_id)


def get_identity_registry() -> View[str]:
    return View("ModelValidations", "getIdentityRegistry", str)


def get_summary(
    agent_id: int, validator_addresses: Sequence[str], tag: str
) -> View[structs.ValidationSummary]:
    return View(
        "ModelValidations", "getSummary", structs.ValidationSummary, agent_id, validator_addresses, tag
    )


def get_validation_status(request_hash: bytes) -> View[structs.ModelValidation]:
    return View("ModelValidations", "getValidationStatus", structs.ModelValidation, request_hash)


def get_validator_requests(validator_address: str) -> View[tuple[bytes, ...]]:
    return View("ModelValidations", "getValidatorRequests", tuple[bytes, ...], validator_address)
