"""The daemon, ending itself by SIGKILL at the step that the first argument names; the others are its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from assay.chain import Connection
from assay.judges.panels import Panels
from assay_oracle.cli import main
from assay_oracle.journal import Journal


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(call: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """*call*, with death just before it, or just after it has done its work."""

    def replaced(*arguments: Any, **named: Any) -> Any:
        if before:
            die()
        result = call(*arguments, **named)
        die()
        return result

    return replaced


def dying_when_sent(call: Callable[..., Any]) -> Callable[..., Any]:
    """*call*, with death once its transaction has been handed to the node, before any receipt."""

    def replaced(*arguments: Any, **named: Any) -> Any:
        Connection.send_raw = dying(Connection.send_raw, before=False)  # type: ignore[method-assign]
        return call(*arguments, **named)

    return replaced


def arrange(step: str) -> None:
    """Set the trap for *step*."""
    owner, name = {
        "journal": (Journal, "record"),
        "commit": (Panels, "commit"),
        "reveal": (Panels, "reveal"),
    }[step.split(" ", 1)[1]]
    call = getattr(owner, name)
    match step.split(" ", 1)[0]:
        case "before":
            setattr(owner, name, dying(call, before=True))
        case "after":
            setattr(owner, name, dying(call, before=False))
        case "sent":
            setattr(owner, name, dying_when_sent(call))


arrange(sys.argv.pop(1))
main()
