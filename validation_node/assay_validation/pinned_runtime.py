"""Makes ONNX Runtime see the same processor on every machine, so that a model gives the same bits.

The runtime asks the processor what it is (the instruction ``cpuid``) and chooses its kernels by the answer.
Each kernel adds in its own order, and so rounds in its own way. Here the answer is always that of a Sandy
Bridge (2011: AVX, no AVX2, no FMA), as QEMU emulates it, with the sizes of its caches: these decide how sums
are divided.

In a copy of the library, in memory, each ``cpuid`` is replaced by ``ud2``, which has the same length and is
illegal on every processor. Linux then sends SIGILL, and the handler of this signal writes the answer into the
registers. This happens a few dozen times, while the runtime starts. `CPUID_SITES` says where the instructions
are, for each build of the runtime; ``scripts/cpuid_sites.py`` finds them.
"""

import ctypes
import hashlib
import importlib.util
import json
import mmap
import os
import re
import signal
import sys
from collections.abc import Container, Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from assay_validation.sandbox.kernel import ARCHITECTURE

CPUID_SITES = Path(__file__).with_name("cpuid_sites.json")
"""The offsets of ``cpuid`` instructions, by the SHA-256 of the runtime's library in hexadecimal."""
GLIBC_TUNABLES = "glibc.cpu.hwcaps=-AVX2,-AVX,-FMA,-FMA4,-AVX512F"
"""The value of this environment variable that keeps glibc from choosing functions by the processor."""
_ENVIRONMENT = {"ORT_DISABLE_FLASH_ATTENTION": "1", "ORT_GQA_DISABLE_FLASH_ATTENTION": "1"}
"""Flash attention divides sums by the size of a cache, for which it asks the C library."""
_LIBRARY = "onnxruntime.capi.onnxruntime_pybind11_state"
_DESCRIPTORS = "/proc/self/fd/"
_UD2 = b"\x0f\x0b"
_SANDY_BRIDGE = {
    # (leaf, subleaf): EAX, EBX, ECX, EDX
    (0x0, 0): (0xD, 0x756E6547, 0x6C65746E, 0x49656E69),  # "GenuineIntel"
    (0x1, 0): (0x206A1, 0x800, 0x1E982203, 0x78BFBFD),  # SSE to SSE4.2, POPCNT, AVX
    (0x2, 0): (0x1, 0x0, 0x4D, 0x2C307D),
    (0x4, 0): (0x121, 0x1C0003F, 0x3F, 0x1),  # 32 KiB for data
    (0x4, 1): (0x122, 0x1C0003F, 0x3F, 0x1),  # 32 KiB for instructions
    (0x4, 2): (0x143, 0x3C0003F, 0xFFF, 0x1),  # 4 MiB
    (0x4, 3): (0x163, 0x3C0003F, 0x3FFF, 0x6),  # 16 MiB
    (0xD, 0): (0x7, 0x340, 0x340, 0x0),  # the registers of x87, SSE and AVX are saved
    (0x80000000, 0): (0x80000008, 0x0, 0x0, 0x0),
    (0x80000001, 0): (0x206A1, 0x0, 0x1, 0x28100800),
}
_NOTHING = (0, 0, 0, 0)
_CACHES = 4
"""The leaf that has a subleaf for each cache."""
_SA_SIGINFO = 4
_REGISTERS = 40
"""Where the registers begin in struct ucontext_t (x86-64), in bytes."""
_RBX, _RDX, _RAX, _RCX, _RIP = 11, 12, 13, 14, 16
"""The places of registers there; each takes eight bytes."""
_MAP_FAILED = 2**64 - 1
_PIECE = 1 << 24


class UnknownBuildError(ImportError):
    """The cpuid instructions of this build of ONNX Runtime are not known."""


def load() -> None:
    """Import ``onnxruntime``, pinned.

    Nothing happens if this has been done. On other processors than x86-64 the runtime is not pinned.

    Raises:
        UnknownBuildError: this build of the runtime is not in `CPUID_SITES`.
        ImportError: this processor has no AVX, or the runtime is loaded already, and not pinned.
    """
    if ARCHITECTURE != "x86_64":
        return
    if _LIBRARY in sys.modules:
        if not str(sys.modules[_LIBRARY].__file__).startswith(_DESCRIPTORS):
            raise ImportError("ONNX Runtime was imported before pinned_runtime.load(), so it is not pinned.")
        return
    _require_avx(Path("/proc/cpuinfo").read_text())
    os.environ.update(_ENVIRONMENT)
    descriptor, sites = _patched_copy(_library())
    path = f"{_DESCRIPTORS}{descriptor}"
    _answer_at(path, sites)
    finder = _Finder(path)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module("onnxruntime")
    finally:
        sys.meta_path.remove(finder)
        os.close(descriptor)


def _require_avx(processors: str) -> None:
    if not re.search(r"^flags\b.*\bavx\b", processors, re.MULTILINE):
        raise ImportError("This processor has no AVX, so it cannot compute as other machines do.")


class _Finder:
    """Finds the library at *path* where Python looks for the runtime's."""

    def __init__(self, path: str) -> None:
        self._path = path

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _LIBRARY:
            return None
        return importlib.util.spec_from_file_location(name, loader=ExtensionFileLoader(name, self._path))


def _library() -> Path:
    """The runtime's library, found without importing the runtime."""
    package = PathFinder.find_spec("onnxruntime")
    folders = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec(_LIBRARY, [f"{folders[0]}/capi"]) if folders else None
    if spec is None or spec.origin is None:
        raise ImportError("ONNX Runtime is not installed.")
    return Path(spec.origin)


def _patched_copy(library: Path) -> tuple[int, frozenset[int]]:
    """A copy of *library* in memory with ud2 in place of each cpuid, and where these are."""
    descriptor = os.memfd_create("onnxruntime", os.MFD_CLOEXEC)
    with library.open("rb") as original:
        while os.sendfile(descriptor, original.fileno(), None, _PIECE):
            pass
    with os.fdopen(descriptor, "rb", closefd=False) as copy:
        copy.seek(0)
        digest = hashlib.file_digest(copy, "sha256").hexdigest()
    known: dict[str, list[int]] = json.loads(CPUID_SITES.read_text())
    if digest not in known:
        raise UnknownBuildError(
            f"This build of ONNX Runtime (SHA-256 {digest}) cannot be made to compute as on other machines. "
            "Install the one from PyPI that Assay's wheel asks for, with CPython 3.11 to 3.14 (with the GIL)."
        )
    for site in known[digest]:
        os.pwrite(descriptor, _UD2, site)
    return descriptor, frozenset(known[digest])


class _SigAction(ctypes.Structure):
    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ulong * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


class _Symbol(ctypes.Structure):
    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


_Handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
_libc.dladdr.argtypes = (ctypes.c_void_p, ctypes.POINTER(_Symbol))
_libc.sigaction.argtypes = (ctypes.c_int, ctypes.POINTER(_SigAction), ctypes.POINTER(_SigAction))
_kept: list[object] = []
"""Handlers, which live as long as this process."""


def _answer_at(path: str, sites: Container[int]) -> None:
    """Answer each ud2 at *sites* (offsets) of the library loaded from *path*; others end the process."""
    file, symbol = path.encode(), _Symbol()

    def answer(_signal: int, _info: int, context: int) -> None:
        registers = (ctypes.c_uint64 * 17).from_address(context + _REGISTERS)
        place = registers[_RIP]
        _libc.dladdr(place, ctypes.byref(symbol))
        if symbol.file != file or place - (symbol.base or 0) not in sites:
            _libc.sigaction(signal.SIGILL, ctypes.byref(_SigAction()), None)  # the default ends the process
            return
        leaf, subleaf = registers[_RAX] & 0xFFFF_FFFF, registers[_RCX] & 0xFFFF_FFFF
        found = _SANDY_BRIDGE.get((leaf, subleaf if leaf == _CACHES else 0), _NOTHING)
        registers[_RAX], registers[_RBX], registers[_RCX], registers[_RDX] = found
        registers[_RIP] = place + len(_UD2)

    handler = _Handler(answer)
    _kept.append(handler)
    address = _with_aligned_stack(ctypes.cast(handler, ctypes.c_void_p).value or 0)
    action = _SigAction(handler=address, flags=_SA_SIGINFO)
    if _libc.sigaction(signal.SIGILL, ctypes.byref(action), None) != 0:
        raise OSError(ctypes.get_errno(), "sigaction")


def _with_aligned_stack(function: int) -> int:
    """The address of code that calls *function* with the stack aligned as the ABI wants it.

    Linux aligns the stack of a signal's handler by itself; QEMU's user mode (7.2) does not.
    """
    code = (
        b"\x55"  # push rbp
        b"\x48\x89\xe5"  # mov rbp, rsp
        b"\x48\x83\xe4\xf0"  # and rsp, -16
        b"\x48\xb8" + function.to_bytes(8, "little") + b"\xff\xd0"  # mov rax, function; call rax
        b"\xc9\xc3"  # leave; ret
    )
    descriptor = os.memfd_create("handler", os.MFD_CLOEXEC)
    os.write(descriptor, code)
    address = _libc.mmap(None, len(code), mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, descriptor, 0)
    os.close(descriptor)
    if address == _MAP_FAILED:
        raise OSError(ctypes.get_errno(), "mmap")
    return int(address)
