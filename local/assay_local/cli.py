"""`assay up`, `assay demo`, `assay time-travel`, `assay faucet`: a market on this machine.

:mod:`assay.cli` starts this program, so that a client needs none of it.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assay.cli.arguments import AddressText, DurationText, parse_amount_text
from assay.cli.output import Cell, moment, money, show
from assay.cli.settings import HELP, Commands, Json, Settings

if TYPE_CHECKING:
    from assay_local.market import LocalMarket, Progress

RPC_PORT, IPFS_PORT = 8545, 5001
ACCOUNTS = ("alice", "bob", "carol")
STAKE = 5_000
_FOLDER, _DEPLOYMENTS = Path(".local/market"), Path("deployments")
RpcPort = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the chain's RPC.")]
IpfsPort = Annotated[int, typer.Option("--ipfs-port", min=1, max=65535, help="Port of the storage's RPC.")]
_INDEX_DISTANCE, _WEB_DISTANCE = 101, 102  # from the port of the chain
_CHECK_SECONDS = 1.0
_ETHER_DECIMALS = 18
_PLAIN_WIDTH = 120  # where no terminal says how wide it is


app = typer.Typer(
    cls=Commands, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False, context_settings=HELP
)


@app.callback()
def root(
    context: typer.Context,
    rpc: Annotated[
        list[str] | None, typer.Option(envvar="ASSAY_RPC", help="RPC endpoint of the chain.")
    ] = None,
    deployment: Annotated[
        Path | None,
        typer.Option(envvar="ASSAY_DEPLOYMENT", help="The file with the contracts' addresses."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
) -> None:
    """Connection settings, as `assay` has them."""
    context.obj = Settings(
        rpc=rpc or [f"http://127.0.0.1:{RPC_PORT}"],
        ipfs=[],
        deployment=deployment or _DEPLOYMENTS / "31337.json",
        keystore=None,
        debug=debug,
    )


@app.command()
def up(
    validators: Annotated[int, typer.Option(min=0, max=31, help="How many validators to run.")] = 5,
    port: RpcPort = RPC_PORT,
    ipfs_port: IpfsPort = IPFS_PORT,
    as_json: Json = False,
) -> None:
    """Start a local market: chain, storage, contracts, index, pages, validators. Ctrl-C stops it.

    It takes the place of a market that ran in this folder before, and leaves alone one that still runs.
    """
    from assay_local.needs import MARKET, require_packages, require_sandbox

    require_packages("up", MARKET)
    if validators:
        require_sandbox("`assay up --validators 0` starts a market without validators.")
    console = Console(stderr=True, highlight=False)
    with _standard(port, ipfs_port) as local:

        def progress(step: str) -> None:
            console.print(f"  [dim]·[/] {step}")

        furnish(local, validators, progress)
        if as_json:
            typer.echo(json.dumps(_addresses(local), indent=2))
        else:
            _introduce(console, local)
        _keep(local)


def furnish(local: LocalMarket, validators: int, progress: Progress) -> None:
    """Start a market with so many validators, and give everybody in ACCOUNTS an account with test money."""
    local.start(progress)
    progress("the index, and the market's pages")
    open_to_readers(local)
    if validators:
        names = [f"validator-{number}" for number in range(1, validators + 1)]
        local.add_validators(names, STAKE, progress)
    for name in ACCOUNTS:
        local.actor(name)
    local.await_index()
    local.await_web()


def open_to_readers(local: LocalMarket) -> None:
    """Start index and pages of a market, and do not wait for them."""
    local.spawn_index(_beside(local.anvil.port, _INDEX_DISTANCE))
    local.spawn_web(_beside(local.anvil.port, _WEB_DISTANCE))


def _beside(rpc_port: int, distance: int) -> int:
    """A port beside the chain's, such as 8646 beside 8545, or any that is free."""
    from assay_local.anvil import free_port, is_free

    wanted = rpc_port + distance
    return wanted if wanted < 2**16 and is_free(wanted) else free_port()


@app.command()
def demo(
    page: Annotated[Path, typer.Option(help="Where the page with tables and pictures goes.")] = Path(
        "demo.html"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Leave the market running afterwards.")] = False,
    port: RpcPort = RPC_PORT,
    ipfs_port: IpfsPort = IPFS_PORT,
    as_json: Json = False,
) -> None:
    """Play the story of a hospital's commission, start to finish, on real data."""
    from assay_local.needs import STORY, require_packages, require_programs, require_sandbox

    require_packages("demo", STORY)
    require_sandbox()
    if not keep:
        require_programs()
    from assay_local.demo.play import play
    from assay_local.demo.record import as_json as record_as_json
    from assay_local.demo.telling import require_own, tell
    from assay_local.market import LocalMarket

    require_own(page)
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    console = Console(stderr=as_json, highlight=False, width=width)
    with ExitStack() as stack:
        if keep:
            local = stack.enter_context(_standard(port, ipfs_port))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-demo-"))
            local = stack.enter_context(LocalMarket(Path(folder)))
        played = play(local, page, console)
        if as_json:
            typer.echo(json.dumps(record_as_json(played.record), indent=2))
        else:
            tell(console, played)
        console.print(f"\nThe whole story with pictures: {page}")
        if keep:
            open_to_readers(local)
            local.await_index()
            local.await_web()
            console.print(f"The deal in a browser: {local.web_url}/deals/{played.ending.commission_id}")
            _introduce(console, local)
            _keep(local)
        elif not as_json:
            console.print("`make demo ARGS=--keep` leaves the market running, with its pages in a browser.")


@app.command()
def time_travel(
    context: typer.Context,
    duration: DurationText,
    as_json: Json = False,
) -> None:
    """Move a local chain's time forward, and its blocks by a few. Works on Anvil only."""
    from assay_local.local_chain import LocalChain

    settings: Settings = context.obj
    show({"chain_time": moment(LocalChain(settings.rpc[0]).travel(duration))}, as_json)


@app.command()
def faucet(
    context: typer.Context,
    account: AddressText,
    tokens: Annotated[
        str, typer.Option(parser=parse_amount_text, help="Of each token of the market, in token units.")
    ] = "10000",
    currency: Annotated[
        str, typer.Option(parser=parse_amount_text, help="Of the chain's currency, which pays gas, in ether.")
    ] = "10",
    as_json: Json = False,
) -> None:
    """Give an account test tokens, and currency to pay gas with. Works on a local chain only."""
    from assay.market import Market
    from assay.words.amounts import parse_amount, short_amount
    from assay_local.faucet import mint, tokens_of
    from assay_local.local_chain import LocalChain

    settings: Settings = context.obj
    chain, wei = LocalChain(settings.rpc[0]), parse_amount(currency, _ETHER_DECIMALS)
    with Market.connect(settings.rpc, deployment=settings.deployment) as market:
        known = tokens_of(market)
        mint(market, chain, account, known, tokens)
        balance = chain.give_currency(account, wei)
        held = {
            token.symbol: money(market.escrow.wallet_balance(account, token=token.address), token)
            for token in known
        }
        record = {
            "account": account,
            "tokens": Cell(held, ", ".join(one.text for one in held.values())),
            "currency": Cell(str(balance), f"{short_amount(balance, _ETHER_DECIMALS)} ether", "wei"),
        }
    show(record, as_json)


@contextmanager
def _standard(rpc_port: int, ipfs_port: int) -> Iterator[LocalMarket]:
    """A fresh market where the `assay` command looks for one by default.

    Raises:
        LocalMarketError: one runs there, a port is taken, or files are there that no market made. Then
            nothing was touched.
    """
    from assay_local.anvil import require_free
    from assay_local.lock import FolderLock
    from assay_local.market import LocalMarket
    from assay_local.needs import require_programs

    rpc, ipfs = f"http://127.0.0.1:{rpc_port}", f"http://127.0.0.1:{ipfs_port}"
    with FolderLock(_FOLDER, rpc=rpc, ipfs=ipfs) as lock:
        require_free(rpc_port, "chain", "--port")
        require_free(ipfs_port, "storage", "--ipfs-port")
        require_programs()  # after the ports: it may have to fetch them
        lock.clear(LocalMarket.ENTRIES)
        with LocalMarket(
            _FOLDER, rpc_port=rpc_port, ipfs_port=ipfs_port, deployments=_DEPLOYMENTS, lock=lock
        ) as local:
            kept = lock.set_aside(local.deployment)
            if kept is not None:
                typer.echo(f"A deployment file of another chain was there; it is now {kept}.", err=True)
            yield local


def _introduce(console: Console, local: LocalMarket) -> None:
    console.print(f"\nThe market runs: chain {local.anvil.rpc}, storage {local.ipfs.url}.")
    console.print(f"Look at it in a browser: {local.web_url}", soft_wrap=True)
    console.print("Be one of its accounts in another shell, for example:\n")
    names = sorted(path.stem for path in local.keystores.glob("*.json"))
    console.print(f'  export PATH="{Path(sys.executable).parent}:$PATH"', soft_wrap=True)
    for variable, value in local.environment(names[0]).items():
        console.print(f"  export {variable}={value}", soft_wrap=True)
    console.print("  assay status\n")
    console.print(f"Accounts in {local.keystores}: {', '.join(names)}.", soft_wrap=True)
    console.print("`assay time-travel 6h` moves the chain's time on. Ctrl-C stops the market.")


def _addresses(local: LocalMarket) -> dict[str, object]:
    return {
        "rpc": local.anvil.rpc,
        "ipfs": local.ipfs.url,
        "index": local.index_url,
        "web": local.web_url,
        "deployment": str(local.deployment),
        "passphrase_file": str(local.passphrase_file),
        "keystores": {path.stem: str(path) for path in sorted(local.keystores.glob("*.json"))},
    }


def _keep(local: LocalMarket) -> None:
    """Until Ctrl-C or SIGTERM, or until a process dies."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    while not stop.wait(_CHECK_SECONDS):
        local.check()


def main() -> None:
    """Run a command; it calls itself `assay`, as people do."""
    app(prog_name="assay")
