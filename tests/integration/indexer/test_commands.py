"""`assay find`, `assay watch` and `assay commission list` over an index, and without one."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from assay.cli import app
from assay.manifests import Assessment
from assay_indexer.manifests import Collector
from assay_indexer.monitor import Monitor
from assay_indexer.server import serving

UNIT = 10**18


@pytest.fixture
def commissioned(stage, index, order, patients, model):
    """A deal that was paid and one that waits for bids, indexed and served; the index's URL."""
    engine, follower = index
    number = stage.to_building(order, patients, developer=700 * UNIT, rival=800 * UNIT)
    stage.pass_test(number, model)
    stage.seat_auditors(number)
    audit = stage["hospital"].commissions.get(number).audit_id
    stage["auditor"].audits.post(audit, True, Assessment(scopes=("explainability",), limitations="The rest."))
    stage.advance(number)
    stage.sell(number)
    stage["hospital"].commissions.open(order, patients)
    follower.poll()
    collector = Collector(engine, stage["anyone"].session.store)
    while collector.step():
        pass
    follower.poll()
    with serving(engine, Monitor(), "127.0.0.1:0", rate=0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def assay(stage):
    def run(*arguments: str, index: str = "", code: int = 0):
        environment = stage.environment("anyone") | {"ASSAY_INDEX": index}
        done = CliRunner().invoke(app, [*arguments, "--json"], env=environment)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout), done.stderr

    return run


def test_what_is_found(commissioned, assay, stage, order):
    orders, _ = assay("find", "orders", "breast", index=commissioned)
    assert [one["commission"] for one in orders] == ["2", "1"]
    assert [one["state"] for one in orders] == ["bidding", "settled"]
    assert assay("find", "orders", "lung", index=commissioned)[0] == []
    (model,), _ = assay("find", "models", "--min-score", "90%", "--min-audits", "1", index=commissioned)
    assert (model["score_ppm"], model["tested_on"]) == (950_000, stage["hospital"].address)
    assert assay("find", "models", "--min-score", "96%", index=commissioned)[0] == []
    developers, _ = assay("find", "developers", "--domain", "healthcare", index=commissioned)
    by_account = {one["account"]: one for one in developers}
    assert by_account[stage["developer"].address]["delivered"] == 1
    assert by_account[stage["rival"].address]["bids"] == 1
    assert assay("watch", "orders", "--once", index=commissioned)[0] == orders[::-1]


def test_a_list_is_the_same_from_the_index_and_from_the_chain(commissioned, assay):
    assert assay("commission", "list", index=commissioned) == assay("commission", "list")


def test_an_index_that_is_of_no_use_is_passed_over(commissioned, assay, stage):
    found, said = assay("commission", "list", index="http://127.0.0.1:9")
    assert "The chain is read instead" in said
    assert len(found) == 2
    stage.chain.anvil.call("anvil_rollback", 1)  # the block that the index answers for is gone
    found, said = assay("commission", "list", index=commissioned)
    assert "for another chain, or for a block that is gone" in said
    assert len(found) == 1
    _, said = assay("find", "orders", code=1)
    assert "none is named" in said
