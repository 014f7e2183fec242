"""The `assay` program, from its first moment: Ctrl-C ends it with a sentence while it is still loading."""

import sys


def main() -> None:
    """Entry point."""
    try:
        from assay.cli import main as run

        run()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
