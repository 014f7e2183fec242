"""The `assay` program's entry point: Ctrl-C ends it with a clean message even while it is still loading."""

import signal
import sys

_UNUSED = ("anyio", "httpx._main", "trio")
"""Optional parts of httpx that are slow to load: other event loops, and its own command line."""


def main() -> None:
    """Entry point."""
    try:
        for name in _UNUSED:
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # importing it fails
        from assay.cli import main as run

        run()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is done; Python only has to exit


if __name__ == "__main__":
    main()
