"""`python -m assay_learning`: one request in JSON on standard input, one report in JSON as the answer."""

import sys

from assay.errors import AssayError
from assay_learning.requests import MAX_REQUEST_BYTES, answer


def main() -> None:
    """Answer the request; foreseeable failures end in one sentence and exit code 1."""
    try:
        print(answer(sys.stdin.buffer.read(MAX_REQUEST_BYTES + 1)).model_dump_json())
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("assay"):
            raise
        print(f"error: This needs the package {error.name}: pip install 'assay[train]'", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
