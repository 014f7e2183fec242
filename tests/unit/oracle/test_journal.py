"""The journal keeps the first word on a question, and nothing of a question that the chain has forgotten."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.manifests.evaluation import ReportStatus
from assay.structs import Kind, Report
from assay_oracle.errors import JournalError
from assay_oracle.journal import Decision, Journal, Task

OWNER = {"oracle": "31337:0x5FbDB2315678afecb367f032d93F642f64180aa3", "validator": "0xA"}

digests = st.binary(min_size=32, max_size=32)
questions = st.builds(
    Task,
    request_id=st.one_of(st.integers(1, 3), st.integers(2**48 - 1, 2**256 - 1)),
    panel_id=st.integers(1, 2**256 - 1),
    kind=st.sampled_from(Kind),
    question=digests,
)
decisions = st.builds(
    Decision,
    report=st.builds(
        Report,
        status=st.sampled_from([status for status in ReportStatus if status]),
        scores=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=32).map(tuple),
        criteria=st.integers(0, 2**16 - 1),
        word=digests,
        manifest=digests,
    ),
    document=st.one_of(st.none(), st.binary(max_size=300)),
)


@given(st.lists(st.tuples(questions, decisions), max_size=12))
@settings(max_examples=60)
def test_what_stands_is_the_first_word_on_the_last_question(said):
    expected: dict[int, tuple[Task, Decision]] = {}
    with Journal(None, **OWNER) as journal:
        for question, decision in said:
            standing = expected.get(question.request_id)
            if standing is None or standing[0] != question:
                expected[question.request_id] = (question, decision)
            assert journal.record(question, decision) == expected[question.request_id][1]
        for question, _ in said:
            last, decision = expected[question.request_id]
            assert journal.find(question) == (decision if question == last else None)
        assert journal.count() == len(expected)


@pytest.fixture
def question() -> Task:
    return Task(request_id=7, panel_id=2, kind=Kind.SCORE, question=b"\x01" * 32)


@pytest.fixture
def decision() -> Decision:
    report = Report(status=ReportStatus.ANSWERED, scores=(-5,), criteria=3, manifest=b"\x02" * 32)
    return Decision(report, b"a manifest")


def test_it_is_there_after_reopening_and_nobody_else_can_read_it(tmp_path, question, decision):
    folder = tmp_path / "daemon"
    with Journal(folder, **OWNER) as journal:
        journal.record(question, decision)
        journal.mark_published(question)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert modes == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with Journal(folder, **OWNER) as journal:
        found = journal.find(question)
        assert found is not None
        assert (found.report, found.document, found.published) == (decision.report, b"a manifest", True)


def test_a_new_question_is_published_anew(question, decision):
    with Journal(None, **OWNER) as journal:
        journal.record(question, decision)
        journal.mark_published(question)
        other = Task(7, 2, Kind.SCORE, b"\x03" * 32)
        assert not journal.record(other, decision).published
        assert journal.find(question) is None


def test_markets_and_accounts_do_not_share_decisions(tmp_path, question, decision):
    with Journal(tmp_path / "daemon", **OWNER) as journal:
        journal.record(question, decision)
    for change in ({"oracle": "1:0x5FbDB2315678afecb367f032d93F642f64180aa3"}, {"validator": "0xB"}):
        with Journal(tmp_path / "daemon", **OWNER | change) as journal:
            assert journal.find(question) is None
            assert journal.count() == 0


def test_one_process_at_a_time(tmp_path):
    with Journal(tmp_path / "daemon", **OWNER), pytest.raises(JournalError, match="Another daemon"):
        Journal(tmp_path / "daemon", **OWNER)
    Journal(tmp_path / "daemon", **OWNER).close()


def test_a_folder_that_others_may_enter_is_refused(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    with pytest.raises(JournalError, match="Others may look"):
        Journal(folder, **OWNER)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    folder = tmp_path / "daemon"
    folder.mkdir(mode=0o700)
    (folder / "journal.sqlite").write_bytes(b"something else entirely " * 100)
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(folder, **OWNER)
    assert (folder / "journal.sqlite").read_bytes() == b"something else entirely " * 100


def test_the_document_is_not_in_the_representation(decision):
    assert "a manifest" not in repr(decision)
