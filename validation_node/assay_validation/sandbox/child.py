"""The process inside the jail: lock the doors, then run one job.

Started by `runner` as ``python -I -m assay_validation.sandbox.child`` with a request on standard input. It
answers on standard output; both are plain files, so that a job cannot flood anyone. Imports the standard
library only: a job's heavy libraries load after the doors are locked.
"""

import ctypes
import errno
import gc
import importlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

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
_NO_MEMORY = {"refusal": "needs more memory than allowed", "faults": [{"code": "too_costly"}]}
_GRACE_SECONDS = 1
"""Of processor time, for the kernel to say why it ends a job, before it ends it in any case."""


def main() -> None:
    """Read the request, lock up, say so on the ``ready`` descriptor, run the job, write the reply."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    request = json.load(sys.stdin)
    if request["parent"] and os.getppid() != request["parent"]:
        return  # it has ended already
    folders = [Path(f) for f in request["folders"]]
    if request["namespaces"] == "native":
        namespaces.enter(folders)
    _limit(request["limits"])
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if request["landlock"]:
        landlock.restrict_to(folders)
    _drop_capabilities()
    seccomp.deny_dangerous_calls()
    os.write(request["ready"], READY)
    os.close(request["ready"])
    try:
        json.dump(_run(request), sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _NO_STORAGE:
            raise
        os._exit(NO_STORAGE)
    # not by way of the interpreter's end: threads of the job's libraries that need it then abort the process
    os._exit(0)


def _run(request: dict[str, Any]) -> dict[str, Any]:
    sys.path.extend(request["import_from"])
    job = importlib.import_module(request["job"])
    try:
        return {"result": job.run(request["arguments"], request["inputs"], request["outputs"])}
    except RefusalError as refusal:
        return {"refusal": str(refusal)[:1000], "faults": refusal.faults[:MAX_FAULTS]}
    except MemoryError:
        gc.collect()
        return _NO_MEMORY
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        return _NO_MEMORY


def _limit(limits: dict[str, int]) -> None:
    hard = {
        resource.RLIMIT_AS: limits["memory_bytes"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: 256,
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
    main()
