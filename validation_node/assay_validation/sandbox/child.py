"""A process becomes a job: it locks the doors, then runs one of `assay_validation.jobs`.

The fork server's children come here (`fork_server`), with a request on standard input and the descriptors
that the job is lent. It answers on standard output. Both are plain files, so that a job cannot flood anyone.
Where bubblewrap makes the jail, the process starts afresh inside it, by
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
"""None is of numpy's, which does not say why it wrote too little."""
MAX_FAULTS = 64
_OPEN_FILES = 256
"""Beside those that a job is lent."""
_IMPORTED_LATE = ("pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet")
"""What jobs import only in the functions that need it, and, by Arrow's, pandas where it is installed."""
_NO_MEMORY = {"refusal": "needs more memory than allowed", "faults": [{"code": "too_costly"}]}
_GRACE_SECONDS = 1
"""Of processor time, for the kernel to say why it ends a job, before it ends it in any case."""


def become(lent: list[int]) -> NoReturn:
    """Become the job that standard input tells of. It names the descriptors that it is *lent* by place."""
    request, mapped = json.load(sys.stdin), _mapped_bytes()
    if request["command"]:
        os.lseek(0, 0, os.SEEK_SET)
        for descriptor in lent:
            os.set_inheritable(descriptor, True)
        afresh = [sys.executable, "-I", "-m", __name__, str(mapped), *map(str, lent)]
        os.execve(request["command"][0], [*request["command"], *afresh], os.environ)  # noqa: S606 - bubblewrap
    _work(request, mapped, lent)


def load_libraries() -> None:
    """Import what jobs import, so that none has to."""
    for module in pkgutil.iter_modules(jobs.__path__, f"{jobs.__name__}."):
        importlib.import_module(module.name)
    for name in _IMPORTED_LATE:
        importlib.import_module(name)


def _work(request: dict[str, Any], mapped: int, lent: list[int]) -> NoReturn:
    """Lock up, say so in the file ``ready``, run the job, write the reply."""
    folders = [Path(f) for f in request["folders"]]
    if request["namespaces"] == "native":
        namespaces.enter(folders)
    _limit(request["limits"], mapped, len(lent))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if request["landlock"]:
        landlock.restrict_to(folders)
    _drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # what it is lent is nobody else's to read in its memory
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
    # not by way of the interpreter's end: threads of the job's libraries that need it then abort the process
    os._exit(0)


def _mapped_bytes() -> int:
    """How much address space this process has, of the interpreter and the libraries."""
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
    """Limit this process; the libraries, which are *mapped* before any job, are no job's memory."""
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
    with contextlib.suppress(ImportError):  # a job that needs what is missing says so
        load_libraries()
    _work(json.load(sys.stdin), int(sys.argv[1]), [int(one) for one in sys.argv[2:]])
