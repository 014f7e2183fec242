"""Commands of the model market that only read ask a node a few times."""

from __future__ import annotations

import pytest
from market import READING
from typer.testing import CliRunner

from assay.chain.provider import FailoverProvider
from assay.cli import app

MOST_REQUESTS = 10


@pytest.mark.parametrize("command", [*READING, "licence list --holder {holder}", "agreement list"])
def test_requests_of_a_command(shop, monkeypatch, command):
    offered, buyer = shop.offer(), shop.buyer("newcomer")
    sale = buyer.licences.buy(buyer.licences.quote(offered.offer_id), jurisdiction="CH").sale_id
    shop["hospital"].licences.deliver(buyer.licences.get(sale))
    requests, post = [], FailoverProvider._post

    def noted(provider, index, content):
        requests.append(content)
        return post(provider, index, content)

    monkeypatch.setattr(FailoverProvider, "_post", noted)
    line = command.format(sale=sale, good=shop.good.hex(), holder=buyer.address)
    done = CliRunner().invoke(app, line.split(), env=shop.environment("hospital"))
    assert done.exit_code == 0, done.output
    assert len(requests) <= MOST_REQUESTS
