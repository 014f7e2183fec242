"""Views of IERC20Permit. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def DOMAIN_SEPARATOR() -> View[bytes]:
    return View("IERC20Permit", "DOMAIN_SEPARATOR", bytes)


def nonces(owner: str) -> View[int]:
    return View("IERC20Permit", "nonces", int, owner)
