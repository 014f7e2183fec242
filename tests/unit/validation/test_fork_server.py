"""The process that jobs are forked from has one thread and no secrets, and ends with whoever started it."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assay_validation.errors import MachineFault, SandboxUnavailable
from assay_validation.limits import Limits
from assay_validation.sandbox import fork_server, forking, runner
from assay_validation.sandbox.runner import Job

HERE = Path(__file__).parent
LIMITS = Limits(cpu_seconds=2, wall_seconds=60, memory_bytes=1 << 30, file_bytes=1 << 20)
NOTHING = Job("assay_validation.jobs.nothing")
SLEEP = Job("jail_probes", {"probe": "sleep"}, import_from=(HERE / "probes",))
OWN, OF_A_JOB = 6, 2
"""Descriptors of the server; it closes those of a job after it has told of its end."""


def servers():
    return forking._servers[runner.jail().namespaces == "native"]


@pytest.fixture
def server():
    runner.run(NOTHING, LIMITS)
    return servers()._current


def descendants(process: int) -> list[int]:
    """All processes below one; none below one that has just ended."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def pidfds(processes: list[int]) -> list[int]:
    """Of those that have not ended yet."""
    found = []
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            found.append(os.pidfd_open(one))
    return found


def inside(server) -> int:
    """The process that forks: the one that was started, or process 1 of the server's own namespace."""
    return min(descendants(server.pid), default=server.pid) if namespaced(server) else server.pid


def namespaced(server) -> bool:
    own, theirs = (os.readlink(f"/proc/{one}/ns/pid_for_children") for one in (os.getpid(), server.pid))
    return own != theirs


def jobs_of(server) -> list[int]:
    return [one for one in descendants(server.pid) if one != inside(server)]


def wait_for_the_end(*pidfds: int) -> None:
    """Of processes, whoever their parents are by now."""
    for one in pidfds:
        poll = select.poll()
        poll.register(one, select.POLLIN)
        assert poll.poll(60_000), "a process lives on"
        os.close(one)


def test_it_has_one_thread_and_shares_no_memory(server):
    """Threads would leave locks behind in each fork, and shared memory would let jobs talk to one another."""
    assert len(os.listdir(f"/proc/{inside(server)}/task")) == 1
    maps = Path(f"/proc/{inside(server)}/maps").read_text().splitlines()
    assert [line for line in maps if line.split()[1] in ("rw-s", "-w-s", "rwxs")] == []


def test_it_knows_nothing_of_its_operator(server):
    environment = Path(f"/proc/{inside(server)}/environ").read_bytes()
    names = {entry.partition(b"=")[0].decode() for entry in environment.split(b"\0") if entry}
    tunables = {name for name in names if name.startswith("glibc.")}  # glibc splits its variable in place
    assert names - tunables == set(forking.ENVIRONMENT)


def test_it_has_no_descriptors_of_its_operators(server):
    kinds = [os.readlink(one) for one in Path(f"/proc/{inside(server)}/fd").iterdir()]
    known = (
        "/dev/null",
        "socket:",
        "anon_inode:[pidfd]",
        "pid:",
    )  # and the file for its errors, which has no name
    assert [one for one in kinds if not one.startswith(known) and "(deleted)" not in one] == []
    assert len(kinds) <= OWN + OF_A_JOB


def test_jobs_leave_nothing_behind(monkeypatch):
    """Over the life of several servers; with eight at once."""
    monkeypatch.setattr(forking, "FORKS", 20)
    runner.run(NOTHING, LIMITS)
    open_before = len(os.listdir("/proc/self/fd"))
    first = servers()._current.pid

    def some() -> None:
        for _ in range(8):
            runner.run(NOTHING, LIMITS)

    threads = [threading.Thread(target=some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runner.run(NOTHING, LIMITS)
    current = servers()._current
    assert current.pid != first
    assert jobs_of(current) == []
    for old in servers()._old:
        old._process.wait(60)
    assert len(os.listdir(f"/proc/{inside(current)}/fd")) <= OWN + OF_A_JOB
    servers()._drop_ended()
    assert len(os.listdir("/proc/self/fd")) <= open_before


def test_another_takes_its_place(server):
    """Its jobs die with it, and that is no fault of theirs."""
    failures = []

    def wait() -> None:
        try:
            runner.run(SLEEP, LIMITS)
        except MachineFault as fault:
            failures.append(fault)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not jobs_of(server):
        os.sched_yield()
    left = pidfds(descendants(server.pid))
    os.kill(server.pid, signal.SIGKILL)
    waiting.join()
    wait_for_the_end(*left)
    assert len(failures) == 1
    assert runner.run(NOTHING, LIMITS) == {}
    assert servers()._current.pid != server.pid


def test_a_server_that_cannot_load_is_the_machines_fault(monkeypatch):
    forking.close()
    monkeypatch.setitem(forking.ENVIRONMENT, "JE_ARROW_MALLOC_CONF", "background_thread:true")
    with pytest.raises(SandboxUnavailable, match="have started threads"):
        runner.run(NOTHING, LIMITS)
    monkeypatch.undo()
    assert runner.run(NOTHING, LIMITS) == {}


PARENT = """
import sys
from pathlib import Path
from assay_validation.limits import Limits
from assay_validation.sandbox import runner
job = runner.Job("jail_probes", {"probe": "sleep"}, import_from=(Path(sys.argv[1]),))
runner.run(job, Limits(cpu_seconds=5, wall_seconds=600))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_whoever_started_it(number):
    command = [sys.executable, "-c", PARENT, str(HERE / "probes")]
    with subprocess.Popen(command) as parent:
        while len(found := descendants(parent.pid)) < 3 - (runner.jail().namespaces == "none"):
            assert parent.poll() is None
            os.sched_yield()
        left = pidfds(found)
        parent.send_signal(number)
    wait_for_the_end(*left)


FORKED = """
import os
from assay_validation.limits import Limits
from assay_validation.sandbox import forking, runner
servers = lambda: forking._servers[runner.jail().namespaces == 'native']
runner.run(runner.Job("assay_validation.jobs.nothing"), Limits())
mine = servers()._current.pid
pid = os.fork()
runner.run(runner.Job("assay_validation.jobs.nothing"), Limits())
assert (servers()._current.pid == mine) is bool(pid)
if pid:
    assert os.waitpid(pid, 0)[1] == 0
    assert runner.run(runner.Job("assay_validation.jobs.nothing"), Limits()) == {}
"""


def test_a_fork_of_the_node_has_a_server_of_its_own():
    assert subprocess.run([sys.executable, "-c", FORKED]).returncode == 0


def test_a_hanged_up_connection_kills_the_job(server):
    with runner.contextlib.ExitStack() as files:
        started = runner.start(runner.jail(), SLEEP, LIMITS, {}, {}, files)
        while not started.has_started():
            os.sched_yield()
        left = pidfds(jobs_of(server))
    wait_for_the_end(*left)


def test_the_messages_are_what_the_kernel_takes():
    assert fork_server.DESCRIPTORS <= 253
