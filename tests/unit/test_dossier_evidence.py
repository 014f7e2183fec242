"""A gap is a gap: a scope's name fills nothing, a figure does, and a rejection stays in sight."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.dossier.evidence import Said, figures_named, gap_of, grave_first, rejections
from assay.dossier.hub_licences import hub_licence, licence_keys
from assay.manifests import AuditReport, Figure, Finding, Licence
from assay.manifests.audit_report import SCOPES

AUDITOR = "0x" + "11" * 20
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"


def said(*figures, scopes=SCOPES, approved=True, findings=()):
    report = AuditReport(
        model="22" * 32, scopes=scopes, verdict="approved" if approved else "rejected", figures=figures,
        findings=findings, limitations="Privacy was not looked at.",
    )  # fmt: skip
    return (Said("audit 1", AUDITOR, approved, report),)


@pytest.mark.parametrize("scope", ["fairness", "robustness", "security", "explainability"])
def test_a_scope_s_name_fills_nothing(scope):
    assert figures_named(said(Figure(name="accuracy", value=950_000)), scope) == ""
    assert gap_of(said(), scope) == f"Audit 1 names {scope} and gives no figure for it."
    assert gap_of(said(scopes=("performance",)), scope) == f"No auditor looked at {scope}."
    assert gap_of((Said("opinion 2", AUDITOR, True, None),), scope) == f"No auditor looked at {scope}."


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("fairness", "accuracy, group north"),
        ("fairness", "equalised odds difference"),
        ("fairness", "impact ratio"),
        ("robustness", "accuracy with noise of 5.0 %"),
        ("robustness", "decisions flipped within 0.1 spreads"),
        ("security", "answers that depend on the other rows"),
        ("explainability", "attribution of age"),
    ],
)
def test_figures_of_reports_that_name_no_scope_are_known_by_name(scope, name):
    found = said(Figure(name=name, value=91_000))
    assert figures_named(found, scope) == f"audit 1 (approved): {name} 9.10 %"
    assert gap_of(found, scope) == ""
    assert figures_named(said(Figure(name=name, value=91_000), scopes=("performance",)), scope) == ""


def test_a_figure_that_names_its_scope_is_of_no_other():
    found = said(Figure(name="age, group north", value=1, scope="explainability"))
    assert figures_named(found, "fairness") == ""
    assert figures_named(found, "explainability") != ""
    sized = said(Figure(name="operators", value=12, unit="count", scope="security"))
    assert figures_named(sized, "security") == ""  # how large a file is is no measure against attacks


def test_a_rejection_is_named_with_its_gravest_finding():
    findings = (
        Finding(scope="fairness", severity="minor", summary="a"),
        Finding(scope="robustness", severity="critical", summary="b"),
    )
    assert list(rejections(said(approved=False, findings=findings))) == [
        "Audit 1 rejects this version: critical, robustness: b."
    ]
    assert list(rejections(said(findings=findings))) == []
    assert grave_first(said(findings=findings)[0].report) == ["critical, robustness: b", "minor, fairness: a"]


def test_older_reports_stay_as_they_were():
    old = Figure(name="accuracy", value=951_000, low=930_000, high=970_000)
    assert "scope" not in old.model_dump(mode="json")
    assert Figure.model_validate(old.model_dump(mode="json")) == old


@pytest.mark.parametrize(
    ("spdx", "hub"),
    [
        ("Apache-2.0", "apache-2.0"), ("MIT", "mit"), ("GPL-3.0-only", "gpl-3.0"),
        ("AGPL-3.0-or-later", "agpl-3.0"),
        ("LGPL-2.1-only", "lgpl-2.1"), ("CC-BY-NC-SA-4.0", "cc-by-nc-sa-4.0"), ("ODbL-1.0", "odbl"),
        ("0BSD", None), ("BUSL-1.1", None), ("MIT OR Apache-2.0", None), ("LicenseRef-ours", None),
    ],
)  # fmt: skip
def test_licences_are_called_as_the_hub_has_them(spdx, hub):
    assert hub_licence(spdx) == hub
    assert licence_keys(Licence(spdx=spdx))["license"] == (hub or "other")


@given(st.from_regex(r"[A-Za-z0-9.+()\- ]{1,128}", fullmatch=True))
def test_what_the_hub_does_not_know_has_a_name_that_it_allows(spdx):
    found = licence_keys(Licence(spdx=spdx))
    if found["license"] == "other":
        assert re.fullmatch(r"[a-z0-9.-]+", found["license_name"])


def test_terms_of_its_own():
    assert licence_keys(Licence(text=CID)) == {
        "license": "other", "license_name": "terms-of-its-own", "license_link": f"ipfs://{CID}",
    }  # fmt: skip
