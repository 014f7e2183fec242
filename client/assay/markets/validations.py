"""What an ERC-8004 reader, who knows only this market's address, can see of a model."""

from __future__ import annotations

from dataclasses import dataclass

from assay.session import Session
from assay.structs import ModelValidation, views

CONTRACT = "ModelValidations"


@dataclass(frozen=True)
class Validations:
    """All of a model's validations that are now in force, as ERC-8004's validation registry shows them.

    Attributes:
        registry: address of the contract that was queried.
        identities: address of the contract whose tokens are the agents: the models.
        names: the registry's names of the validations (``requestHash``), in order.
        average: average of their responses, 0 to 100.
    """

    registry: str
    identities: str
    names: tuple[bytes, ...]
    found: tuple[ModelValidation, ...]
    average: int


def validations_of(session: Session, model_id: int) -> Validations | None:
    """Ask the bridge of this market, or None if it has none.

    Raises:
        ContractError: there is no such model.
    """
    registry = session.deployment.contracts.get(CONTRACT)
    if registry is None:
        return None
    names, summary, identities = session.together(
        lambda: session.view(views.model_validations.get_agent_validations(model_id)),
        lambda: session.view(views.model_validations.get_summary(model_id, [], "")),
        lambda: session.view(views.model_validations.get_identity_registry()),
    )
    asked = (views.model_validations.get_validation_status(name) for name in names)
    found = tuple(session.each(session.view, asked))
    return Validations(registry, identities, names, found, summary.average_response)
