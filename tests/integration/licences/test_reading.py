"""Commands of the model market that only read ask a node a few times."""

from __future__ import annotations

import pytest
from market import READING
from reading import counted
from typer.testing import CliRunner

from assay.cli import app

MOST_REQUESTS = 10


@pytest.mark.parametrize("command", [*READING, "licence list --holder {holder}", "agreement list"])
def test_requests_of_a_command(shop, command):
    offered, buyer = shop.offer(), shop.buyer("newcomer")
    sale = buyer.licences.buy(buyer.licences.quote(offered.offer_id), jurisdiction="CH").sale_id
    shop["hospital"].licences.deliver(buyer.licences.get(sale))
    line = command.format(sale=sale, good=shop.good.hex(), holder=buyer.address)
    with counted() as requests:
        done = CliRunner().invoke(app, line.split(), env=shop.environment("hospital"))
    assert done.exit_code == 0, done.output
    assert len(requests) <= MOST_REQUESTS
