"""What `make lint`, `test`, `test-deep`, `ci` and `docs` check or build: `check.py` and the target's name.

Checks run side by side, and each of them runs whatever the others find; the last line is the verdict. Slow
tests run where `CI` is set. A run of no tests is a failure: forge reports success when it finds none.
"""

import os
import re
import statistics
import sys

from steps import Outcome, StepError, finish, run, run_together

Checks = dict[str, list[list[str]]]

AT_A_TIME = 2
SOLHINT = ["solhint", "--disc", "--noPoster", "--max-warnings", "0"]
SLITHER = [
    *("env", "FOUNDRY_PROFILE=slither", ".venv/tools/bin/slither", ".", "--fail-medium"),
    *("--exclude-low", "--exclude-informational", "--exclude-optimization"),
    *("--filter-paths", "node_modules|contracts/test"),
]
SITE = [
    *(".venv/docs/bin/sphinx-build", "-q", "-W", "--keep-going", "-E"),
    *("-c", "docs/site", "-d", "build/site-cache", ".", "build/site"),
]
TYPED = ["docs/site/links.py", "docs/site/reference.py"]
TYPED += [f"scripts/{name}.py" for name in ("check", "coverage", "mutate", "natspec", "prove", "views")]
LINT: Checks = {
    "slither": [SLITHER],
    "mypy": [["mypy"], ["mypy", *TYPED]],
    "ruff": [["ruff", "check", "."]],
    "ruff format": [["ruff", "format", "--check", "."]],
    "natspec": [["python", "scripts/natspec.py"]],
    "site": [SITE],
    "forge fmt": [["forge", "fmt", "--check"]],
    "forge lint": [["env", "FOUNDRY_PROFILE=lint", "forge", "lint", "contracts", "--deny", "warnings"]],
    "solhint": [[*SOLHINT, "contracts/**/*.sol"]],
}
PYTEST = [  # on two cores, four workers: some wait for a chain or a daemon
    *("pytest", "--quiet", "--durations", "10", "--numprocesses", "4"),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
    *("tests/e2e", "tests/integration", "tests/unit"),  # the longest files first
]
FORGE_TEST: Checks = {"forge tests": [["forge", "test", "--gas-snapshot-check", "true"]]}
TEST: Checks = {"pytest": [[*PYTEST, "-m", "not slow"]]} | FORGE_TEST
SLOW_TEST: Checks = {"pytest, slow too": [PYTEST]} | FORGE_TEST
DOCS: Checks = {"site": LINT["site"]}
COVERAGE: Checks = {"coverage": [["python", "scripts/coverage.py"]]}
DEEP_TEST: Checks = {
    "forge tests, deep": [["env", "FOUNDRY_PROFILE=deep", "forge", "test", "--no-match-path", "*Gas.t.sol"]],
    "differential, deep": [
        [
            *("env", "ASSAY_DIFFERENTIAL_COUNT=10000"),
            *("pytest", "--quiet", "tests/integration/test_differential.py"),
        ]
    ],
}
COUNTED = TEST | SLOW_TEST | DEEP_TEST  # their logs say how many tests passed


def checks(kind: str) -> Checks:
    """The checks of a kind, in the order in which they begin: the longest first."""
    test = SLOW_TEST if os.environ.get("CI") else TEST
    every = SLOW_TEST | COVERAGE | LINT
    kinds = {"docs": DOCS, "lint": LINT, "test": test, "test-deep": DEEP_TEST, "ci": every}
    if kind not in kinds:
        sys.exit(f"usage: check.py {'|'.join(kinds)}")
    return kinds[kind]


def compile_tests() -> None:
    """Before all checks that run forge tests, in the build that they share."""
    try:
        run("contracts and tests compiled", [["forge", "build"]])
    except StepError as failure:
        finish(f"make {sys.argv[1]}", [str(failure)])


def tests_passed(outcome: Outcome) -> int:
    """How many tests a log says have passed."""
    counts = re.findall(r"\b(\d+) (?:tests? )?passed", outcome.text)
    return int(counts[-1]) if counts else 0


def runs_told(text: str) -> str:
    """How many runs were made of each fuzz test and invariant: in the deep profile as many as time allows."""
    fuzz = [int(runs) for runs in re.findall(r"\(runs: (\d+), μ", text)]
    invariants = [int(runs) for runs in re.findall(r"\(runs: (\d+), calls", text)]
    lines = []
    for title, runs in (("fuzz tests", fuzz), ("invariants", invariants)):
        if runs:
            few, half, most = min(runs), statistics.median(runs), max(runs)
            lines.append(f"{len(runs)} {title}: {few:,} to {most:,} runs each, median {half:,.0f}")
    return "\n".join(lines)


def main() -> None:
    """Run the checks of the given kind and exit 1 if any failed."""
    kind = " ".join(sys.argv[1:])
    chosen = checks(kind)
    if chosen.keys() & COUNTED:
        compile_tests()
    outcomes = run_together(chosen, AT_A_TIME)
    failed = [title for title in chosen if outcomes[title].code]
    passed = {title: tests_passed(outcomes[title]) for title in chosen.keys() & COUNTED}
    for title, count in passed.items():
        if not count and title not in failed:
            print(f"{title}: no test passed, so none can have run")
            failed.append(title)
    if "coverage" in chosen:
        print(outcomes["coverage"].text.splitlines()[-1])
    if "forge tests, deep" in chosen:
        print(runs_told(outcomes["forge tests, deep"].text))
    if passed and not failed:
        print(f"tests: {sum(passed.values())} passed, 0 failed")
    finish(f"make {kind}", failed)


if __name__ == "__main__":
    main()
