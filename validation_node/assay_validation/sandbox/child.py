"""Turns a process into a job: it locks itself in, then runs one of `assay_validation.jobs`.

The fork server's children come here (`fork_server`), with a request on standard input and the descriptors
that the job is lent. The job answers on standard output. Both are plain files, so that a job cannot flood
anyone. If bubblewrap makes the jail, the process starts again inside it, as
``python -I -m assay_validation.sandbox.child``.
"""

import contextlib
import ctypes
import errno
import gc
import importlib
import json
import os
import pkgutil
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

from assay_validation import jobs
from assay_validation.jobs import RefusalError
from assay_validation.sandbox import kernel, landlock, namespaces, seccomp

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x2008_0522
READY = b"ready"
NO_STORAGE = os.EX_IOERR
"""Exit status of a job whose files cannot be written."""
_NO_STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, None)
"""None stands for numpy's errors, which do not say why too little was written."""
MAX_FAULTS = 64
_OPEN_FILES = 256
"""The limit on open files, in addition to those that a job is lent."""
_IMPORTED_LATE = ("pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet")
"""Modules that jobs import only in the functions that need them; Arrow's also import pandas if installed."""
_NO_MEMORY = {"refusal": "needs more memory than allowed", "faults": [{"code": "too_costly"}]}
_GRACE_SECONDS = 1
"""Seconds of processor time between the kernel's signal that says why a job must end and its kill."""


def become(lent: list[int]) -> NoReturn:
    """Become the job that standard input describes, which refers to descriptors by their place in *lent*."""
    request, mapped = json.load(sys.stdin), _mapped_bytes()
    if request["command"]:
        os.lseek(0, 0, os.SEEK_SET)
        for descriptor in lent:
            os.set_inheritable(descriptor, True)
        afresh = [sys.executable, "-I", "-m", __name__, str(mapped), *map(str, lent)]
        os.execve(request["command"][0], [*request["command"], *afresh], os.environ)  # noqa: S606 - bubblewrap
    _work(request, mapped, lent)


def load_libraries() -> None:
    """Import what jobs import, so that no job has to."""
    for module in pkgutil.iter_modules(jobs.__path__, f"{jobs.__name__}."):
        importlib.import_module(module.name)
    for name in _IMPORTED_LATE:
        importlib.import_module(name)


def _work(request: dict[str, Any], mapped: int, lent: list[int]) -> NoReturn:
    """Lock the process in, say so in the file ``ready``, run the job, write the reply."""
    folders = [Path(f) for f in request["folders"]]
    if request["namespaces"] == "native":
        namespaces.enter(folders)
    _limit(request["limits"], mapped, len(lent))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if request["landlock"]:
        landlock.restrict_to(folders)
    _drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # nobody else may read in its memory what it was lent
    seccomp.deny_dangerous_calls()
    ready = lent[request["ready"]]
    os.write(ready, READY)
    os.close(ready)
    inputs, outputs = ({k: lent[i] for k, i in request[one].items()} for one in ("inputs", "outputs"))
    try:
        json.dump(_run(request, inputs, outputs), sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _NO_STORAGE:
            raise
        os._exit(NO_STORAGE)
    # skip the interpreter's shutdown: threads of the job's libraries that need it would abort the process
    os._exit(0)


def _mapped_bytes() -> int:
    """How much address space this process uses for the interpreter and the libraries."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _run(request: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    sys.path.extend(request["import_from"])
    job = importlib.import_module(request["job"])
    try:
        return {"result": job.run(request["arguments"], inputs, outputs)}
    except RefusalError as refusal:
        return {"refusal": str(refusal)[:1000], "faults": refusal.faults[:MAX_FAULTS]}
    except MemoryError:
        gc.collect()
        return _NO_MEMORY
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        return _NO_MEMORY


def _limit(limits: dict[str, int], mapped: int, lent: int) -> None:
    """Limit this process; the libraries' memory, *mapped* before any job, is not counted against a job."""
    hard = {
        resource.RLIMIT_AS: limits["memory_bytes"] + mapped,
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: _OPEN_FILES + lent,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for kind, value in hard.items():
        resource.setrlimit(kind, (value, value))
    most = limits["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + _GRACE_SECONDS))
    if limits["threads"]:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["threads"], limits["threads"]))


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    kernel.syscall(_CAPSET[kernel.ARCHITECTURE], header, nothing)


if __name__ == "__main__":
    with contextlib.suppress(ImportError):  # a job that needs something missing says so itself
        load_libraries()
    _work(json.load(sys.stdin), int(sys.argv[1]), [int(one) for one in sys.argv[2:]])
