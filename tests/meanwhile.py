"""What others do between the estimate of a transaction's gas and the block that it gets into."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay import Market


def meanwhile(monkeypatch: pytest.MonkeyPatch, market: Market, act: Callable[[], object]) -> None:
    """Have *act* happen after the next estimate of *market*, and before what was estimated is mined."""
    connection = market.session.connection
    estimate = connection.estimate_gas

    def estimate_first(*asked: object, **named: object) -> int:
        gas = estimate(*asked, **named)  # type: ignore[arg-type]
        monkeypatch.undo()
        act()
        return gas

    monkeypatch.setattr(connection, "estimate_gas", estimate_first)
