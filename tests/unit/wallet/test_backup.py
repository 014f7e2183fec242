"""Backups of accounts: whole or refused, closed without the passphrase, and never over other files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import WalletError
from assay.wallet import backup as backups
from assay.wallet.backup import back_up, restore
from assay.wallet.bid_prices import BidPrices, bids_folder
from assay.wallet.keystore import KEYSTORE_VARIABLE, PASSPHRASE_VARIABLE, Wallet

QUICK = 2**4
SECRET = b"\x01" * 32
seals = st.binary(min_size=32, max_size=32)


def ask(passphrase: str = "correct horse") -> str:
    return passphrase


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYSTORE_VARIABLE, raising=False)
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def keystore(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("account") / "alice.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(PASSPHRASE_VARIABLE, raising=False)
        Wallet.create(path, prompt=ask, work_factor=2)
    for number in range(3):
        BidPrices(bids_folder(path), SECRET).store(number.to_bytes(32), 700 + number)
    (bids_folder(path) / ".half-written.json.tmp").touch()  # as kill -9 leaves it
    return path


@pytest.fixture(scope="module")
def backup(keystore, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "alice.backup"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(PASSPHRASE_VARIABLE, raising=False)
        back_up(path, keystore, prompt=ask, work_factor=QUICK)
    return path


@settings(max_examples=20)
@given(
    kept=st.dictionaries(seals, st.integers(0, 2**96 - 1), max_size=4),
    environment=st.dictionaries(
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=8),
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=8),
    ),
    deployment=st.none() | st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=50),
)
def test_what_is_backed_up_is_restored(keystore, kept, environment, deployment):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine = folder / "mine.json"
        mine.touch(mode=0o600)
        mine.write_bytes(keystore.read_bytes())
        for seal, price in kept.items():
            BidPrices(bids_folder(mine), SECRET).store(seal, price)
        place = folder / "31337.json"
        if deployment:
            place.write_bytes(deployment.encode())
        counted = back_up(
            folder / "b", mine, deployment=place, environment=environment, prompt=ask, work_factor=QUICK
        )
        found = restore(folder / "b", folder / "new", prompt=ask)
        assert found.bids == counted == len(kept)
        assert found.environment == environment
        assert found.address == Wallet.open(found.keystore, prompt=ask).address
        assert found.keystore.read_bytes() == mine.read_bytes()
        assert (found.deployment and found.deployment.read_bytes().decode()) == deployment
        prices = BidPrices(bids_folder(found.keystore), SECRET)
        assert {seal: prices.get(seal) for seal in kept} == kept
        private = [path for path in (folder / "new").rglob("*") if path.stat().st_mode & 0o077]
        assert (folder / "new").stat().st_mode & 0o077 == 0
        assert private == []
        assert (folder / "b").stat().st_mode & 0o777 == 0o600


def test_version_1_is_read_for_ever(tmp_path):
    """A file as the first version wrote it."""
    found = restore(Path(__file__).parents[2] / "vectors" / "backup-1.json", tmp_path / "new", prompt=ask)
    assert found.address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert BidPrices(bids_folder(found.keystore), SECRET).get(b"\x02" * 32) == 700
    assert found.deployment
    assert found.deployment.read_text() == '{"chainId": 31337}\n'
    assert found.environment == {"ASSAY_RPC": "http://127.0.0.1:8545"}


def test_half_written_files_stay_out(backup, tmp_path):
    assert restore(backup, tmp_path / "new", prompt=ask).bids == 3


def test_a_wrong_passphrase_opens_nothing(backup, tmp_path):
    with pytest.raises(WalletError, match=r"does not open.*passphrase"):
        restore(backup, tmp_path / "new", prompt=lambda: "battery")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60)
@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_damage_is_noticed_and_leaves_nothing(backup, place, change):
    with tempfile.TemporaryDirectory() as name:
        damaged = Path(name) / "b"
        content = bytearray(backup.read_bytes())
        content[place % len(content)] ^= change
        damaged.write_bytes(content)
        try:
            same = json.loads(content) == json.loads(backup.read_bytes())  # a space for a line's end
        except ValueError:
            same = False
        if not same:
            with pytest.raises(WalletError, match=r"was damaged|newer"):
                restore(damaged, Path(name) / "new", prompt=ask)
            assert list(Path(name).iterdir()) == [damaged]


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_anything_else_is_no_backup(content):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "b"
        path.write_bytes(content)
        with pytest.raises(WalletError, match=r"not a backup|newer"):
            restore(path, Path(name) / "new", prompt=ask)


@pytest.mark.parametrize(
    "changes", [{"work": 2**40}, {"work": 3}, {"version": 2}, {"salt": "zz"}, {"content": "!"}]
)
def test_a_hostile_backup_costs_no_memory_and_no_time(backup, tmp_path, changes):
    fields = json.loads(backup.read_bytes()) | changes
    path = tmp_path / "b"
    path.write_text(json.dumps(fields))
    with pytest.raises(WalletError):
        restore(path, tmp_path / "new", prompt=ask)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"bids": {"../../evil.json": "{}"}}, "does not know"), ({"keystore": "{}"}, "not a keystore")],
)
def test_a_backup_by_somebody_who_knows_the_passphrase(backup, tmp_path, changes, reason):
    """Names in it lead to no other place, and what does not open leaves nothing."""
    contents = backups._opened(backups._read(backup), ask(), backup)
    path = tmp_path / "b"
    path.write_bytes(backups._sealed(contents.model_copy(update=changes), ask(), QUICK))
    with pytest.raises(WalletError, match=reason):
        restore(path, tmp_path / "new", prompt=ask)
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_overwritten(keystore, backup, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    before = backup.read_bytes()
    with pytest.raises(WalletError, match="exists"):
        restore(backup, taken, prompt=ask)
    with pytest.raises(WalletError, match="never overwritten"):
        back_up(backup, keystore, prompt=ask, work_factor=QUICK)
    assert (list(taken.iterdir()), backup.read_bytes()) == ([], before)


def test_what_does_not_open_is_not_backed_up(keystore, tmp_path):
    """Otherwise the backup would be found useless when it is needed."""
    with pytest.raises(WalletError, match="does not open"):
        back_up(tmp_path / "b", keystore, prompt=lambda: "battery", work_factor=QUICK)
    (tmp_path / "folder").touch()
    with pytest.raises(WalletError, match="Cannot write"):
        back_up(tmp_path / "folder" / "b", keystore, prompt=ask, work_factor=QUICK)
    with pytest.raises(WalletError, match="Cannot write"):
        restore_into(tmp_path / "folder" / "new", keystore, tmp_path)


def restore_into(folder: Path, keystore: Path, place: Path) -> None:
    back_up(place / "b", keystore, prompt=ask, work_factor=QUICK)
    restore(place / "b", folder, prompt=ask)


def test_a_backup_shows_no_secret(keystore, backup):
    content = backup.read_bytes()
    assert json.loads(keystore.read_bytes())["crypto"]["ciphertext"].encode() not in content
    assert b"keystore" not in content
