"""What a program that holds other people's plaintext asks of the kernel when it starts."""

import resource
import sys

from assay_validation.sandbox import kernel

_OPEN_FILES = 65_536
"""The limit on open files; each array of a test is a file."""


def harden_process() -> None:
    """Leave no core dump, let no other process of this user look inside, and allow enough open files.

    See prctl(2), PR_SET_DUMPABLE. Children that start another program are not covered.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(most, _OPEN_FILES)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), most))
