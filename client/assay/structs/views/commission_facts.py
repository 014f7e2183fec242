"""Views of CommissionFacts. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def FEES_PER_FACT() -> View[int]:
    return View("CommissionFacts", "FEES_PER_FACT", int)


def facts_of(deal_id: int) -> View[tuple[structs.Fact, ...]]:
    return View("CommissionFacts", "factsOf", tuple[structs.Fact, ...], deal_id)
