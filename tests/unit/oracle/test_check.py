"""What `assay-oracle check` finds without a market."""

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from assay_oracle import check, known_model
from assay_validation.node import LocalValidationNode


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(check, "validation_node", lambda _settings: LocalValidationNode())
    return check._Parts(settings=SimpleNamespace(), stack=ExitStack())  # type: ignore[arg-type]


def test_this_machine_computes_as_validators_do(parts: Any) -> None:
    assert "the bits that they should" in check._self_test(parts)


def test_a_machine_that_computes_otherwise_is_told(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit of 256 is another."""
    monkeypatch.setattr(known_model, "EXPECTED", f"{int(known_model.EXPECTED, 16) ^ 1 << 77:064x}")
    with pytest.raises(check._FailedCheck, match="computes other bits"):
        check._self_test(parts)
