"""Views of Agreements. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def hash_to_sign(text: bytes, party: str) -> View[bytes]:
    return View("Agreements", "hashToSign", bytes, text, party)


def keeper_of(agreement: bytes) -> View[str]:
    return View("Agreements", "keeperOf", str, agreement)


def require_signed(text: bytes, party: str) -> View[None]:
    return View("Agreements", "requireSigned", None, text, party)


def signed_at(text: bytes, party: str) -> View[int]:
    return View("Agreements", "signedAt", int, text, party)
