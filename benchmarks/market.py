"""The model market: the time from `assay buy` to the opened model, what commands ask, what steps cost.

The chain, the IPFS node and the seller's daemon are real ones on this machine, and every command is a process
of its own. Waits for the challenge are not counted: a buyer has the model before it ends.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from client import made
from reading import counted
from report import publish

from assay.chain.journal_file import STATE_VARIABLE
from assay.store import KuboStore
from assay_local.anvil import Anvil
from assay_local.ipfs import IpfsNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

from conftest import Chain  # noqa: E402
from patients import order_for, train, write_patients  # noqa: E402
from shop import Shop  # noqa: E402

UNIT, DAY = 10**18, 86_400
BUYERS, TOGETHER = 5, 10
COLUMNS = {"name": "what", "value": "ours", "unit": "unit", "aim": "aim", "ok": "ok"}
READING = ("licence offers", "buy 1 --dry-run", "licence show {sale}", "sell quote {good}")


def main() -> None:
    """Measure everything; takes about two minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[STATE_VARIABLE] = str(folder / "state")
        with (
            Anvil(made(folder / "logs")).launch() as anvil,
            IpfsNode(folder / "ipfs") as node,
            KuboStore(node.url) as store,
        ):
            shop = Shop(Chain(anvil), store, node.url, made(folder / "people"))
            data = write_patients(folder / "data.csv")
            shop.prepare(order_for(data, risk_class=1), data, train(folder / "model.onnx"))
            rows = [*offers(shop), *purchases(shop, folder), *requests(shop), *gas(shop)]
            shop.close()
    publish("market", "The model market", COLUMNS, rows)
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


def offers(shop: Shop) -> Iterator[dict[str, object]]:
    """The first offer lists the model as well and brings the bond; later ones say what is sold."""
    shop.offer(seats=10, in_flight=100)
    yield row("offer of a listed model", shop.offer(price=UNIT).receipt.gas_used, "gas", 90_000)


def purchases(shop: Shop, folder: Path) -> Iterator[dict[str, object]]:
    """From the command to the opened model, each as a fresh account with nothing but tokens and gas."""
    seconds = []
    with serving(shop):
        for number in range(BUYERS):
            name, dest = f"buyer {number}", folder / f"{number}.onnx"
            shop.buyer(name)
            started = time.perf_counter()
            assay(shop, name, "buy", "1", str(dest), "--jurisdiction", "CH", "--at-most", "120", "--json")
            seconds.append(time.perf_counter() - started)
            assert dest.read_bytes() == (folder / "model.onnx").read_bytes()
    yield row("from `assay buy` to the opened model, median", statistics.median(seconds), "s", 10)
    yield row("from `assay buy` to the opened model, slowest", max(seconds), "s", 10)


def requests(shop: Shop) -> Iterator[dict[str, object]]:
    """What a command asks of a node."""
    from typer.testing import CliRunner

    from assay.cli import app

    sale = next(shop["anyone"].licences.bought())
    for command in READING:
        with counted() as asked:
            line = command.format(sale=sale, good=shop.good.hex())
            done = CliRunner().invoke(app, line.split(), env=shop.environment("hospital"))
        assert done.exit_code == 0, done.output
        yield row(f"assay {command}: requests", len(asked), "requests", 10)


def gas(shop: Shop) -> Iterator[dict[str, object]]:
    """Whole transactions of accounts that have bought or sold before."""
    buyer, seller = shop["buyer 0"], shop["hospital"]
    bought = [buyer.licences.buy(buyer.licences.quote(1)) for _ in range(TOGETHER + 1)]
    yield row("buy with a permit", bought[-1].receipt.gas_used, "gas", 150_000)
    delivered = [seller.licences.deliver(seller.licences.get(one.sale_id)) for one in bought]
    yield row("deliver", delivered[-1].gas_used, "gas", 50_000)
    shop.chain.advance(DAY + 1)
    first, *rest = (seller.licences.get(one.sale_id) for one in bought)
    (alone,), (together,) = seller.licences.collect([first]), seller.licences.collect(rest)
    yield row("collect one", alone.gas_used, "gas", 60_000)
    yield row(f"collect each of {TOGETHER}", together.gas_used // TOGETHER, "gas", 25_000)


@contextmanager
def serving(shop: Shop) -> Iterator[None]:
    """The seller's daemon runs meanwhile."""
    command = [sys.executable, "-m", "assay", "sell", "serve"]
    environment = {**os.environ, **shop.environment("hospital")}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as daemon:
        assert daemon.stderr is not None
        daemon.stderr.readline()  # it says that it has begun
        try:
            yield
        finally:
            daemon.terminate()
            daemon.communicate(timeout=30)


def assay(shop: Shop, name: str, *words: str) -> object:
    """What a command says, run as *name*."""
    command = [sys.executable, "-m", "assay", *words]
    environment = {**os.environ, **shop.environment(name)}
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"assay {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def row(name: str, value: float, unit: str, aim: float) -> dict[str, object]:
    """A figure beside its limit."""
    return {"name": name, "value": value, "unit": unit, "aim": aim, "ok": value <= aim}


if __name__ == "__main__":
    main()
