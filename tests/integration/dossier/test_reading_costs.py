"""Commands that only read ask a node a few times, however much they show."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from assay.chain.provider import FailoverProvider
from assay.cli import app

MOST_REQUESTS = 10
READING = (
    "status",
    "participant show {developer}",
    "escrow balance {hospital}",
    "commission list",
    "commission list --details",
    "commission show {deal}",
    "commission show {deal} --timeline",
    "commission show {deal} --payments",
    "bid show {deal}",
    "model show {model}",
    "audit list",
    "audit show {audit}",
    "audit fees {auditor}",
    "opinion list",
    "opinion show 1",
    "dispute list",
    "dispute show 1",
    "juror list --juror {juror}",
    "conformity list",
    "reputation show {developer}",
    "reputation list healthcare",
    "stake show",
    "governance list",
    "tx list",
)


@pytest.mark.parametrize("command", READING)
def test_requests_of_a_command(setting, monkeypatch, command):
    stage = setting.stage
    names = {name: stage[name].address for name in ("hospital", "developer", "auditor")}
    deal = setting.market.commissions.get(2)
    line = command.format(
        **names, validator=stage["validator 0"].address, juror=stage["juror 0"].address,
        deal=2, model=setting.model, audit=deal.audit_id,
    )  # fmt: skip
    requests, post = [], FailoverProvider._post

    def noted(provider, index, content):
        requests.append(content)
        return post(provider, index, content)

    monkeypatch.setattr(FailoverProvider, "_post", noted)
    done = CliRunner().invoke(app, line.split(), env=stage.environment("hospital"))
    assert done.exit_code == 0, done.output
    assert len(requests) <= MOST_REQUESTS, line
