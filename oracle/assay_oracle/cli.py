"""The ``assay-oracle`` command."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import typer
from rich.console import Console
from rich.table import Table

from assay.cli.output import show, telling_time_by
from assay.errors import AssayError
from assay.words.help import speak_plainly
from assay_oracle.settings import Settings, explain

speak_plainly()
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The daemon of a validator.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Config = Annotated[Path, typer.Option("--config", help="Settings file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(
    config: Config = Path("oracle.toml"),
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more.")] = False,
) -> None:
    """Follow the chain and answer what is asked, until told to stop (SIGTERM, Ctrl-C)."""
    settings, stop = Settings.load(config), threading.Event()
    from assay_oracle.connect import open_market, validation_node
    from assay_oracle.daemon import Daemon, empty_scratch, open_journal
    from assay_oracle.monitor import Monitor, MonitorServer
    from assay_validation.hardening import harden_process
    from assay_validation.node import LocalValidationNode
    from assay_validation.self_test import self_test

    _log_to_stderr(logging.DEBUG if verbose else logging.INFO)
    harden_process()
    tempfile.tempdir = str(empty_scratch(settings))  # whatever a library stores for a while is stored there
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    monitor = Monitor()
    with (
        open_market(settings) as market,
        open_journal(settings, market) as journal,
        MonitorServer(monitor, settings.address) as server,
    ):
        node = validation_node(settings)
        if settings.self_test and isinstance(node, LocalValidationNode):
            self_test(node.evaluate)
        daemon = Daemon(settings, market, node, journal, monitor)
        logging.getLogger("assay_oracle").info(
            "%s on chain %d, health on port %d%s",
            market.address, market.deployment.chain_id, server.port, ", dry run" if settings.dry_run else "",
        )  # fmt: skip
        daemon.run(stop)
    logging.shutdown()
    os._exit(0)  # without waiting for a test that still runs: it will be taken up again


@app.command()
def check(
    config: Config = Path("oracle.toml"),
    as_json: Json = False,
    explain_settings: Annotated[
        bool, typer.Option("--explain", help="Describe every key of the settings file instead.")
    ] = False,
) -> None:
    """Try the set-up before anything is at stake; exit code 1 when something is missing."""
    if explain_settings:
        rows = [dict(zip(("key", "default", "meaning"), row, strict=True)) for row in explain()]
        _print(rows, as_json)
        return
    settings = Settings.load(config)
    from assay_oracle.check import run_checks

    checks = list(run_checks(settings))
    if as_json:
        print(json.dumps([asdict(one) for one in checks], indent=2))
    else:
        _print(
            [{"": "ok" if c.good else "FAILED", "check": c.name, "detail": c.detail} for c in checks], False
        )
    if not all(one.good for one in checks):
        raise typer.Exit(1)


@app.command()
def status(config: Config = Path("oracle.toml"), as_json: Json = False) -> None:
    """Show what the validator has to do: its panels, open requests, stake and journal."""
    settings = Settings.load(config)
    from assay_oracle.connect import open_market
    from assay_oracle.status import read_status, told

    with open_market(settings) as market, telling_time_by(market.session.now):
        show(told(read_status(settings, market), market), as_json)


def _print(rows: list[dict[str, str]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row.values())
    Console(markup=False, highlight=False).print(table)


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("assay_oracle").setLevel(level)


def main() -> None:
    """Run the command; foreseeable failures end in one sentence and exit code 1."""
    try:
        app()
    except AssayError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("assay"):
            raise
        typer.echo(f"error: This needs the package {error.name}: pip install 'assay[node]'", err=True)
        sys.exit(1)
