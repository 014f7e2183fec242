"""Contracts that were seen once are not looked at again, as long as the chain is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.chain import Connection
from assay.chain.known import KnownDeployments
from assay.errors import DeploymentError

HASH = "0x" + "11" * 32


def test_contracts_are_looked_at_once(chain, proxy, tmp_path):
    connection, known = Connection([proxy.url]), KnownDeployments(tmp_path / "seen")
    connection.check(chain.deployment, known)
    looked_at = proxy.asked["eth_getCode"]
    assert looked_at >= len(chain.deployment.contracts)
    before = sum(proxy.asked.values())
    connection.check(chain.deployment, KnownDeployments(tmp_path / "seen"))
    assert proxy.asked["eth_getCode"] == looked_at
    assert sum(proxy.asked.values()) - before == 2


def test_what_is_missing_is_not_remembered(chain, tmp_path):
    wrong = chain.deployment.model_copy(update={"contracts": {"Escrow": "0x" + "12" * 20}})
    known = KnownDeployments(tmp_path)
    for _ in range(2):
        with pytest.raises(DeploymentError, match="where Escrow should be"):
            Connection([chain.rpc]).check(wrong, known)


def test_another_block_or_address_is_another_deployment(chain, tmp_path):
    known = KnownDeployments(tmp_path)
    known.add(chain.deployment, HASH)
    assert known.has(chain.deployment, HASH)
    assert not known.has(chain.deployment, "0x" + "22" * 32)
    assert not known.has(chain.deployment.model_copy(update={"block": 10**6}), HASH)
    moved = chain.deployment.contracts | {"Escrow": "0x" + "12" * 20}
    assert not known.has(chain.deployment.model_copy(update={"contracts": moved}), HASH)


def test_only_the_newest_are_kept(chain, tmp_path):
    known = KnownDeployments(tmp_path)
    (tmp_path / "somebody else's").touch()
    for number in range(300):
        known.add(chain.deployment, hex(number))
    assert len(list(tmp_path.iterdir())) == 257
    assert known.has(chain.deployment, hex(299))


@pytest.mark.parametrize("folder", [None, Path("/proc/nowhere")])
def test_what_cannot_be_written_is_forgotten(chain, folder):
    known = KnownDeployments(folder)
    known.add(chain.deployment, HASH)
    assert not known.has(chain.deployment, HASH)
