"""What a command costs, and how fast files are sealed and stored, each beside its limit.

The markets are real ones on this machine. Requests are counted where they leave the SDK, a batch as one.
Figures of files stand beside the bare operation that limits them, measured in the same run.
"""

import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from reading import counted, lines
from report import publish

from assay.chain.journal_file import STATE_VARIABLE
from assay.market import Market
from assay.markets.order import Order
from assay.seal import ContentKey, Sealer, open_to_file
from assay.store import FolderStore, KuboStore
from assay.store.cid import unixfs_cid
from assay.structs import Role
from assay_local.anvil import Anvil
from assay_local.ipfs import IpfsNode
from assay_local.market import LocalMarket

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))  # the people of a market, and a story that brings everything about

from conftest import Chain  # noqa: E402
from story import Story  # noqa: E402

COMMISSIONS, TOKENS = 1_000, 10_000_000
MIB = 1 << 20
SIZE, REPEATS = 128, 3  # MiB of a file; the median counts
COLUMNS = {"name": "what", "value": "ours", "unit": "unit", "aim": "aim", "ratio": "of the aim", "ok": "ok"}


def main() -> None:
    """Measure everything; takes about six minutes on a machine that does nothing else."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*files(folder), *reading(folder), *lists(folder)]
    publish("client", "Commands, lists and files", COLUMNS, rows)
    if not all(row["ok"] for row in rows if row["aim"] is not None):
        raise SystemExit(1)


def reading(folder: Path) -> Iterator[dict[str, object]]:
    """Each command that only reads, as a process of its own, on a deal with all there can be."""
    os.environ[STATE_VARIABLE] = str(folder / "state")
    with (
        Anvil(made(folder / "logs")).launch() as anvil,
        IpfsNode(folder / "story") as node,
        KuboStore(node.url) as store,
    ):
        stage = Story(Chain(anvil), store, node.url, made(folder / "people"))
        audited = stage.make_audited(stage["hospital"].models.latest_version(stage.make_base()))
        environment = {**os.environ, **stage.environment("hospital")}
        yield row("assay --help", cpu(["--help"], environment), "CPU s", 0.3)
        for command, line in lines(stage, audited).items():
            with counted() as requests:
                ask(line, environment)
            yield row(f"assay {command}", cpu(line.split(), environment), "CPU s", 0.8)
            yield row(f"assay {command}: requests", len(requests), "requests", 10)
        stage.close()


def lists(folder: Path) -> Iterator[dict[str, object]]:
    """A thousand commissions."""
    with LocalMarket(folder / "market") as local:
        local.start()
        hospital = local.actor("hospital")
        local.fund(hospital.address, TOKENS)
        fill(hospital, local.folder)
        with counted() as requests:
            started = time.perf_counter()
            found = len(list(islice(hospital.commissions.list(), COMMISSIONS)))
            seconds = time.perf_counter() - started
        assert found == COMMISSIONS
    yield row(f"list {COMMISSIONS:,} commissions", seconds, "s", 1)
    yield row(f"list {COMMISSIONS:,} commissions: requests", len(requests), "requests", 20)


def made(folder: Path) -> Path:
    """The folder, which is there."""
    folder.mkdir()
    return folder


def fill(hospital: Market, folder: Path) -> None:
    """Open the commissions; they differ in nothing."""
    hospital.participants.register(Role.CUSTOMER, jurisdiction="CH")
    data = folder / "data.csv"
    data.write_text("x,y\n1,0\n")
    draft = hospital.commissions.draft(Order.load(ROOT / "examples" / "order.json"), data)
    hospital.escrow.deposit(draft.total * COMMISSIONS, token=draft.request.token)
    for _ in range(COMMISSIONS):
        hospital.commissions.open(draft)


def ask(command: str, environment: dict[str, str]) -> None:
    """Run a command of `assay` in this process, where its requests can be counted."""
    from typer.testing import CliRunner

    from assay.cli import app

    done = CliRunner().invoke(app, command.split(), env=environment)
    if done.exit_code:
        raise SystemExit(f"assay {command} failed:\n{done.output}")


def cpu(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of processor time that a command of `assay` takes, at the least: other work on it only adds."""
    seconds = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "assay", *command], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


def files(folder: Path) -> Iterator[dict[str, object]]:
    """Sealing, opening and storing a file, on one core where nothing else is said."""
    data = [os.urandom(MIB)] * SIZE
    key = ContentKey.generate()
    cipher, nonce = AESGCM(os.urandom(32)), bytes(12)
    aes = speed(lambda: [cipher.encrypt(nonce, chunk, None) for chunk in data])
    sha = speed(lambda: [hashlib.sha256(chunk).digest() for chunk in data])
    yield row("AES-256-GCM", aes, "MiB/s", None)
    yield row("SHA-256", sha, "MiB/s", None)
    limit = 1 / (1 / aes + 2 / sha)  # of one pass with AES and two of SHA-256
    sealed = speed(lambda: unixfs_cid(Sealer(data, key)))
    yield row("seal a file and work out its CID", sealed, "MiB/s", limit / 2)
    sealer = Sealer(data, key)
    ciphertext = list(sealer)
    plain, size = sealer.plaintext_sha256, sealer.plaintext_size

    def opened() -> None:
        open_to_file(ciphertext, key, folder / "opened", sha256=plain, size=size)

    yield row("open to a file", speed(opened), "MiB/s", 600)
    fresh = iter(
        [[os.urandom(MIB) for _ in range(SIZE)] for _ in range(2 * REPEATS)]
    )  # a store keeps a block once
    with FolderStore(folder / "store") as store:
        yield row("put into a folder, flushed", speed(lambda: store.put(next(fresh))), "MiB/s", 400)
        cid = store.put(data)
        yield row("get from a folder", speed(lambda: list(store.get(cid, max_bytes=2 * size))), "MiB/s", 400)
    with IpfsNode(folder / "ipfs") as node, KuboStore(node.url) as store:
        yield row("put into the bundled IPFS node", speed(lambda: store.put(next(fresh))), "MiB/s", 400)
        cid = store.put(ciphertext)
        found = speed(lambda: list(store.get(cid, max_bytes=2 * size)))
        yield row("get from the bundled IPFS node", found, "MiB/s", 400)


def speed(work: Callable[[], object]) -> float:
    """MiB/s of *work* on a file of SIZE, in the median."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return SIZE / statistics.median(seconds)


def row(name: str, value: float, unit: str, aim: float | None) -> dict[str, object]:
    """A figure beside its aim: at least so many MiB/s, at most so much of everything else."""
    ratio = None if aim is None else value / aim
    ok = ratio is None or (ratio >= 1 if unit == "MiB/s" else ratio <= 1)
    return {"name": name, "value": value, "unit": unit, "aim": aim, "ratio": ratio, "ok": ok}


if __name__ == "__main__":
    main()
