import copy
import json
import logging
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.datastructures import SignedMessage
from eth_account.messages import SignableMessage
from eth_account.signers.base import BaseAccount
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import WalletError
from assay.seal.hpke import public_key
from assay.wallet.eip712 import encryption_key_text, signer_of
from assay.wallet.keystore import KEYSTORE_VARIABLE, PASSPHRASE_VARIABLE, Wallet
from assay.wallet.signer import AccountSigner

CAST = Path(__file__).parents[3] / "node_modules" / ".bin" / "cast"
KEY = bytes.fromhex(
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
)  # Anvil's first account
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
PASSPHRASE = "correct hörse 电池"
QUICK = 2**10  # scrypt's N


def ask() -> str:
    return PASSPHRASE


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYSTORE_VARIABLE, raising=False)
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "keystore.json"
    Wallet.create(path, prompt=ask, private_key=KEY, work_factor=QUICK)
    return path


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    path.chmod(0o600)
    return path


def edited(keystore: Path, **kdfparams: Any) -> None:
    keyfile = json.loads(keystore.read_text())
    keyfile["crypto"]["kdfparams"].update(kdfparams)
    keystore.write_text(json.dumps(keyfile))


class AlternatingAccount(BaseAccount):
    """Signs validly but never alike twice, as signers with random nonces do: (r, s), (r, n - s) in turn."""

    ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

    def __init__(self) -> None:
        self._account = Account.from_key(KEY)
        self._turn = 0

    @property
    def address(self) -> Any:
        return self._account.address

    def sign_message(self, signable_message: SignableMessage) -> SignedMessage:
        signed: SignedMessage = self._account.sign_message(signable_message)
        self._turn += 1
        if self._turn % 2:
            return signed
        s, v = self.ORDER - signed.s, 55 - signed.v
        signature = signed.signature[:32] + s.to_bytes(32, "big") + bytes([v])
        return signed._replace(s=s, v=v, signature=type(signed.signature)(signature))

    def unsafe_sign_hash(self, message_hash: Any) -> SignedMessage:
        raise NotImplementedError

    def sign_transaction(self, transaction_dict: Any) -> Any:
        raise NotImplementedError


def test_a_keystore_opens_with_its_passphrase(keystore: Path) -> None:
    assert Wallet.open(keystore, prompt=ask).address == ADDRESS


def test_a_keystore_is_the_common_kind(keystore: Path, passphrase_file: Path) -> None:
    passphrase_file.write_text(PASSPHRASE)
    arguments = ["wallet", "address", "--keystore", str(keystore), "--password-file", str(passphrase_file)]
    done = subprocess.run([CAST, *arguments], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ADDRESS


def test_paths_come_from_the_environment(
    keystore: Path, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYSTORE_VARIABLE, str(keystore))
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(passphrase_file))
    assert Wallet.open().address == ADDRESS


def test_missing_paths_are_named(keystore: Path) -> None:
    with pytest.raises(WalletError, match=KEYSTORE_VARIABLE):
        Wallet.open(prompt=ask)
    with pytest.raises(WalletError, match=PASSPHRASE_VARIABLE):
        Wallet.open(keystore)


def test_a_new_keystore_is_private_and_fresh(tmp_path: Path) -> None:
    os.umask(os.umask(0) & 0)  # the mode is ours, whatever the umask
    first = Wallet.create(tmp_path / "a", prompt=ask, work_factor=QUICK)
    second = Wallet.create(tmp_path / "b", prompt=ask, work_factor=QUICK)
    assert first.address != second.address
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert Wallet.open(tmp_path / "a", prompt=ask).address == first.address


def test_a_keystore_is_never_overwritten(keystore: Path) -> None:
    before = keystore.read_bytes()
    with pytest.raises(WalletError, match="never overwritten"):
        Wallet.create(keystore, prompt=ask, work_factor=QUICK)
    assert keystore.read_bytes() == before
    assert list(keystore.parent.iterdir()) == [keystore]


def test_an_unwritable_place_is_reported(tmp_path: Path) -> None:
    with pytest.raises(WalletError, match="Cannot write"):
        Wallet.create(tmp_path / "no" / "folder", prompt=ask, work_factor=QUICK)


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WalletError, match="empty"):
        Wallet.create(tmp_path / "new", prompt=lambda: "", work_factor=QUICK)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\xff" * 32, bytes(33)])
def test_what_is_no_private_key(key: bytes, tmp_path: Path) -> None:
    with pytest.raises(WalletError):
        Wallet.from_private_key(key)
    with pytest.raises(WalletError):
        Wallet.create(tmp_path / "new", prompt=ask, private_key=key, work_factor=QUICK)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["", "correct", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_a_wrong_passphrase_is_refused(keystore: Path, wrong: str) -> None:
    with pytest.raises(WalletError):
        Wallet.open(keystore, prompt=lambda: wrong)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o666, 0o610, 0o602])
def test_files_that_others_can_touch_are_refused(
    keystore: Path, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    keystore.chmod(mode)
    with pytest.raises(WalletError, match="chmod 600"):
        Wallet.open(keystore, prompt=ask)
    keystore.chmod(0o400)
    assert Wallet.open(keystore, prompt=ask).address == ADDRESS
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(passphrase_file))
    passphrase_file.chmod(mode)
    with pytest.raises(WalletError, match="passphrase file"):
        Wallet.open(keystore)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"{" * 60_000,
        b"[" * 60_000,
        b"\xff\xfe",
        b" " * 70_000,
        b'{"version": 4}',
    ],
)
def test_what_is_no_keystore(keystore: Path, content: bytes) -> None:
    keystore.write_bytes(content)
    with pytest.raises(WalletError):
        Wallet.open(keystore, prompt=ask)


@pytest.mark.parametrize("path", ["missing", "."])
def test_what_is_no_file(tmp_path: Path, path: str) -> None:
    with pytest.raises(WalletError, match="Cannot read"):
        Wallet.open(tmp_path / path, prompt=ask)


@pytest.mark.parametrize(
    "parameters",
    [
        {"n": 2**40},
        {"n": 2**21},
        {"r": 2**30},
        {"p": 10**6},
        {"n": 0},
        {"n": "1024"},
        {"dklen": 2**31},
        {"n": None},
    ],
)
def test_a_keystore_cannot_exhaust_the_machine(keystore: Path, parameters: dict[str, Any]) -> None:
    edited(keystore, **parameters)
    with pytest.raises(WalletError, match="unreasonable"):
        Wallet.open(keystore, prompt=lambda: pytest.fail("asked for a passphrase before looking at the file"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_keystore_fails_cleanly(keystore: Path, data: st.DataObject) -> None:
    original = keystore.read_bytes()
    damaged = bytearray(original)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    keystore.write_bytes(damaged)
    try:
        assert Wallet.open(keystore, prompt=ask).address == ADDRESS  # the damage was to a label
    except WalletError:
        pass
    finally:
        keystore.write_bytes(original)


def test_derived_secrets_come_back_from_the_keystore_alone(keystore: Path) -> None:
    one, two = Wallet.open(keystore, prompt=ask), Wallet.from_private_key(KEY)
    assert one.bid_salt(31337, CONTRACT, 5) == two.bid_salt(31337, CONTRACT, 5)
    assert public_key(one.encryption_key(31337, CONTRACT)) == public_key(two.encryption_key(31337, CONTRACT))
    assert one.delivery_seed(31337, CONTRACT) == two.delivery_seed(31337, CONTRACT)


def test_derived_secrets_never_change() -> None:
    """A release that derives other bytes loses every open bid and every grant."""
    wallet = Wallet.from_private_key(KEY)
    assert (
        wallet.bid_salt(31337, CONTRACT, 5).hex()
        == "5a1a334abdc5a2e7723502c99a190f0ac9a4ae2227d4dd895f04c64b7e3a7b30"
    )
    assert (
        public_key(wallet.encryption_key(31337, CONTRACT)).hex()
        == "e9d4b5e97b4837d3e80b68374916b5756c3f68ff0afaa6364960b1e483a7da1c"
    )
    assert (
        wallet.delivery_seed(31337, CONTRACT).hex()
        == "09dc46d4e756d91a4f944feff905cd42904d18d547e9e0ac28f7bc386376658f"
    )


def test_derived_secrets_differ_by_all_that_they_are_bound_to() -> None:
    wallet, other = Wallet.from_private_key(KEY), Wallet.from_private_key(bytes(31) + b"\x01")
    secrets = [
        wallet.bid_salt(31337, CONTRACT, 5),
        wallet.bid_salt(31337, CONTRACT, 6),
        wallet.bid_salt(1, CONTRACT, 5),
        wallet.bid_salt(31337, OTHER, 5),
        other.bid_salt(31337, CONTRACT, 5),
        wallet.encryption_key(31337, CONTRACT).private_bytes_raw(),
        wallet.encryption_key(1, CONTRACT).private_bytes_raw(),
        wallet.encryption_key(31337, OTHER).private_bytes_raw(),
        other.encryption_key(31337, CONTRACT).private_bytes_raw(),
        wallet.delivery_seed(31337, CONTRACT),
        wallet.delivery_seed(1, CONTRACT),
        wallet.delivery_seed(31337, OTHER),
        other.delivery_seed(31337, CONTRACT),
    ]
    assert len(set(secrets)) == len(secrets)
    assert {len(secret) for secret in secrets} == {32}


def test_a_wallet_that_signs_differently_each_time_needs_a_backup(tmp_path: Path) -> None:
    wallet = Wallet(AccountSigner(AlternatingAccount()))
    text = encryption_key_text(31337, CONTRACT, ADDRESS)
    assert {signer_of(text, wallet.sign_typed_data(text)) for _ in range(2)} == {ADDRESS}
    with pytest.raises(WalletError, match="backup"):
        wallet.bid_salt(31337, CONTRACT, 5)
    with pytest.raises(WalletError, match="backup"):
        wallet.encryption_key(31337, CONTRACT)
    with pytest.raises(WalletError, match="backup"):
        wallet.delivery_seed(31337, CONTRACT)


def test_a_backup_restores_the_secrets(tmp_path: Path) -> None:
    path = tmp_path / "backup.json"
    backup = Wallet.create(path, prompt=ask, work_factor=QUICK)
    before = Wallet(AccountSigner(AlternatingAccount()), backup=backup)
    after = Wallet(AccountSigner(AlternatingAccount()), backup=Wallet.open(path, prompt=ask))
    assert before.bid_salt(31337, CONTRACT, 5) == after.bid_salt(31337, CONTRACT, 5)
    assert before.bid_salt(31337, CONTRACT, 5) != Wallet.from_private_key(KEY).bid_salt(31337, CONTRACT, 5)
    assert before.address == ADDRESS


class Device:
    """A hardware wallet: it has the three members of a signer, and asks its owner each time."""

    def __init__(self) -> None:
        self.address, self.shown = ADDRESS, []
        self._key = AccountSigner(Account.from_key(KEY))

    def sign_transaction(self, transaction: Any) -> bytes:
        self.shown.append(transaction["to"])
        return self._key.sign_transaction(transaction)

    def sign_typed_data(self, typed_data: Any) -> bytes:
        self.shown.append(typed_data["primaryType"])
        return self._key.sign_typed_data(typed_data)


def test_any_signer_makes_a_wallet() -> None:
    device, local = Device(), Wallet.from_private_key(KEY)
    wallet = Wallet(device)
    assert wallet.address == ADDRESS
    assert wallet.bid_salt(31337, CONTRACT, 5) == local.bid_salt(31337, CONTRACT, 5)
    transaction = {"to": OTHER, "value": 1, "gas": 21_000, "gasPrice": 10**9, "nonce": 0, "chainId": 31337}
    assert wallet.sign_transaction(transaction) == local.sign_transaction(transaction)
    assert device.shown == ["BidSalt", "BidSalt", OTHER]


def test_no_signer_is_asked_for_a_transaction_without_a_chain() -> None:
    device = Device()
    with pytest.raises(WalletError, match="replayed"):
        Wallet(device).sign_transaction({"to": OTHER})
    assert device.shown == []


def test_a_transaction_is_signed_for_one_chain() -> None:
    wallet = Wallet.from_private_key(KEY)
    transaction = {
        "to": OTHER,
        "value": 1,
        "gas": 21_000,
        "maxFeePerGas": 10**9,
        "maxPriorityFeePerGas": 1,
        "nonce": 0,
        "chainId": 31337,
    }
    assert Account.recover_transaction(wallet.sign_transaction(transaction)) == ADDRESS
    for changes in ({"chainId": None}, {"nonce": None}, {"value": -1}, {"to": "0x12"}):
        broken = {key: value for key, value in {**transaction, **changes}.items() if value is not None}
        with pytest.raises(WalletError):
            wallet.sign_transaction(broken)


def test_nothing_secret_shows(caplog: pytest.LogCaptureFixture, keystore: Path) -> None:
    wallet = Wallet.open(keystore, prompt=ask)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("%s %r %s", wallet, wallet, {"wallet": wallet})
    shown = f"{wallet} {wallet!r} {dir(wallet)} {caplog.text}"
    assert KEY.hex() not in shown
    assert PASSPHRASE not in shown
    assert ADDRESS in repr(wallet)
    assert not hasattr(wallet, "__dict__")
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(wallet)


def test_errors_tell_no_secret(keystore: Path) -> None:
    with pytest.raises(WalletError) as refusal:
        Wallet.from_private_key(KEY + b"\x00")
    assert KEY.hex() not in str(refusal.value)
    assert refusal.value.__suppress_context__
    with pytest.raises(WalletError) as wrong:
        Wallet.open(keystore, prompt=lambda: "not the passphrase")
    assert "not the passphrase" not in str(wrong.value)
