"""Runs inside the jail and tries to get out; reports what happened."""

import atexit
import ctypes
import errno
import fcntl
import os
import signal
import socket
import stat
import sys
import threading
import time
from pathlib import Path


def run(arguments, inputs, outputs):
    arguments = dict(arguments)
    probe = PROBES[arguments.pop("probe")]
    descriptors = [*inputs.values(), *outputs.values()]
    try:
        return probe(*descriptors, **arguments)
    except OSError as error:
        if probe in (flood, chatter, save):
            raise
        return {"error": str(error)}


def die_at_the_end():
    """As threads of libraries do that need the interpreter when it has ended."""
    atexit.register(os.abort)
    return {"done": True}


def save(descriptor):
    import numpy as np

    with os.fdopen(descriptor, "wb") as file:
        np.save(file, np.zeros(1_000))
    return {}


def add(numbers):
    return {"sum": sum(numbers)}


def read(path):
    return {"content": Path(path).read_text()}


def list_folder(path):
    return {"names": os.listdir(path)}


def environment():
    return {"names": sorted(os.environ)}


def connect(port):
    socket.create_connection(("127.0.0.1", port), timeout=2)
    return {}


def write(path):
    Path(path).write_text("escaped")
    return {}


def fork():
    if os.fork() == 0:
        os._exit(0)
    return {}


def execute():
    os.execv("/bin/true", ["true"])


def send_signal(pid):
    os.kill(pid, 0)
    return {}


def memory_file():
    os.memfd_create("hidden")
    return {}


def have_signalled(pid, command):
    reading, _ = os.pipe()
    fcntl.fcntl(reading, command, pid)
    return {}


def privileges():
    libc = ctypes.CDLL(None, use_errno=True)
    calls = {
        "mount": lambda: libc.mount(b"none", b"/", b"tmpfs", 0, None),
        "unshare": lambda: libc.unshare(0x10000000),
        "ptrace": lambda: libc.ptrace(0, 0, 0, 0),
        "chroot": lambda: libc.chroot(b"/"),
    }
    found = {}
    for name, call in calls.items():
        ctypes.set_errno(0)
        found[name] = errno.errorcode[ctypes.get_errno()] if call() < 0 else "allowed"
    return found


def tamper(descriptor):
    attempts = {
        "write": lambda: os.write(descriptor, b"forged"),
        "truncate": lambda: os.ftruncate(descriptor, 0),
        "chmod": lambda: os.fchmod(descriptor, 0o777),
        "chown": lambda: os.fchown(descriptor, 1, 1),
        "utime": lambda: os.utime(descriptor, (0, 0)),
        "xattr": lambda: os.setxattr(descriptor, "user.x", b"x"),
        "reopen": lambda: os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY),
    }
    tampering = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            tampering[name] = "allowed"
        except OSError:
            tampering[name] = "refused"
    return {"content": os.read(descriptor, 100).decode(), "tampering": tampering}


def spin():
    while True:
        pass


def sleep():
    time.sleep(3600)


def allocate():
    return {"length": len(bytearray(8 << 30))}


def crash():
    ctypes.string_at(0)


def crash_without_memory():
    """As Arrow does: it checks what cannot fail, says so, and aborts."""
    sys.stderr.write("Check failed: Out of memory: malloc of size 15356416 failed\n")
    sys.stderr.flush()
    os.abort()


def misuse():
    raise ValueError("unforeseen")


def garbage():
    sys.stdout.write("} not json")
    return {}


def chatter():
    while True:
        sys.stdout.write("x" * 65536)


def threads():
    stop = threading.Event()
    for _ in range(100_000):
        threading.Thread(target=stop.wait, daemon=True).start()
    return {}


def flood(descriptor):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    while True:
        os.write(descriptor, b"x" * 65536)


def fill(*lent, size):
    """Write to everything there is, less to each than is allowed, and stay."""
    for descriptor in (0, 1, 2, *lent):
        os.ftruncate(descriptor, size)
    time.sleep(600)


def descriptors(*lent):
    """Everything that is open: what kind it is, and which of it was lent."""
    found = {}
    for number in range(1024):
        try:
            found[number] = stat.S_IFMT(os.fstat(number).st_mode)
        except OSError:
            continue
    return {"files": sorted(n for n, kind in found.items() if kind == stat.S_IFREG), "all": sorted(found)}


def hold(megabytes):
    """Take memory, and use it."""
    return {"held": len(bytearray(megabytes << 20)) >> 20}


PROBES = {
    "memory file": memory_file,
    "have signalled": have_signalled,
    "descriptors": descriptors,
    "hold": hold,
    "add": add,
    "die at the end": die_at_the_end,
    "read": read,
    "list": list_folder,
    "environment": environment,
    "connect": connect,
    "write": write,
    "fork": fork,
    "execute": execute,
    "signal": send_signal,
    "privileges": privileges,
    "tamper": tamper,
    "spin": spin,
    "sleep": sleep,
    "allocate": allocate,
    "crash": crash,
    "crash without memory": crash_without_memory,
    "raise": misuse,
    "garbage": garbage,
    "chatter": chatter,
    "threads": threads,
    "flood": flood,
    "fill": fill,
    "save": save,
}
