"""What `make lint` and `make test` check: `check.py lint` or `check.py test`.

Every check runs, whatever the ones before it found; the last line is the verdict. Slow tests run where `CI`
is set. A run of no tests is a failure: forge reports success when it finds none.
"""

import os
import re
import sys

from steps import StepError, finish, run

SOLHINT = ["solhint", "--disc", "--noPoster", "--max-warnings", "0"]
LINT = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "forge fmt": ["forge", "fmt", "--check"],
    "forge lint": ["env", "FOUNDRY_PROFILE=lint", "forge", "lint", "contracts", "--deny", "warnings"],
    "solhint": [*SOLHINT, "contracts/**/*.sol"],
}
TEST = {
    "forge tests": ["forge", "test", "--gas-snapshot-check", "true"],
    "pytest": ["pytest", "--quiet", "-m", "not slow", "--numprocesses", "2", "--dist", "loadfile"],
}
SLOW_TEST = {"pytest slow": ["pytest", "--quiet", "-m", "slow"]}


def main() -> None:
    """Run the checks of the given kind and exit 1 if any failed."""
    kinds = {"lint": LINT, "test": TEST | (SLOW_TEST if os.environ.get("CI") else {})}
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        sys.exit("usage: check.py lint|test")
    failed, passed = [], 0
    for title, command in kinds[sys.argv[1]].items():
        try:
            log = run(title, [command])
        except StepError:
            failed.append(title)
            continue
        if sys.argv[1] == "test":
            counts = re.findall(r"\b(\d+) (?:tests? )?passed", log)
            passed += int(counts[-1]) if counts else 0
            if not counts or not int(counts[-1]):
                print(f"{title}: no test passed, so none can have run")
                failed.append(title)
    if passed and not failed:
        print(f"tests: {passed} passed, 0 failed")
    finish(f"make {sys.argv[1]}", failed)


if __name__ == "__main__":
    main()
