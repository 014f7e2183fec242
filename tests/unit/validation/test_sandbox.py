"""A job tries to leave its jail, in every jail that this machine offers."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import venv
from pathlib import Path

import numpy as np
import pandas as pd
import pydantic
import pytest
from graphs import model, node, spec

import assay
import assay_validation
from assay_validation.errors import JobError, MachineFault, SandboxUnavailable
from assay_validation.evaluation import evaluate
from assay_validation.limits import Limits
from assay_validation.sandbox import runner
from assay_validation.sandbox.runner import Jail, Job
from assay_validation.sandbox.session import Session, SessionLimits

HERE = Path(__file__).parent
TALK = SessionLimits(Limits(cpu_seconds=5, wall_seconds=60, file_bytes=1 << 20))
LIMITS = Limits(cpu_seconds=2, wall_seconds=5, memory_bytes=1 << 30, file_bytes=1 << 20)


@pytest.fixture(params=runner._candidates(), ids=lambda jail: jail.namespaces)
def jail(request) -> Jail:
    return request.param


def last_descendant(process: int) -> int:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return last_descendant(int(children[-1])) if children else process


def probe(jail: Jail, name: str, limits: Limits = LIMITS, **arguments):
    job = Job("jail_probes", {"probe": name, **arguments}, import_from=(HERE / "probes",))
    return runner._run_in(jail, job, limits)


def test_an_ordinary_job_answers(jail):
    assert probe(jail, "add", numbers=[1, 2, 3]) == {"sum": 6}


def test_an_answer_counts_whatever_happens_after_it(jail):
    assert probe(jail, "die at the end") == {"done": True}


def test_code_may_lie_in_the_temporary_folder(jail, tmp_path):
    """Where the jail's own mount point is."""
    (tmp_path / "somewhere_else.py").write_text(
        "def run(arguments, inputs, outputs):\n    return {'ran': True}\n"
    )
    job = Job("somewhere_else", import_from=(tmp_path,))
    assert runner._run_in(jail, job, LIMITS) == {"ran": True}


RUN_FROM_AN_ENVIRONMENT = """
from assay_validation.limits import Limits
from assay_validation.sandbox import runner
limits = Limits(cpu_seconds=2, wall_seconds=5)
print([runner._run_in(jail, runner.Job("installed_job"), limits) for jail in runner._candidates()])
"""


@pytest.mark.parametrize("linked", [False, True], ids=["a folder", "a link"])
def test_the_environment_may_lie_in_the_temporary_folder(tmp_path, linked):
    """A checkout below the jail's mount point, with an environment of its own or one it links to."""
    environment = tmp_path / ".venv"
    real = tmp_path / "elsewhere" if linked else environment
    venv.create(real, symlinks=True)
    if linked:
        environment.symlink_to(real)
    (packages,) = real.glob("lib/python3*/site-packages")
    code = {Path(module.__file__).parents[1] for module in (assay, assay_validation, pydantic)}
    (packages / "code.pth").write_text("\n".join(map(str, code)))
    (packages / "installed_job.py").write_text(
        "def run(arguments, inputs, outputs):\n    return {'ran': True}\n"
    )
    command = [environment / "bin" / "python", "-I", "-c", RUN_FROM_AN_ENVIRONMENT]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.stdout.strip() == str([{"ran": True}] * len(runner._candidates())), answer.stderr


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/hostname", "/proc/self/environ", "/proc/1/environ"])
def test_host_files_are_out_of_reach(jail, path):
    assert Path(path).exists() or path == "/etc/hostname"
    assert "error" in probe(jail, "read", path=path)


def test_a_file_of_the_same_user_is_out_of_reach(jail, tmp_path):
    secret = tmp_path / "key"
    secret.write_text("secret")
    assert "error" in probe(jail, "read", path=str(secret))
    assert "error" in probe(jail, "list", path=str(tmp_path))


def test_the_environment_is_empty(jail, monkeypatch):
    monkeypatch.setenv("ASSAY_SECRET", "hunter2")
    names = probe(jail, "environment")["names"]
    assert "ASSAY_SECRET" not in names
    assert not {"HOME", "PATH", "USER", "SSH_AUTH_SOCK"} & set(names)


def test_no_connection_to_a_listening_socket(jail):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()  # it does listen
        assert "error" in probe(jail, "connect", port=port)


@pytest.mark.parametrize("where", ["/tmp", "/", "/dev/shm", "/usr/lib", os.fspath(HERE)])
def test_nothing_can_be_written(jail, where):
    target = Path(where, "assay-escape")
    assert "error" in probe(jail, "write", path=str(target))
    assert not target.exists()


def test_no_other_process_can_be_started_or_signalled(jail):
    assert "error" in probe(jail, "fork")
    assert "error" in probe(jail, "execute")
    assert "error" in probe(jail, "signal", pid=os.getpid())
    for command in (fcntl.F_SETOWN, fcntl.F_SETSIG):  # by way of a file
        assert "error" in probe(jail, "have signalled", pid=10, command=command)


def test_nothing_is_kept_where_it_is_not_counted(jail):
    assert "error" in probe(jail, "memory file")


def test_no_privilege_is_left(jail):
    found = probe(jail, "privileges")
    assert found == {"mount": "EPERM", "unshare": "EPERM", "ptrace": "EPERM", "chroot": "EPERM"}


def test_a_lent_file_can_only_be_read(jail, tmp_path):
    lent = tmp_path / "data"
    lent.write_text("as it was")
    lent.chmod(0o600)
    job = Job("jail_probes", {"probe": "tamper"}, {"data": lent}, import_from=(HERE / "probes",))
    found = runner._run_in(jail, job, LIMITS)
    assert found["content"] == "as it was"
    assert set(found["tampering"].values()) == {"refused"}
    assert lent.read_text() == "as it was"
    assert lent.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("spin", "processor time"),
        ("allocate", "memory"),
        ("crash", "crashed"),
        ("crash without memory", "needs more memory than allowed, and crashed"),
        ("raise", "ValueError"),
        ("garbage", "nonsense"),
        ("chatter", "(wrote more|File too large|nonsense)"),
        ("threads", "(memory|thread)"),
    ],
)
def test_misbehaviour_ends_the_job_and_nothing_else(jail, name, cause):
    with pytest.raises(JobError, match=cause):
        probe(jail, name, LIMITS.model_copy(update={"wall_seconds": 600}))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_that_somebody_ends_has_done_no_wrong(jail, number, monkeypatch):
    """The kernel too, when memory is short."""
    start = runner.start

    def start_and_end(*arguments):
        started = start(*arguments)
        while not started.has_started():
            os.sched_yield()
        process = last_descendant(started.server.pid)
        os.killpg(os.getpgid(process), number)
        return started

    monkeypatch.setattr(runner, "start", start_and_end)
    limits = LIMITS.model_copy(update={"wall_seconds": 600 if number == signal.SIGKILL else 3})
    with pytest.raises(MachineFault):  # init of a process namespace does not hear SIGTERM, and sleeps on
        probe(jail, "sleep", limits)


def test_waiting_is_no_fault_of_a_job(jail):
    with pytest.raises(MachineFault, match="longer than 2 s"):
        probe(jail, "sleep", LIMITS.model_copy(update={"wall_seconds": 2}))


def test_memory_is_counted_beyond_the_libraries(jail):
    limits = LIMITS.model_copy(update={"cpu_seconds": 30, "wall_seconds": 600, "memory_bytes": 512 << 20})
    assert probe(jail, "hold", limits, megabytes=400) == {"held": 400}
    with pytest.raises(JobError, match="memory"):
        probe(jail, "hold", limits, megabytes=560)


def test_nothing_is_open_but_what_was_lent(jail, tmp_path):
    """Not the fork server's socket either, nor what another job has that runs."""
    lent = {str(number): tmp_path / str(number) for number in range(450)}  # more than one message carries
    for path in lent.values():
        path.touch()
    with Session(Job("session_probes", {"manner": "echo"}, import_from=(HERE / "probes",)), TALK) as other:
        other.ask(b"x")
        job = Job("jail_probes", {"probe": "descriptors"}, lent, import_from=(HERE / "probes",))
        found = runner._run_in(jail, job, LIMITS)
    assert len(found["all"]) == 3 + len(lent)
    assert found["files"] == found["all"]  # the request, the reply, what is said of errors, and the 450


def test_a_full_disk_is_no_fault_of_a_job(jail):
    job = Job(
        "jail_probes", {"probe": "save"}, outputs={"out": Path("/dev/full")}, import_from=(HERE / "probes",)
    )
    with pytest.raises(MachineFault, match="disk full"):
        runner._run_in(jail, job, LIMITS)


def test_an_output_cannot_exceed_its_limit(jail, tmp_path):
    output = tmp_path / "out"
    job = Job("jail_probes", {"probe": "flood"}, outputs={"out": output}, import_from=(HERE / "probes",))
    with pytest.raises(JobError):
        runner._run_in(jail, job, LIMITS)
    assert output.stat().st_size <= LIMITS.file_bytes


def test_all_that_a_job_writes_is_bounded_together(jail, tmp_path):
    """Its request and its complaints too, which nobody lent it to write to."""
    outputs = {name: tmp_path / name for name in ("one", "two")}
    size = LIMITS.file_bytes * 9 // 10
    assert (len(outputs) + 2) * size < LIMITS.written_bytes < (len(outputs) + 3) * size
    job = Job("jail_probes", {"probe": "fill", "size": size}, {}, outputs, (HERE / "probes",))
    with pytest.raises(JobError, match="wrote more"):
        runner._run_in(jail, job, LIMITS.model_copy(update={"wall_seconds": 600}))


def test_a_model_is_scored_in_each_jail(jail, monkeypatch, tmp_path):
    """All three jobs of an evaluation, with the libraries that they load."""
    monkeypatch.setattr(runner, "jail", lambda: jail)
    nodes = [node("MatMul", "x w", "m"), node("Sigmoid", "m", "p")]
    written = model(nodes, {"w": np.ones((4, 1), np.float32)})
    (tmp_path / "model.onnx").write_bytes(written.SerializeToString())
    rows = np.array([[1, 1, 1, 1], [-1, -1, -1, -1]] * 20)
    table = pd.DataFrame(rows, columns=list("abcd")).assign(y=[1, 0] * 20)
    table.to_csv(tmp_path / "data.csv", index=False)
    order = spec(list("abcd"), ["0", "1"], {"probabilities": "p"})
    report = evaluate(tmp_path / "model.onnx", tmp_path / "data.csv", order)
    assert (report.status.name, report.score) == ("ANSWERED", 1_000_000)


def test_without_a_jail_nothing_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "_candidates", list)
    runner.jail.cache_clear()
    output = tmp_path / "out"
    output.write_text("untouched")
    try:
        with pytest.raises(SandboxUnavailable, match="bubblewrap"):
            runner.run(Job("assay_validation.jobs.nothing", outputs={"out": output}), LIMITS)
    finally:
        runner.jail.cache_clear()
    assert output.read_text() == "untouched"


def test_a_broken_jail_is_not_a_broken_job(tmp_path, monkeypatch):
    """A bubblewrap that cannot make namespaces is the machine's fault, never the model's."""
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert shutil.which("bwrap") == str(broken)
    with pytest.raises(SandboxUnavailable, match="No permissions"):
        runner._run_in(Jail("bubblewrap", 0), Job("assay_validation.jobs.nothing"), LIMITS)


def test_the_jail_describes_itself():
    assert "seccomp" in runner.describe()
