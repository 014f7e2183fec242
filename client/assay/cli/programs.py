"""`up`, `demo`, `time-travel` and `faucet`: another program carries them out, which this one starts."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperCommand

from assay.cli.settings import Settings
from assay.errors import InvalidInput

_LOCAL = "assay_local"


class Passed(TyperCommand):
    """A command whose arguments the other program reads."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep them as they are."""
        ctx.args = args
        return args

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """What the other program completes: it finds the same words, and answers the shell itself."""
        if importlib.util.find_spec(_LOCAL) is not None:
            _become_local([], os.environ)
        return []


def become_local(context: typer.Context) -> None:
    """Replace this process by the program for local markets, with the same command and connection."""
    name = str(context.info_name)
    settings: Settings = context.obj
    if importlib.util.find_spec(_LOCAL) is None:
        raise InvalidInput(
            f"`assay {name}` needs the package {_LOCAL}, which is not installed here.",
            hint="Install it with: pip install 'assay[local]'.",
        )
    connection = {"ASSAY_RPC": " ".join(settings.rpc), "ASSAY_DEPLOYMENT": str(settings.deployment)}
    debug = ["--debug"] if settings.debug else []
    _become_local([*debug, name, *context.args], {**os.environ, **connection})


def _become_local(arguments: list[str], environment: Mapping[str, str]) -> None:
    # -P: the current folder may hold anything, so no module is taken from there
    command = [sys.executable, "-P", "-m", _LOCAL, *arguments]
    os.execve(command[0], command, environment)  # noqa: S606 our own program


def add_local_commands(app: typer.Typer) -> None:
    """`up`, `demo`, `time-travel` and `faucet`, as :mod:`assay_local.cli` describes them."""
    for name, text in {
        "up": "Start a local market: chain, storage, contracts, index, validators. Ctrl-C stops it.",
        "demo": "Play the story of a hospital's commission, start to finish, on real data.",
        "time-travel": "Move a local chain's time forward, and its blocks by a few. Works on Anvil only.",
        "faucet": "Give an account test tokens, and currency to pay gas with. Works on a local chain only.",
    }.items():
        app.command(name, cls=Passed, help=text)(become_local)
