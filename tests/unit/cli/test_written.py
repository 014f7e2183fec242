"""What auditors and parties wrote, as commands show it."""

from __future__ import annotations

import json

import pytest

from assay.cli.output import show
from assay.cli.written import Shelf
from assay.errors import ArtifactNotFound, ManifestError, StoreUnavailable
from assay.manifests import AuditReport, Figure, Finding

FINDING = Finding(
    scope="fairness", severity="major", summary="Older patients", details="12 of 80.\nverdict  no"
)
REPORT = AuditReport(
    model="11" * 32,
    scopes=("fairness",),
    verdict="rejected",
    findings=(FINDING,),
    figures=(
        Figure(name="age gap", value=-12_500, low=-27_000, high=3_000),
        Figure(name="size", value=12_345, unit="bytes"),
    ),
    limitations="One site.",
)


def failing(error: Exception):
    def fetch():
        raise error

    return fetch


def test_people_read_findings_figures_and_limitations(capsys):
    show(Shelf().report("auditor", lambda: REPORT), False)
    lines = capsys.readouterr().out.splitlines()
    for phrase in (
        "major, fairness: Older patients",
        "12 of 80.",
        "age gap -1.25 %, from -2.70 % to 0.30 %",
        "size 12,345 bytes",
        "One site.",
    ):
        assert any(phrase in line for line in lines)
    assert not any(line.startswith("verdict") for line in lines)  # which the report only says


def test_programs_read_all_of_it(capsys):
    show(Shelf().report("auditor", lambda: REPORT), True)
    said = json.loads(capsys.readouterr().out)
    written = REPORT.model_dump(mode="json")
    assert said == {name: written[name] for name in ("findings", "figures", "limitations")} | {"unread": None}


@pytest.mark.parametrize("error", [ArtifactNotFound("Gone."), ManifestError("Odd.")])
def test_what_cannot_be_read_says_why_and_others_are_read(error):
    shelf = Shelf()
    assert shelf.report("auditor", failing(error))["unread"] == error.message
    assert shelf.report("auditor", lambda: REPORT)["unread"] is None


def test_whoever_keeps_one_waiting_is_not_waited_for_again():
    shelf = Shelf()
    assert shelf.report("auditor", failing(StoreUnavailable("No answer.")))["unread"] == "No answer."
    assert shelf.report("auditor", lambda: pytest.fail("asked again"))["unread"].startswith("Not read")
    assert shelf.report("another", lambda: REPORT)["unread"] is None
