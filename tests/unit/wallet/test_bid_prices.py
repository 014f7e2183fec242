"""The files with prices of sealed bids: private, whole or absent, and of no use to anybody else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import WalletError
from assay.wallet.bid_prices import FILE_NAME, BidPrices, bids_folder

SECRET = b"\x01" * 32
SEAL = b"\x02" * 32
prices = st.integers(0, 2**96 - 1)
words = st.binary(min_size=32, max_size=32)


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


@given(kept=st.dictionaries(words, prices, max_size=5), secret=words, other=words)
def test_every_bid_has_its_own_price(kept, secret, other):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bids"
        for seal, price in kept.items():
            BidPrices(folder, secret).store(seal, price)
        assert {seal: BidPrices(folder, secret).get(seal) for seal in kept} == kept
        if other not in kept:
            assert BidPrices(folder, secret).get(other) is None
        if kept and other != secret:
            with pytest.raises(WalletError, match="another wallet"):
                BidPrices(folder, other).get(next(iter(kept)))


@given(one=prices, two=prices)
def test_a_file_tells_nothing_of_its_price(one, two):
    with tempfile.TemporaryDirectory() as name:
        folder, sizes = Path(name), set()
        for price in (one, two):
            BidPrices(folder, SECRET).store(SEAL, price)
            content = only_file(folder).read_bytes()
            sizes.add(len(content))
            if len(str(price)) >= 12:  # a shorter number may stand among the random digits
                assert str(price).encode() not in content
        assert len(sizes) == 1


@given(place=st.integers(0, 1000), change=st.integers(1, 255))
def test_a_damaged_file_is_noticed(place, change):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        BidPrices(folder, SECRET).store(SEAL, 700)
        path = only_file(folder)
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= change
        path.write_bytes(content)
        with pytest.raises(WalletError, match=r"damaged|newer"):
            BidPrices(folder, SECRET).get(SEAL)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"x" * 5000, b'{"version": 2, "price": "later"}'])
def test_what_is_no_price_is_an_error(tmp_path, content):
    BidPrices(tmp_path, SECRET).store(SEAL, 700)
    only_file(tmp_path).write_bytes(content)
    with pytest.raises(WalletError, match=r"(cannot be read: (it was damaged|more than))|newer Assay"):
        BidPrices(tmp_path, SECRET).get(SEAL)


def test_version_1_is_read_for_ever(tmp_path):
    """A file as the first version wrote it."""
    path = tmp_path / f"{SEAL.hex()}.json"
    path.touch(mode=0o600)
    path.write_text(
        json.dumps(
            {
                "version": 1,
                "nonce": "00" * 12,
                "price": "f81e3ce3bf0429415154959dc169f2296529b66e03f812da41059b0e",
            }
        )
    )
    assert BidPrices(tmp_path, SECRET).get(SEAL) == 700


def test_prices_are_private_and_beside_the_keystore(tmp_path):
    folder = bids_folder(tmp_path / "deep" / "alice.json")
    assert folder == tmp_path / "deep" / "alice.json.bids"
    BidPrices(folder, SECRET).store(SEAL, 700)
    assert FILE_NAME.fullmatch(only_file(folder).name)
    assert (folder.stat().st_mode & 0o777, only_file(folder).stat().st_mode & 0o777) == (0o700, 0o600)
    only_file(folder).chmod(0o644)
    with pytest.raises(WalletError, match="others may access it"):
        BidPrices(folder, SECRET).get(SEAL)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "bids").touch()
    with pytest.raises(WalletError, match="Nothing was sent"):
        BidPrices(tmp_path / "bids", SECRET).store(SEAL, 700)


STORING = """
import sys
from pathlib import Path
from assay.wallet.bid_prices import BidPrices
prices = BidPrices(Path(sys.argv[1]), bytes([1]) * 32)
for number in range(1 << 30):
    prices.store(number.to_bytes(32), number)
    print(number, flush=True)
"""


@pytest.mark.parametrize("last", [0, 3, 17])
def test_what_was_stored_survives_kill_9(tmp_path, last):
    with subprocess.Popen([sys.executable, "-c", STORING, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == last:
                os.kill(process.pid, signal.SIGKILL)
                break
        told = [last, *map(int, process.stdout)]
    prices = BidPrices(tmp_path, SECRET)
    assert all(prices.get(number.to_bytes(32)) == number for number in range(told[-1] + 1))
    for path in filter(lambda path: FILE_NAME.fullmatch(path.name), tmp_path.iterdir()):
        assert prices.get(bytes.fromhex(path.stem)) == int(path.stem, 16)
