"""Namespaces: a process tree of its own, without network, in a root that holds only read-only code.

There are two ways to get there: bubblewrap, if the operator has installed it, and the few kernel calls below,
if unprivileged user namespaces are allowed.
"""

import os
import select
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay_validation.sandbox import kernel

NOBODY = 65534

_NEW_NS, _NEW_CGROUP, _NEW_UTS, _NEW_IPC = 0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000
_NEW_USER, _NEW_PID, _NEW_NET = 0x1000_0000, 0x2000_0000, 0x4000_0000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
# a less privileged mount namespace may not drop these: statvfs flag -> mount flag
_LOCKED = {0x02: 0x02, 0x04: 0x04, 0x08: 0x08, 0x400: 0x400, 0x800: 0x800, 0x1000: 1 << 21}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def bubblewrap_command(bwrap: str, folders: Sequence[Path], environment: Mapping[str, str]) -> list[str]:
    """The command line that runs what follows it in fresh namespaces with *folders* read-only."""
    command = [
        bwrap,
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
    ]
    command += ["--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "jail"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    command += [
        "--proc",
        "/proc",
    ]  # to load the runtime from memory; Landlock, where there is one, then forbids it
    for folder in folders:
        command += ["--ro-bind", str(folder), str(folder)]
    return [*command, "--remount-ro", "/", "--"]


def enter_tree() -> bool:
    """Become process 1 of a new process namespace. When it ends, the kernel kills all that it has started.

    Returns:
        whether that is allowed here.
    """
    uid, gid = os.getuid(), os.getgid()
    try:
        kernel.unshare(_NEW_USER | _NEW_PID)
    except OSError:
        return False
    _map_to_nobody(uid, gid)
    _continue_in_child()
    return True


def fork_apart(tree: int) -> int:
    """As os.fork, but the child is process 1 of a namespace of its own.

    *tree* is a descriptor of this process's namespace, which it has entered by `enter_tree`.

    Raises:
        OSError: the kernel does not allow it.
    """
    kernel.unshare(_NEW_PID)
    child = os.fork()
    if child:
        kernel.setns(tree, _NEW_PID)  # so that the next child gets another one
    return child


def enter(folders: Sequence[Path]) -> None:
    """Move this single-threaded process into fresh namespaces; returns in process 1 of its own namespace.

    After `fork_apart`, that is this process itself. Otherwise it is a child, and the original process stays
    behind only to pass on the child's exit.

    Raises:
        OSError: the kernel or its administrator forbids unprivileged user namespaces.
    """
    uid, gid, apart = os.getuid(), os.getgid(), os.getpid() == 1
    kernel.unshare(
        _NEW_USER | _NEW_NS | _NEW_NET | _NEW_IPC | _NEW_UTS | _NEW_CGROUP | (0 if apart else _NEW_PID)
    )
    _map_to_nobody(uid, gid)
    _replace_root(folders)
    if not apart:
        _continue_in_child()


def _map_to_nobody(uid: int, gid: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def _continue_in_child() -> None:
    """Return in a child that dies with this process, which only passes on the child's exit status."""
    alive, held = os.pipe()
    child = os.fork()
    if child:
        os.close(alive)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.close(held)
    if select.select([alive], [], [], 0)[0]:  # it died before that
        os._exit(os.EX_UNAVAILABLE)
    os.close(alive)


def _replace_root(folders: Sequence[Path]) -> None:
    kernel.mount("none", "/", "", _REC | _PRIVATE)
    root = tempfile.gettempdir()  # any folder will do as a mount point: only this namespace sees it covered
    # look up what may lie below the mount point before it is covered; links are followed
    sources = [(f, f.is_dir(), os.open(f, os.O_PATH)) for f in folders]
    kernel.mount("jail", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    for folder, is_folder, descriptor in sources:
        target = root + str(folder)
        os.makedirs(target if is_folder else os.path.dirname(target), exist_ok=True)
        if not is_folder:
            Path(target).touch()
        kernel.mount(f"/proc/self/fd/{descriptor}", target, "", _BIND | _REC)
        os.close(descriptor)
        kept = sum(flag for seen, flag in _LOCKED.items() if os.statvfs(target).f_flag & seen)
        kernel.mount("none", target, "", _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV | kept & ~6)
    kernel.mount("none", root, "", _REMOUNT | _RDONLY | _NOSUID | _NODEV, "size=1m,mode=755")
    os.chdir(root)
    kernel.syscall(_PIVOT_ROOT[kernel.ARCHITECTURE], b".", b".")
    kernel.detach(".")
    os.chdir("/")


def code_folders() -> list[Path]:
    """What a Python process must read to run this package: the interpreter, its libraries, the system's."""
    import assay_validation

    own = Path(assay_validation.__file__).parent
    candidates = [Path(p) for p in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache")]
    candidates += [Path(sys.base_prefix), Path(sys.prefix), own]
    found = [c for c in dict.fromkeys(candidates) if c.exists()]
    return [f for f in found if not any(f != g and f.is_relative_to(g) for g in found)]
