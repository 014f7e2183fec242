"""Files without names, and a process that nobody looks into."""

import errno
import os
import subprocess
import sys

import numpy as np

from assay_validation.limits import Limits
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch


def test_files_have_no_name_and_are_gone_when_closed(tmp_path):
    with Scratch(tmp_path) as scratch:
        first, second = scratch / "first", scratch / "second"
        first.write_bytes(b"hidden")
        np.save(second.open("wb"), np.arange(3))
        assert (scratch / "first").read_bytes() == b"hidden"
        assert np.load(second, mmap_mode="r").tolist() == [0, 1, 2]
        assert list(tmp_path.iterdir()) == []
        assert os.statvfs(first).f_fsid == os.statvfs(tmp_path).f_fsid  # it lies there all the same
    assert not first.exists()
    assert not second.exists()


_HARDENED = """
import ctypes, resource
from assay_validation.hardening import harden_process
harden_process()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_hardened_process_leaves_no_core_and_is_not_looked_into():
    ended = subprocess.run([sys.executable, "-c", _HARDENED], capture_output=True, text=True, check=True)
    assert ended.stdout == "0 0 0\n"


def test_a_job_cannot_choose_to_outlive_its_parent(tmp_path):
    """It is killed with the process that started it, and may not change the signal; see prctl(2)."""
    (tmp_path / "surviving_job.py").write_text(
        "import ctypes\n"
        "def run(arguments, inputs, outputs):\n"
        "    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    return {'changed': libc.prctl(1, 0, 0, 0, 0), 'error': ctypes.get_errno(),\n"
        "            'named': libc.prctl(15, b'job', 0, 0, 0)}\n"
    )
    job = Job("surviving_job", import_from=(tmp_path,))
    assert run(job, Limits()) == {"changed": -1, "error": errno.EPERM, "named": 0}
