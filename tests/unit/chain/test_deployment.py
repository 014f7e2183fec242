"""The deployment file is checked before anything is believed of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay import Deployment, Market
from assay.errors import DeploymentError, WrongChain


def write(tmp_path, content: dict) -> object:
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(content))
    return path


def test_another_chain(chain, tmp_path):
    content = chain.deployment.model_dump(by_alias=True) | {"chainId": 1}
    with pytest.raises(WrongChain, match="chain 31337"):
        Market.connect(chain.rpc, deployment=write(tmp_path, content))


def test_an_address_without_code(chain, tmp_path):
    content = chain.deployment.model_dump(by_alias=True)
    content["contracts"]["Escrow"] = "0x" + "11" * 20
    with pytest.raises(DeploymentError, match="Escrow"):
        Market.connect(chain.rpc, deployment=write(tmp_path, content))


def test_another_chain_with_the_same_id(chain, tmp_path):
    content = chain.deployment.model_dump(by_alias=True)
    strange = content["tokens"]["payment"] = "0x" + "11" * 20
    content["contracts"] |= {"TestToken:payment": strange}
    with pytest.raises(DeploymentError, match="where the payment token should be") as refused:
        Market.connect(chain.rpc, deployment=write(tmp_path, content))
    for said in ("another chain than the deployment file's", "reset", "ASSAY_RPC", "ASSAY_DEPLOYMENT"):
        assert said in refused.value.hint


def test_a_contract_that_is_not_named(chain, tmp_path):
    content = chain.deployment.model_dump(by_alias=True)
    del content["contracts"]["Escrow"]
    with pytest.raises(DeploymentError, match="names no Escrow"):
        Market.connect(chain.rpc, deployment=write(tmp_path, content))


def test_no_file(tmp_path):
    with pytest.raises(DeploymentError, match="assay up"):
        Deployment.load(tmp_path / "none.json")
    with pytest.raises(DeploymentError):
        Deployment.load(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_other_content_is_a_deployment_error(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DeploymentError):
        Deployment.load(path)
