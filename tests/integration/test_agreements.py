"""Agreements on a real chain: published, read, signed by transaction or by hand, recorded once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from typer.testing import CliRunner, Result

from assay import ContractError, Market
from assay.cli import app
from assay.errors import InvalidInput, StoreError
from assay.markets.agreements import SignedText
from assay.markets.templates import write_agreement
from assay.structs import views
from assay.wallet import eip712
from assay.wallet.keystore import PASSPHRASE_VARIABLE, Wallet

VALUES = {
    "discloser": "The hospital",
    "subject": "biopsies of 400 patients",
    "purpose": "building a classifier",
    "term": "2 years",
    "penalty": "50,000 CHF",
    "law": "Switzerland",
}


@pytest.fixture
def market(deployed, store):
    with deployed.undone(), deployed.market("party", store) as market:
        yield market


@pytest.fixture
def other(deployed, store, market):
    with deployed.market("other party", store) as other:
        yield other


@pytest.fixture
def text(market: Market) -> bytes:
    return market.agreements.publish(write_agreement("nda", VALUES, chain_id=market.deployment.chain_id))


@pytest.fixture
def cli(deployed, ipfs_node, market, tmp_path, monkeypatch):
    """The `assay agreement` command as "party"."""
    keystore, passphrase = tmp_path / "party.json", tmp_path / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text("correct horse battery staple\n")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(passphrase))
    Wallet.create(keystore, private_key=keccak(text="party"), work_factor=4)
    deployment = tmp_path / "deployment.json"
    deployment.write_text(deployed.deployment.model_dump_json(by_alias=True))
    environment = {
        "ASSAY_RPC": deployed.rpc,
        "ASSAY_IPFS": ipfs_node.url,
        "ASSAY_DEPLOYMENT": str(deployment),
        "ASSAY_KEYSTORE": str(keystore),
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["agreement", *words], env=environment)

    return run


def test_what_a_wallet_signs_is_what_the_contract_hashes(market, text):
    typed = eip712.agreement(
        market.deployment.chain_id, market.deployment.address("Agreements"), text=text, party=market.address
    )
    hash_to_sign = market.session.view(views.agreements.hash_to_sign(text, market.address))
    assert eip712.signing_hash(typed) == hash_to_sign


def test_a_text_is_signed_once_by_whichever_path(market, other, text):
    assert market.agreements.signed_at(text) == 0
    receipt = market.agreements.sign(text)
    assert receipt is not None
    assert market.agreements.signed_at(text) > 0
    signed = other.agreements.signature(text)
    assert market.agreements.is_its(signed)
    assert other.agreements.signed_at(text) == 0  # a signature in a drawer is none yet
    market.agreements.record([signed, market.agreements.signature(text)])
    assert other.agreements.signed_at(text) > 0
    signers = [one.party for one in market.agreements.signatures(text=text)]
    assert sorted(signers) == sorted([market.address, other.address])
    assert [one.text for one in market.agreements.signatures(party=other.address)] == [text]
    assert other.agreements.sign(text) is None


def test_a_signature_is_for_its_party_text_and_market(market, other, text):
    signed = other.agreements.signature(text)
    another = market.agreements.publish(
        write_agreement("nda", VALUES | {"term": "3 years"}, chain_id=market.deployment.chain_id)
    )
    changes = {"party": market.address}, {"text": another}, {"signature": b"\x01" * 65}, {"signature": b""}
    for change in changes:
        forged = signed.model_copy(update=change)
        assert not market.agreements.is_its(forged)
        with pytest.raises(ContractError, match="or was made for something else"):
            market.agreements.record([forged, signed])
    assert market.agreements.signed_at(text, other.address) == 0


def test_nobody_signs_what_cannot_be_read(market):
    for sign in (market.agreements.sign, market.agreements.signature):
        with pytest.raises(StoreError):
            sign(b"\x07" * 32)
    with pytest.raises(InvalidInput, match="no signature"):
        market.agreements.record([])


def test_the_command_line(cli, market, other, tmp_path):
    values = [word for name, value in VALUES.items() for word in ("--value", f"{name}={value}")]
    made = json.loads(cli("new", "nda", *values, "--domain", "healthcare", "--json").stdout)
    digest = made["agreement"]
    assert all(value in made["text"] for value in VALUES.values())
    theirs = tmp_path / "theirs.json"
    theirs.write_text(other.agreements.signature(bytes.fromhex(digest)).model_dump_json())
    assert json.loads(cli("record", str(theirs), "--json").stdout)["signatures"] == 1
    first = json.loads(cli("sign", digest, "--json").stdout)
    again = json.loads(cli("sign", digest, "--json").stdout)
    assert first["transaction"]
    assert again["signed_unix"] == first["signed_unix"]
    shown = json.loads(cli("show", digest, "--json").stdout)
    assert shown["signed_by"] == [market.address, other.address]
    assert shown["text"] == made["text"]
    rows = json.loads(cli("list", "--party", other.address, "--json").stdout)
    assert [row["agreement"] for row in rows] == [digest]
    mine = tmp_path / "mine.json"
    assert cli("sign", digest, "--to", str(mine)).exit_code == 0
    assert SignedText.load(mine).party == market.address


def test_a_text_of_ones_own(cli, tmp_path):
    file = tmp_path / "ours.txt"
    file.write_bytes("\ufeffWir schweigen.\r\nPunkt.\n".encode())
    made = json.loads(cli("new", "--file", str(file), "--title", "Ours", "--json").stdout)
    assert (made["title"], made["text"]) == ("Ours", "Wir schweigen.\nPunkt.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new"], "either a template or a file"),
        (["new", "marriage"], "There is no agreement"),
        (["new", "nda"], "also asks for discloser"),
        (["new", "nda", "--value", "term"], "is not a value"),
        (["new", "nda", "--value", "term=1", "--value", "term=2"], "has two values"),
        (["sign", "07" * 32], "was not found"),
        (["sign", "07"], "is not a digest"),
        (["record", "nothing.json"], "Cannot read nothing.json"),
    ],
)
def test_bad_input_is_told_and_signs_nothing(cli, market, words, said, tmp_path: Path):
    before = market.session.connection.block_time()
    refused = cli(*words)
    assert refused.exit_code in (1, 2)
    assert refused.stdout == ""
    assert said in refused.stderr
    assert market.session.connection.block_time() == before
    assert not list(market.agreements.signatures())
