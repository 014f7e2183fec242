"""The `assay` program, from its first moment: Ctrl-C ends it with a sentence while it is still loading."""

import signal
import sys

_UNUSED = ("anyio", "httpx._main", "trio")
"""Parts of httpx that it does without: other event loops, and a command line of its own. Slow to load."""


def main() -> None:
    """Entry point."""
    try:
        for name in _UNUSED:
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # an import of it fails
        from assay.cli import main as run

        run()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is done, and Python has only to leave


if __name__ == "__main__":
    main()
