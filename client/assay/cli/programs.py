"""`up`, `demo` and `time-travel`: another program of Assay carries them out, which this one starts."""

from __future__ import annotations

import importlib.util
import os
import sys
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


def become_local(context: typer.Context) -> None:
    """Replace this process by the program for local markets, with the same command and connection."""
    name = str(context.info_name)
    settings: Settings = context.obj
    if importlib.util.find_spec(_LOCAL) is None:
        raise InvalidInput(
            f"`assay {name}` needs the package {_LOCAL}, which is not installed here.",
            hint="Install it with: pip install 'assay[local]'.",
        )
    command = [sys.executable, "-m", _LOCAL, *(["--debug"] if settings.debug else [])]
    environment = {**os.environ, "ASSAY_RPC": " ".join(settings.rpc)}
    os.execve(command[0], [*command, name, *context.args], environment)  # noqa: S606 our own program


def add_local_commands(app: typer.Typer) -> None:
    """`up`, `demo` and `time-travel`, as :mod:`assay_local.cli` describes them."""
    for name, text in {
        "up": "Start a local market: chain, storage, contracts, validators. Ctrl-C stops it.",
        "demo": "Play the story of a hospital's commission, start to finish, on real data.",
        "time-travel": "Move a local chain's time forward, and its blocks by a few. Works on Anvil only.",
    }.items():
        app.command(name, cls=Passed, help=text)(become_local)
