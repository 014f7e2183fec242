"""A Postgres of Debian's for one test run: a folder, a socket in it, no port."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAMS = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of the newest server that is installed, if one is."""
    found = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running() -> Iterator[str]:
    """The address of a database that is gone at the end of the block."""
    found = programs()
    assert found is not None
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:  # a socket's path is short
        folder = Path(name)
        as_owner = []
        if os.getuid() == 0:  # which no database runs as
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            as_owner = ["runuser", "-u", "postgres", "--"]
        data = folder / "data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, "check": True}
        subprocess.run(
            [*as_owner, found / "initdb", "-D", data, "-U", "assay", "-A", "trust", "--no-sync"], **quiet
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off"
        control = [*as_owner, found / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*control, "-o", options, "start"], **quiet)
        try:
            yield f"postgresql://assay@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def installed() -> bool:
    """Whether there is one to run."""
    return programs() is not None and (os.getuid() != 0 or shutil.which("runuser") is not None)
