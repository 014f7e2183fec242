"""Views of IERC3009. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def authorization_state(authorizer: str, nonce: bytes) -> View[bool]:
    return View("IERC3009", "authorizationState", bool, authorizer, nonce)
