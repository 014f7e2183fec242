"""seccomp: the system calls a job has no business with fail with EPERM (seccomp(2)).

A deny list, because the jail's other layers already hold files and network: this one removes sockets of every
kind, new processes, debugging of others, signals, metadata changes on the descriptors a job was lent, and the
kernel interfaces where escapes are usually found. An allow list would break with every new libc.
"""

import ctypes
import struct

from assay_validation.sandbox.kernel import ARCHITECTURE, PR_SET_PDEATHSIG, prctl

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_KILL, _ERRNO, _ALLOW = 0x8000_0000, 0x0005_0000, 0x7FFF_0000
_EPERM, _ENOSYS = 1, 38
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24  # offsets in struct seccomp_data
_CLONE_THREAD = 0x0001_0000
_X32_BIT = 0x4000_0000

_AUDIT_ARCH = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_PRLIMIT = {"x86_64": 302, "aarch64": 261}
_PRCTL = {"x86_64": 157, "aarch64": 167}
_FCNTL = {"x86_64": 72, "aarch64": 25}
_SIGNALLING = (8, 10, 15)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX."""
_CLONE3 = 435  # numbers from 424 on are the same on both

# fmt: off
_DENIED = {
    "x86_64": (
        41, 42, 43, 44, 45, 46, 47, 49, 50, 53, 288, 299, 307,  # socket … sendmmsg
        57, 58, 59, 322,                                        # fork, vfork, execve, execveat
        62, 129, 200, 234, 297,                                 # kill, rt_sigqueueinfo, tkill, tgkill, …
        101, 310, 311, 312,                                     # ptrace, process_vm_*, kcmp
        29, 30, 31, 64, 65, 66, 68, 69, 70, 71, 240,            # System V IPC, mq_open
        90, 91, 92, 93, 94, 260, 268, 280, 132, 235, 261,       # chmod, chown, utime families
        188, 189, 190, 197, 198, 199,                           # set and remove xattr
        155, 161, 165, 166, 272, 308,                           # pivot_root, chroot, mount, unshare, setns
        175, 313, 176, 246, 320, 169, 167, 168, 163,            # modules, kexec, reboot, swap, acct
        248, 249, 250, 298, 321, 323, 304, 303,                 # keys, perf, bpf, userfaultfd, handles
        285, 319,                                               # fallocate, memfd_create: neither is watched
        105, 106, 113, 114, 117, 119, 126, 160,                 # set*id, capset, setrlimit
    ),
    "aarch64": (
        198, 199, 200, 201, 202, 203, 206, 207, 211, 212, 242, 243, 269,
        221, 281,
        129, 130, 131, 138, 240,
        117, 270, 271, 272,
        186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 180,
        52, 53, 54, 55, 88,
        5, 6, 7, 14, 15, 16,
        40, 39, 41, 51, 97, 268,
        105, 106, 273, 104, 294, 142, 224, 225, 89,
        217, 218, 219, 241, 280, 282, 264, 265,
        47, 279,
        91, 143, 144, 145, 146, 147, 149, 164,
    ),
}
_DENIED_EVERYWHERE = (
    424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 440, 442, 443, 447, 448, 452,
)  # pidfd_*, io_uring, open_tree … fspick, process_madvise, mount_setattr, quotactl_fd, memfd_secret, …
# fmt: on


def available() -> bool:
    """Whether a filter is written for this architecture."""
    return ARCHITECTURE in _AUDIT_ARCH


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def deny_dangerous_calls() -> None:
    """Install the filter for this process and all it creates (no_new_privs must be set).

    Raises:
        OSError: the kernel refused.
    """
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in _instructions())
    program = _Program(length=len(code) // 8, filter=code)
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


def _instructions() -> list[tuple[int, int, int, int]]:
    """Each is (code, jump if true, jump if false, operand)."""
    program = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[ARCHITECTURE]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if ARCHITECTURE == "x86_64":
        program += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    for number in (*_DENIED[ARCHITECTURE], *_DENIED_EVERYWHERE):
        program += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    # clone3 hides its flags behind a pointer; with ENOSYS libc falls back to clone, which may make threads
    # only
    program += [(_JUMP_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | _ENOSYS)]
    program += [
        (_JUMP_EQUAL, 0, 4, _CLONE[ARCHITECTURE]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    # one's own limits may be read; another process's may not be touched
    program += [
        (_JUMP_EQUAL, 0, 4, _PRLIMIT[ARCHITECTURE]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    # a file that reports its events by signals could have the kernel send any signal to any process
    program += [(_JUMP_EQUAL, 0, 3 + len(_SIGNALLING), _FCNTL[ARCHITECTURE]), (_LOAD, 0, 0, _SECOND_ARGUMENT)]
    program += [(_JUMP_EQUAL, len(_SIGNALLING) - place, 0, one) for place, one in enumerate(_SIGNALLING)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    # a job dies with the process that started it, and cannot change that
    program += [
        (_JUMP_EQUAL, 0, 3, _PRCTL[ARCHITECTURE]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_EQUAL, 0, 1, PR_SET_PDEATHSIG),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return program
