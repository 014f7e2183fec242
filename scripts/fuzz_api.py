"""Calls the index's read API with all that its OpenAPI document allows, and with what it does not.

The index is of a made-up chain on which everything has happened that can, and schemathesis invents the
requests (`make fuzz-api`). An answer fails that is a server error, that the document does not announce, or
whose body has another form; so does one that takes a request which the document forbids. What follows the
script's name goes to schemathesis, such as a longer time.
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from fake_market import FakeMarket, fresh, made_up  # noqa: E402

from assay_indexer.follow import Follower  # noqa: E402
from assay_indexer.monitor import Monitor  # noqa: E402
from assay_indexer.projections import TAKERS  # noqa: E402
from assay_indexer.server import serving  # noqa: E402

SCHEMATHESIS = ROOT / ".venv" / "tools" / "bin" / "schemathesis"
FIRST = [("VickreyAuction", "AuctionOpened"), ("CommissionMarket", "CommissionOpened")]
ROUNDS = 3
OPTIONS = ("--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "100", "--seed", "1")


def main():
    """Serve an index, and have schemathesis look for what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = fresh(Path(folder), "index")
        Follower(everything().session(), engine, confirmations=3).poll()
        with serving(engine, Monitor(), "127.0.0.1:0", rate=0) as port:
            address = f"http://127.0.0.1:{port}/openapi.json"
            done = subprocess.run([SCHEMATHESIS, "run", address, *OPTIONS, *sys.argv[1:]], cwd=folder)
    sys.exit(done.returncode)


def everything():
    """A chain with some of every event that the index takes."""
    market, chance = FakeMarket(), random.Random(1)  # noqa: S311 - the same chain each time
    for _ in range(ROUNDS):
        for event in [*FIRST, *sorted(TAKERS)]:
            market.chain.mine(made_up(*event, chance))
    return market


if __name__ == "__main__":
    main()
