"""Typed data and hashes, checked against Foundry's `cast`, which shares no code with ours."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import WalletError
from assay.wallet import eip712
from assay.wallet.eip712 import TypedData, sealed_bid_hash, signer_of, signing_hash, vote_hash
from assay.wallet.keystore import Wallet

CAST = Path(__file__).parents[3] / "node_modules" / ".bin" / "cast"
KEY = bytes.fromhex(
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
)  # Anvil's first account
WALLET = Wallet.from_private_key(KEY)
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DIGEST = bytes(range(32))


def cast(*arguments: str) -> str:
    done = subprocess.run([CAST, *arguments], capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()


def as_wallets_read_it(typed_data: TypedData) -> str:
    """JSON with bytes in hex and integers in decimal strings."""
    message = {
        name: str(value) if type(value) is int else "0x" + value.hex() if isinstance(value, bytes) else value
        for name, value in typed_data["message"].items()
    }
    return json.dumps({**typed_data, "message": message})


def credential(chain_id: int = 31337, contract: str = CONTRACT, **changes: Any) -> TypedData:
    fields = {
        "subject": OTHER,
        "role": 4,
        "organisation": DIGEST,
        "valid_until": 2**40 - 1,
        "nonce": 0,
        "deadline": 1,
    }
    return eip712.credential(chain_id, contract, **{**fields, **changes})


def set_operator(chain_id: int = 31337, contract: str = CONTRACT, **changes: Any) -> TypedData:
    fields = {
        "owner": WALLET.address,
        "module": OTHER,
        "token": CONTRACT,
        "approved": True,
        "nonce": 3,
        "deadline": 9,
    }
    return eip712.set_operator(chain_id, contract, **{**fields, **changes})


def permit(chain_id: int = 31337, contract: str = CONTRACT, **changes: Any) -> TypedData:
    fields = {
        "name": "USD",
        "owner": WALLET.address,
        "spender": OTHER,
        "value": 2**256 - 1,
        "nonce": 0,
        "deadline": 9,
    }
    return eip712.permit(chain_id, contract, **{**fields, **changes})


def report(chain_id: int = 31337, contract: str = CONTRACT, **changes: Any) -> TypedData:
    fields = {
        "request_id": 2**255,
        "validator": WALLET.address,
        "status": 1,
        "scores": (-2_500_000, 2**63 - 1),
        "criteria": 65535,
        "word": DIGEST[::-1],
        "manifest": DIGEST,
    }
    return eip712.report(chain_id, contract, **{**fields, **changes})


def encryption_key_text(chain_id: int = 31337, contract: str = CONTRACT) -> TypedData:
    return eip712.encryption_key_text(chain_id, contract, WALLET.address)


def bid_salt_text(chain_id: int = 31337, contract: str = CONTRACT) -> TypedData:
    return eip712.bid_salt_text(chain_id, contract, 12, WALLET.address)


def delivery_seed_text(chain_id: int = 31337, contract: str = CONTRACT) -> TypedData:
    return eip712.delivery_seed_text(chain_id, contract, WALLET.address)


def dossier(chain_id: int = 31337, contract: str = CONTRACT, **changes: Any) -> TypedData:
    fields = {"digest": DIGEST, "model": 7, "issuer": WALLET.address}
    return eip712.dossier(chain_id, contract, **{**fields, **changes})


def agreement(chain_id: int = 31337, contract: str = CONTRACT, **changes: Any) -> TypedData:
    return eip712.agreement(chain_id, contract, **{"text": DIGEST, "party": WALLET.address, **changes})


DERIVING = [encryption_key_text, bid_salt_text, delivery_seed_text]
BUILDERS = [credential, set_operator, permit, report, *DERIVING, dossier, agreement]


@pytest.mark.parametrize("build", BUILDERS)
def test_signatures_are_those_of_another_implementation(build: Callable[..., TypedData]) -> None:
    theirs = cast("wallet", "sign", "--private-key", KEY.hex(), "--data", as_wallets_read_it(build()))
    assert "0x" + WALLET.sign_typed_data(build()).hex() == theirs


@pytest.mark.parametrize("build", BUILDERS)
def test_a_signature_is_bound_to_chain_and_contract(build: Callable[..., TypedData]) -> None:
    hashes = {signing_hash(one) for one in (build(), build(chain_id=1), build(contract=OTHER))}
    assert len(hashes) == 3
    signature = WALLET.sign_typed_data(build())
    assert signer_of(build(), signature) == WALLET.address
    assert signer_of(build(chain_id=1), signature) != WALLET.address


def test_no_two_kinds_share_a_hash() -> None:
    assert len({signing_hash(build()) for build in BUILDERS}) == len(BUILDERS)


@pytest.mark.parametrize(
    ("build", "changes"),
    [
        (credential, {"role": 256}),
        (credential, {"valid_until": 2**40}),
        (credential, {"organisation": bytes(31)}),
        (credential, {"organisation": bytes(33)}),
        (credential, {"nonce": -1}),
        (credential, {"subject": "0x1234"}),
        (credential, {"chain_id": -1}),
        (credential, {"contract": ""}),
        (set_operator, {"approved": 1}),
        (permit, {"value": 2**256}),
        (permit, {"value": 1.5}),
        (permit, {"name": b"USD"}),
        (report, {"scores": (0, 2**63)}),
        (report, {"criteria": 65536}),
        (report, {"status": -1}),
        (report, {"manifest": "00" * 32}),
        (dossier, {"digest": bytes(31)}),
        (dossier, {"model": -1}),
        (agreement, {"text": bytes(31)}),
        (agreement, {"party": "0x12"}),
    ],
)
def test_a_value_outside_its_type_is_not_signed(
    build: Callable[..., TypedData], changes: dict[str, Any]
) -> None:
    with pytest.raises(WalletError, match="does not fit"):
        build(**changes)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(65), b"\xff" * 65, bytes(66)])
def test_what_is_no_signature(signature: bytes) -> None:
    with pytest.raises(WalletError):
        signer_of(report(), signature)


@settings(max_examples=5)
@given(
    auction_id=st.integers(0, 2**256 - 1),
    price=st.integers(0, 2**96 - 1),
    salt=st.binary(min_size=32, max_size=32),
)
def test_a_sealed_bid_is_hashed_as_the_contract_does(auction_id: int, price: int, salt: bytes) -> None:
    signature = "f(uint256,address,uint256,address,uint96,bytes32)"
    values = ["31337", CONTRACT, str(auction_id), OTHER, str(price), "0x" + salt.hex()]
    expected = cast("keccak", cast("abi-encode", signature, *values))
    assert "0x" + sealed_bid_hash(31337, CONTRACT, auction_id, OTHER, price, salt).hex() == expected


@settings(max_examples=5)
@given(
    request_id=st.integers(0, 2**256 - 1),
    scores=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
    criteria=st.integers(0, 2**16 - 1),
    salt=st.binary(min_size=32, max_size=32),
)
def test_a_vote_is_hashed_as_the_contract_does(
    request_id: int, scores: list[int], criteria: int, salt: bytes
) -> None:
    signature = "f(uint256,address,uint256,address,(uint8,int64[],uint16,bytes32,bytes32),bytes32)"
    word, manifest = DIGEST[::-1], DIGEST
    said = f"(1,[{','.join(map(str, scores))}],{criteria},0x{word.hex()},0x{manifest.hex()})"
    values = [CONTRACT, str(request_id), OTHER, said, "0x" + salt.hex()]
    expected = cast("keccak", cast("abi-encode", signature, "31337", *values))
    report = (1, scores, criteria, word, manifest)
    assert "0x" + vote_hash(31337, CONTRACT, request_id, OTHER, report=report, salt=salt).hex() == expected


@pytest.mark.parametrize("price", [-1, 2**96, 1.0, "1", None])
def test_a_bid_outside_its_range_is_refused(price: Any) -> None:
    with pytest.raises(WalletError, match="price does not fit uint96"):
        sealed_bid_hash(31337, CONTRACT, 1, OTHER, price, bytes(32))


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_has_32_bytes(salt: bytes) -> None:
    with pytest.raises(WalletError, match="salt does not fit"):
        sealed_bid_hash(31337, CONTRACT, 1, OTHER, 1, salt)
