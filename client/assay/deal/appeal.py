"""Drawing the panel that an appeal waits for; anyone may."""

from __future__ import annotations

from assay.chain import Receipt
from assay.session import Session
from assay.structs import Panel, ValidationRequest

_ORACLE = "ValidationOracle"


def draw_appeal(session: Session, request_id: int) -> Receipt | None:
    """Take the next step of the draw of the panel that reviews a request; none where no draw is due.

    Raises:
        ContractError: the step is not possible now.
    """
    if not request_id:
        return None
    request = ValidationRequest.model_validate(session.read(_ORACLE, "requestOf", request_id))
    if not request.appeal_panel_id or request.appeal_request_id:
        return None
    panel = Panel.model_validate(session.read(_ORACLE, "panel", request.appeal_panel_id))
    past = panel.armed_block and session.connection.block_number() >= panel.armed_block
    return session.send(_ORACLE, "seat" if past else "arm", request.appeal_panel_id)
