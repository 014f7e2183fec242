"""The role as an argument of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.structs import Role


def parse_role(text: str) -> Role:
    """A role by its name, such as "data-owner"."""
    name = text.upper().replace("-", "_")
    if name not in Role.__members__ or name == "NONE":
        known = ", ".join(role.name.lower().replace("_", "-") for role in Role if role)
        raise typer.BadParameter(f"{text[:40]!r} is not one of {known}.")
    return Role[name]


RoleName = Annotated[Role, typer.Argument(parser=parse_role, help="Such as customer or data-owner.")]
