"""Views of Rulebook. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def rules_now(token: str, domain: int, risk_class: int, jurisdiction: int) -> View[tuple[int, ...]]:
    return View("Rulebook", "rulesNow", tuple[int, ...], token, domain, risk_class, jurisdiction)
