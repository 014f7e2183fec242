"""Nine jurors of a market, and the way from a dispute to a ruling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.errors import InvalidInput
from assay.structs import Role, Side

HOUR = 3_600
JURORS = [f"juror {number}" for number in range(9)]


def enlist(shop: Any) -> None:
    """Nine auditors enrol, for deals that open from now on."""
    for name in JURORS:
        shop.accredit(name, Role.AUDITOR)
    shop.chain.advance(HOUR + 1)
    for name in JURORS:
        shop[name].court.enrol()
    shop.chain.advance(HOUR + 1)


def rule(shop: Any, dispute: int, side: Side | Callable[[str], Side]) -> None:
    """A jury is drawn, votes (all alike, or each as it finds), nobody appeals; the ruling is carried out."""
    anyone = shop["anyone"]
    case_id = anyone.court.case_of(dispute)
    names = {shop[name].address: name for name in JURORS}
    anyone.disputes.advance(dispute)
    shop.chain.anvil.mine(3)
    anyone.disputes.advance(dispute)
    jury = [names[seat.juror] for seat in anyone.court.seats(case_id)]
    assert len(jury) == 3
    for name in jury:
        shop[name].court.accept(case_id)
    anyone.disputes.advance(dispute)
    for name in jury:
        shop[name].court.commit(case_id, side(name) if callable(side) else side)
        with pytest.raises(InvalidInput, match="still voting"):
            shop[name].court.reveal(case_id)
    anyone.disputes.advance(dispute)
    for name in jury:
        shop[name].court.reveal(case_id)
    while not anyone.disputes.get(dispute).case.resolved:
        anyone.disputes.advance(dispute)
