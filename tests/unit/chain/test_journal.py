"""The journal of sent transactions: what it keeps, whom it lets in, and what several processes do to it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.chain.journal import Entry, Fate, Journal, Signed
from assay.errors import JournalError

ACCOUNT = "0x" + "11" * 20


def open_journal(folder: Path, genesis: str = "0x01") -> Journal:
    return Journal(folder, chain_id=1, account=ACCOUNT, genesis=genesis)


def record(journal: Journal, purpose: str, *, pending: int = 0, nonce: int | None = None) -> Entry | None:
    def sign(number: int) -> Signed:
        tx_hash = f"{purpose} {number}"
        return Signed(tx_hash, tx_hash.encode(), {"to": ACCOUNT, "value": 0})

    return journal.record(name="A.b", purpose=purpose, pending=pending, head=7, sign=sign, nonce=nonce)


@pytest.fixture
def journal(tmp_path) -> Journal:
    return open_journal(tmp_path / "state")


def test_what_is_recorded_is_found_again(journal, tmp_path):
    written = record(journal, "pay", pending=5)
    again = open_journal(tmp_path / "state")
    assert again.entries() == [written]
    assert again.get("pay 5") == written
    assert (written.nonce, written.state, written.raw, written.head) == (5, Fate.SENT, b"pay 5", 7)


def test_only_its_owner_can_read_it(journal):
    record(journal, "pay")
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700
    assert journal.path.stat().st_mode & 0o777 == 0o600
    journal.path.chmod(0o644)
    with pytest.raises(JournalError, match="chmod 600"):
        journal.entries()


def test_nothing_is_read_where_nothing_was_sent(journal):
    assert journal.entries() == []
    assert not journal.path.exists()


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_stops_payments(journal, content):
    record(journal, "pay")
    journal.path.write_bytes(content)
    if content:
        with pytest.raises(JournalError, match="cannot be used"):
            record(journal, "pay again")
    else:
        assert record(journal, "pay again") is not None


def test_a_truncated_file_stops_payments(journal):
    for number in range(20):
        record(journal, f"pay {number}")
    journal.path.write_bytes(journal.path.read_bytes()[: 4096 + 100])
    with pytest.raises(JournalError, match="cannot be used"):
        record(journal, "pay again")


def test_a_file_of_a_newer_version_is_left_alone(journal):
    record(journal, "pay")
    with sqlite3.connect(journal.path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="update Assay"):
        journal.entries()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="ASSAY_STATE"):
        record(open_journal(tmp_path / "file"), "pay")


def test_a_chain_that_starts_anew_is_another(journal, tmp_path):
    record(journal, "pay", pending=9)
    other = open_journal(tmp_path / "state", genesis="0x02")
    assert other.entries() == []
    assert record(other, "pay").nonce == 0


def test_nonces_follow_each_other_and_fill_gaps(journal):
    assert [record(journal, f"pay {i}", pending=3).nonce for i in range(3)] == [3, 4, 5]
    journal.refuse(journal.entries()[1])
    assert record(journal, "another", pending=3).nonce == 4
    for entry in journal.entries():
        journal.settle(entry, block=8, success=True)
    assert record(journal, "later", pending=0).nonce == 6  # the node is behind


def test_a_refused_payment_is_tried_with_its_own_nonce(journal, monkeypatch):
    refused = record(journal, "pay", pending=3)
    journal.refuse(refused)
    monkeypatch.setattr("assay.chain.journal._TOKEN", "the next program")
    assert record(journal, "pay", pending=4).nonce == 3


def test_of_one_nonce_one_is_mined(journal):
    first = record(journal, "pay")
    second = record(journal, "cancel", nonce=first.nonce)
    journal.settle(second, block=8, success=True)
    assert [entry.state for entry in journal.with_nonce(0)] == [Fate.MINED, Fate.REPLACED]
    assert journal.get(first.hash).replaced_by == second.hash
    journal.settle(first, block=9, success=True)  # after a reorganisation
    assert [entry.state for entry in journal.with_nonce(0)] == [Fate.REPLACED, Fate.MINED]


def test_the_same_payment_of_another_program_is_not_made_again(journal, monkeypatch):
    entry = record(journal, "pay")
    assert journal.unfinished("pay") is None  # its own program waits for it
    assert record(journal, "pay").nonce == 1  # and may pay twice if it likes
    monkeypatch.setattr("assay.chain.journal._TOKEN", "the next program")
    assert journal.unfinished("pay") is not None
    assert record(journal, "pay") is None
    journal.settle(entry, block=8, success=True)
    assert record(journal, "pay") is None
    journal.acknowledge("pay 0", "pay 1")
    assert record(journal, "pay") is not None


def test_finished_entries_are_pruned_and_others_kept(journal, monkeypatch):
    monkeypatch.setattr("assay.chain.journal._KEPT", 5)
    waiting = record(journal, "waiting")
    for number in range(20):
        journal.settle(record(journal, f"pay {number}"), block=8, success=True)
    kept = journal.entries()
    assert len(kept) <= 7
    assert waiting.hash in [entry.hash for entry in kept]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_journal import open_journal, record  # this file
for number in range(10):
    print(record(open_journal(Path(sys.argv[1])), f"{sys.argv[2]} {number}").nonce, flush=True)
"""


def writer(folder: Path, name: str) -> subprocess.Popen[bytes]:
    here = str(Path(__file__).parent)
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, here], stdout=subprocess.PIPE)


def test_processes_that_write_at_once_get_nonces_of_their_own(tmp_path):
    running = [writer(tmp_path / "state", name) for name in ("a", "b")]
    nonces = [int(line) for process in running for line in process.communicate(timeout=60)[0].split()]
    assert sorted(nonces) == list(range(20))


@settings(max_examples=2)
@given(lines=st.integers(1, 9))
def test_a_writer_that_is_killed_leaves_what_it_said(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("killed")
    process = writer(folder, "a")
    said = [int(process.stdout.readline()) for _ in range(lines)]
    process.kill()
    process.communicate(timeout=60)
    assert [entry.nonce for entry in open_journal(folder).entries()][:lines] == said
