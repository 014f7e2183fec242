"""What `make lint`, `make test` and `make test-deep` check: `check.py lint`, `test` or `test-deep`.

Every check runs, whatever the ones before it found; the last line is the verdict. Slow tests run where `CI`
is set. A run of no tests is a failure: forge reports success when it finds none.
"""

import os
import re
import sys

from steps import StepError, finish, run

SOLHINT = ["solhint", "--disc", "--noPoster", "--max-warnings", "0"]
SLITHER = [
    *("env", "FOUNDRY_PROFILE=slither", ".venv/tools/bin/slither", ".", "--fail-medium"),
    *("--exclude-low", "--exclude-informational", "--exclude-optimization"),
    *("--filter-paths", "node_modules|contracts/test"),
]
TYPED = [f"scripts/{name}.py" for name in ("check", "coverage", "mutate", "natspec", "prove")]
LINT = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "mypy scripts": ["mypy", *TYPED],
    "natspec": ["python", "scripts/natspec.py"],
    "forge fmt": ["forge", "fmt", "--check"],
    "forge lint": ["env", "FOUNDRY_PROFILE=lint", "forge", "lint", "contracts", "--deny", "warnings"],
    "solhint": [*SOLHINT, "contracts/**/*.sol"],
    "slither": SLITHER,
}
PYTEST = ["pytest", "--quiet", "--numprocesses", "2", "--dist", "loadfile"]
TEST = {
    "forge tests": ["forge", "test", "--gas-snapshot-check", "true"],
    "pytest": [*PYTEST, "-m", "not slow"],
}
SLOW_TEST = {"pytest slow": [*PYTEST, "-m", "slow", "--no-loadscope-reorder"]}  # long files hold few tests
DEEP_TEST = {
    "forge tests, deep": ["env", "FOUNDRY_PROFILE=deep", "forge", "test", "--no-match-path", "*Gas.t.sol"],
    "differential, deep": [
        *("env", "ASSAY_DIFFERENTIAL_COUNT=10000"),
        *("pytest", "--quiet", "tests/integration/test_differential.py"),
    ],
}


def main() -> None:
    """Run the checks of the given kind and exit 1 if any failed."""
    slow = SLOW_TEST if os.environ.get("CI") else {}
    kinds = {"lint": LINT, "test": TEST | slow, "test-deep": DEEP_TEST}
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        sys.exit(f"usage: check.py {'|'.join(kinds)}")
    failed, passed = [], 0
    for title, command in kinds[sys.argv[1]].items():
        try:
            log = run(title, [command])
        except StepError:
            failed.append(title)
            continue
        if sys.argv[1] != "lint":
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
