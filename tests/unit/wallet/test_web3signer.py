"""A signer over HTTP: what it signs is what a keystore would sign, and none of its lies is believed."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator

import pytest
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from remote_signer import RemoteSigner, signed

from assay.errors import WalletError
from assay.wallet.eip712 import bid_salt_text, encryption_key_text
from assay.wallet.keystore import Wallet
from assay.wallet.secp256k1 import N
from assay.wallet.web3signer import Web3Signer

KEY, OTHER = PrivateKey(keccak(text="a signer's key")), PrivateKey(keccak(text="another"))
ADDRESS = KEY.public_key.to_checksum_address()
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TRANSACTION = {
    "from": ADDRESS,
    "to": CONTRACT,
    "value": 7,
    "gas": 21_000,
    "maxFeePerGas": 10**9,
    "maxPriorityFeePerGas": 1,
    "nonce": 3,
    "chainId": 31337,
    "data": b"\x01\x02",
    "type": 2,
}


@pytest.fixture(scope="module")
def running() -> Iterator[RemoteSigner]:
    with RemoteSigner(KEY).serving() as signer:
        yield signer


@pytest.fixture
def server(running: RemoteSigner) -> RemoteSigner:
    running.behave = running.honest
    return running


def test_it_signs_what_the_key_itself_would_sign(server):
    signer, local = Web3Signer(server.url), Wallet.from_private_key(KEY.to_bytes())
    assert signer.address == local.address
    assert signer.sign_transaction(TRANSACTION) == local.sign_transaction(TRANSACTION)
    text = bid_salt_text(31337, CONTRACT, 5, ADDRESS)
    assert signer.sign_typed_data(text) == local.sign_typed_data(text)


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "nonce": st.integers(0, 2**64 - 1),
            "value": st.integers(0, 2**96),
            "gas": st.integers(21_000, 2**32),
            "maxFeePerGas": st.integers(0, 2**64),
            "maxPriorityFeePerGas": st.integers(0, 2**64),
            "chainId": st.integers(1, 2**53),
            "data": st.binary(max_size=300),
            "to": st.binary(min_size=20, max_size=20).map(to_checksum_address),
        }
    )
)
def test_any_transaction_is_encoded_as_eth_account_does(running, changes):
    running.behave = running.honest
    transaction = {**TRANSACTION, **changes}
    transaction.pop("from")
    expected = Account.from_key(KEY.to_bytes()).sign_transaction(transaction).raw_transaction
    assert Web3Signer(running.url).sign_transaction(transaction) == expected


def test_a_wallet_derives_the_same_secrets_through_it(server):
    remote, local = Wallet(Web3Signer(server.url)), Wallet.from_private_key(KEY.to_bytes())
    assert remote.bid_salt(31337, CONTRACT, 5) == local.bid_salt(31337, CONTRACT, 5)
    assert remote.delivery_seed(31337, CONTRACT) == local.delivery_seed(31337, CONTRACT)


def test_a_signer_with_random_nonces_cannot_be_what_secrets_come_from(server, tmp_path):
    def cloud(path, body):
        if body is None:
            return server.honest(path, body)
        return 200, with_random_nonce(bytes.fromhex(body["data"][2:]), secrets.randbelow(N - 1) + 1)

    server.behave = cloud
    remote = Wallet(Web3Signer(server.url))
    assert Account.recover_transaction(remote.sign_transaction(TRANSACTION)) == ADDRESS
    with pytest.raises(WalletError, match=r"differently each time.*backup"):
        remote.encryption_key(31337, CONTRACT)
    backup = Wallet.from_private_key(OTHER.to_bytes())
    kept = Wallet(Web3Signer(server.url), backup=backup).bid_salt(31337, CONTRACT, 1)
    assert kept == Wallet(Web3Signer(server.url), backup=backup).bid_salt(31337, CONTRACT, 1)


def with_random_nonce(preimage: bytes, nonce: int) -> bytes:
    """ECDSA by the textbook: valid, with a low s, never alike twice."""
    point = PrivateKey(nonce.to_bytes(32, "big")).public_key.to_bytes()
    r = int.from_bytes(point[:32], "big") % N
    odd = point[63] & 1
    digest = int.from_bytes(keccak(preimage), "big")
    s = pow(nonce, -1, N) * (digest + r * int.from_bytes(KEY.to_bytes(), "big")) % N
    if s > N // 2:
        s, odd = N - s, odd ^ 1
    return f"0x{r:064x}{s:064x}{27 + odd:02x}".encode()


def high(preimage: bytes) -> bytes:
    raw = KEY.sign_msg(preimage).to_bytes()
    s = N - int.from_bytes(raw[32:64], "big")
    return f"0x{raw[:32].hex()}{s:064x}{28 - raw[64]:02x}".encode()


LIES = {
    "another key's signature": lambda preimage: (200, signed(OTHER, preimage)),
    "a signature of something else": lambda preimage: (200, signed(KEY, preimage + b"!")),
    "one that the chain refuses": lambda preimage: (200, high(preimage)),
    "no signature": lambda _preimage: (200, b"0x1234"),
    "zeros": lambda _preimage: (200, b"0x" + b"0" * 130),
    "no text": lambda _preimage: (200, b"\xff\xfe"),
    "an odd v": lambda preimage: (200, signed(KEY, preimage)[:-2] + b"7f"),
    "nothing": lambda _preimage: (200, b""),
    "too much": lambda _preimage: (200, b"0" * (2 * 1024 * 1024)),
    "a refusal": lambda _preimage: (403, b""),
    "no key": lambda _preimage: (404, b""),
    "a fault of its own": lambda _preimage: (500, b"\x1b[31mred"),
    "a redirection": lambda _preimage: (302, b""),
}


@pytest.mark.parametrize("lie", LIES)
def test_no_wrong_signature_is_used(server, lie):
    signer = Web3Signer(server.url)
    server.behave = lambda _path, body: LIES[lie](bytes.fromhex(body["data"][2:]))
    for sign in (
        lambda: signer.sign_transaction(TRANSACTION),
        lambda: signer.sign_typed_data(encryption_key_text(31337, CONTRACT, ADDRESS)),
    ):
        with pytest.raises(WalletError) as refusal:
            sign()
        assert "\x1b" not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "padding", "said"), [(403, 0, "refuses: HTTP 403"), (200, 2 * 1024 * 1024, "too large")]
)
def test_why_there_is_no_signature_is_said(server, status, padding, said):
    """A right signature does not help what comes with a refusal, or without end."""
    signer = Web3Signer(server.url)
    server.behave = lambda _path, body: (
        status,
        signed(KEY, bytes.fromhex(body["data"][2:])) + b" " * padding,
    )
    with pytest.raises(WalletError, match=said):
        signer.sign_transaction(TRANSACTION)


@pytest.mark.parametrize("start", [0, 27])
def test_both_ways_to_write_v_are_read(server, start):
    signer = Web3Signer(server.url)
    server.behave = lambda _path, body: (200, signed(KEY, bytes.fromhex(body["data"][2:]), start))
    assert Account.recover_transaction(signer.sign_transaction(TRANSACTION)) == ADDRESS


@pytest.mark.parametrize(
    "keys",
    [b"", b"{}", b"null", b"7", b'["0x12"]', b"[7]", b"[" * 100_000],
)
def test_what_is_no_signer_is_said(server, keys):
    server.behave = lambda _path, _body: (200, keys)
    with pytest.raises(WalletError, match=r"is not a Web3Signer|signs for"):
        Web3Signer(server.url)


def test_the_account_is_chosen_by_its_address(server):
    both = json.dumps([OTHER.public_key.to_hex(), KEY.public_key.to_hex()]).encode()
    server.behave = lambda path, body: (200, both) if body is None else server.honest(path, body)
    assert Web3Signer(server.url, ADDRESS.lower()).address == ADDRESS
    raw = Web3Signer(server.url, ADDRESS).sign_transaction(TRANSACTION)
    assert Account.recover_transaction(raw) == ADDRESS
    with pytest.raises(WalletError, match="say which account is yours"):
        Web3Signer(server.url)
    with pytest.raises(WalletError, match=f"not {CONTRACT}"):
        Web3Signer(server.url, CONTRACT)


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({"to": "0x12"}, None),
        ({"to": None}, None),
        ({"value": -1}, None),
        ({"gasPrice": 1}, None),
        ({"accessList": [{"address": CONTRACT, "storageKeys": []}]}, None),
        ({}, "nonce"),
        ({}, "to"),
    ],
)
def test_what_is_no_complete_transaction_is_not_sent_to_it(server, changes, without):
    signer = Web3Signer(server.url)
    asked = []
    server.behave = lambda path, _body: (asked.append(path), (500, b""))[1]
    transaction = {name: value for name, value in {**TRANSACTION, **changes}.items() if name != without}
    with pytest.raises(WalletError, match="cannot be signed"):
        signer.sign_transaction(transaction)
    assert asked == []


@pytest.mark.parametrize(
    "url", ["http://signer.example", "http://10.0.0.7:9000", "http://[2001:db8::1]:9000"]
)
def test_no_signature_travels_in_the_clear(url):
    with pytest.raises(WalletError, match=r"in the clear.*https"):
        Web3Signer(url)


@pytest.mark.parametrize("url", ["", "signer", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_what_is_no_url_is_said(url):
    with pytest.raises(WalletError, match=r"http\(s\) URL"):
        Web3Signer(url)


def test_a_silent_signer_is_given_up(server):
    server.behave = lambda _path, _body: (threading.Event().wait(3), (200, b"[]"))[1]
    with pytest.raises(WalletError, match="does not answer"):
        Web3Signer(server.url, timeout=0.3)


def test_nobody_there():
    with pytest.raises(WalletError, match="does not answer"):
        Web3Signer("http://127.0.0.1:1")
