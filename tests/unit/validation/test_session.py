"""A jailed process that stays: whatever it does, the question ends with an answer or a reason."""

import os
from pathlib import Path

import pytest

from assay_validation.errors import JobError, SandboxUnavailable
from assay_validation.limits import Limits
from assay_validation.sandbox import runner, session
from assay_validation.sandbox.runner import Job
from assay_validation.sandbox.session import Session, SessionLimits

HERE = Path(__file__).parent
WHOLE = Limits(cpu_seconds=2, wall_seconds=20, memory_bytes=1 << 30, file_bytes=1 << 20)
LIMITS = SessionLimits(WHOLE, answer_seconds=60)


@pytest.fixture(params=runner._candidates(), ids=lambda jail: jail.namespaces, autouse=True)
def jail(request, monkeypatch):
    monkeypatch.setattr(session, "jail", lambda: request.param)


def talk(manner, limits=LIMITS):
    return Session(Job("session_probes", {"manner": manner}, import_from=(HERE / "probes",)), limits)


def test_many_questions_one_process():
    with talk("echo") as one:
        assert [one.ask(bytes([i]) * i) for i in range(100)] == [bytes([i]) * i for i in range(100)]


def test_a_question_larger_than_a_pipe():
    large = os.urandom(5 << 20)
    with talk("echo") as one:
        assert one.ask(large) == large


IMPATIENT = SessionLimits(WHOLE, answer_seconds=2)


@pytest.mark.parametrize(
    ("manner", "limits", "reason"),
    [
        ("silent", IMPATIENT, "did not answer within 2 s"),
        ("reads_and_sleeps", IMPATIENT, "did not answer within 2 s"),
        ("reads_and_sleeps", SessionLimits(WHOLE.model_copy(update={"wall_seconds": 2})), "longer than 2 s"),
        ("spins", LIMITS, "processor time"),
        ("boasts", LIMITS, "more than 64 MiB"),
        ("half", LIMITS, "stopped answering"),
        ("leaves", LIMITS, "stopped answering"),
        ("refuses", LIMITS, "not today"),
        ("crashes", LIMITS, "crashed"),
        ("hangs_up", LIMITS, "."),
    ],
)
def test_bad_manners_end_with_a_reason(manner, limits, reason):
    # where nobody reads, a question that does not fit in the pipe must not hang either
    question = b"x" * (1 << 20 if manner == "reads_and_sleeps" else 1)
    with talk(manner, limits) as one, pytest.raises(JobError, match=reason):
        one.ask(question)


def test_a_flood_is_taken_in_frames_only():
    with talk("floods") as one:
        assert one.ask(b"x") == b""  # four zero bytes are an empty answer; the rest waits in the pipe


def test_nothing_is_left_running_or_open():
    with talk("echo") as one:  # the fork server, which stays, is there from the first job on
        one.ask(b"x")
    before = set(os.listdir("/proc/self/fd"))
    with talk("echo") as one:
        one.ask(b"x")
        started = one._started
    assert started.ended
    assert set(os.listdir("/proc/self/fd")) == before


def test_no_jail_no_session(monkeypatch):
    def none():
        raise SandboxUnavailable("none here")

    monkeypatch.setattr(session, "jail", none)
    with pytest.raises(SandboxUnavailable):
        talk("echo")
