"""A machine that computes otherwise than other validators' is told so."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from assay.manifests.evaluation import ReportStatus
from assay_validation import known_model
from assay_validation.cli import app
from assay_validation.errors import ValidationError
from assay_validation.evaluation import evaluate
from assay_validation.sandbox import runner
from assay_validation.self_test import self_test


def test_this_machine_computes_as_others_do():
    """Each of 256 answers depends on the last bits of thirty functions and products."""
    self_test(evaluate)
    said = CliRunner().invoke(app, ["check"])
    assert said.exit_code == 0
    assert "the same bits as on other machines" in said.output


@pytest.mark.parametrize("jail", runner._candidates(), ids=lambda jail: jail.namespaces)
def test_every_jail_computes_alike(jail, monkeypatch):
    """With bubblewrap, each job loads the runtime anew, inside."""
    monkeypatch.setattr(runner, "jail", lambda: jail)
    self_test(evaluate)


def test_a_machine_that_computes_otherwise_is_told(monkeypatch):
    monkeypatch.setattr(known_model, "EXPECTED", f"{int(known_model.EXPECTED, 16) ^ 1 << 77:064x}")
    with pytest.raises(ValidationError, match="does not compute the same bits"):
        self_test(evaluate)


def test_a_model_that_is_not_scored_is_told():
    report = SimpleNamespace(status=ReportStatus.REJECTED, log="it does not load")
    with pytest.raises(ValidationError, match="found rejected, not scored: it does not load"):
        self_test(lambda *_: report)
