"""Commands that are imported when they are chosen, so that neither help nor other commands wait for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, cast

import typer
from typer.core import TyperCommand, TyperGroup

from assay.words.help import speak_plainly

speak_plainly()


@dataclass(frozen=True)
class Outline:
    """What help says of a command, and where it is.

    Args:
        help: what it does, in a sentence.
        module: of :mod:`assay.cli`.
        function: of the module; where there is none, the command is the group `app` of the module.
    """

    help: str
    module: str
    function: str = ""

    def load(self, name: str) -> Any:
        """The command itself."""
        module, host = import_module(f"assay.cli.{self.module}"), typer.Typer()
        if self.function:
            host.command(name)(getattr(module, self.function))
        else:
            host.add_typer(module.app, name=name, help=self.help)
        return typer.main.get_group(host).commands[name]


class Loaded(Mapping[str, Any]):
    """Commands by name: those that are here, and those of outlines, loaded when they are looked up."""

    def __init__(self, here: Mapping[str, Any], outlines: Mapping[str, Outline]) -> None:
        self._commands, self._outlines = dict(here), outlines

    def __getitem__(self, name: str) -> Any:
        if name not in self._commands:
            self._commands[name] = self._outlines[name].load(name)
        return self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._commands, **self._outlines})

    def __len__(self) -> int:
        return len({**self._commands, **self._outlines})


class LazyGroup(TyperGroup):
    """A group that knows of some commands no more than their outlines until one is chosen."""

    outlines: ClassVar[Mapping[str, Outline]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast(Any, Loaded(self.commands, self.outlines))

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all."""
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command as far as help tells of it."""
        if outline := self.outlines.get(cmd_name):
            return TyperCommand(cmd_name, help=outline.help)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that was chosen, loaded."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, name and self.commands[name], rest
