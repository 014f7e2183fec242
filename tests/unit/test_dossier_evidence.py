"""A gap is a gap: a scope's name fills nothing, a figure does, and a rejection stays in sight."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.dossier.annex import annex_iv
from assay.dossier.bom import _licence
from assay.dossier.evidence import Said, figures_named, gap_of, grave_first, objections
from assay.dossier.hub_licences import hub_licence, licence_keys, spdx_expression
from assay.manifests import AuditReport, Figure, Finding, Licence
from assay.manifests.audit_report import SCOPES

AUDITOR = "0x" + "11" * 20
MANIFEST = "33" * 32
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"


def report(*figures, scopes=SCOPES, approved=True, findings=()):
    return AuditReport(
        model="22" * 32, scopes=scopes, verdict="approved" if approved else "rejected", figures=figures,
        findings=findings, limitations="Privacy was not looked at.",
    )  # fmt: skip


def said(*figures, approved=True, **given):
    return (Said("audit 1", AUDITOR, approved, report(*figures, approved=approved, **given)),)


def points(*reports):
    """The points of Annex IV of a version on which only these reports, of opinions, are known."""
    judged = [
        SimpleNamespace(
            subject=MANIFEST, name=f"opinion {number}",
            said=(SimpleNamespace(auditor=AUDITOR, approved=one.verdict == "approved", report=str(number)),),
        )
        for number, one in enumerate(reports)
    ]  # fmt: skip
    documents = [SimpleNamespace(digest=str(number), content=one) for number, one in enumerate(reports)]
    version = SimpleNamespace(manifest=MANIFEST, lineage=())
    changes = SimpleNamespace(later_versions=(), later_audits=(), later_opinions=())
    standing = SimpleNamespace(reverify_interval=0, status="standing")
    return {one.point: one for one in annex_iv(version, None, judged, changes, standing, documents)}


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


def test_what_speaks_against_a_version_is_named_with_its_gravest_finding():
    findings = (
        Finding(scope="fairness", severity="minor", summary="a"),
        Finding(scope="robustness", severity="critical", summary="b"),
    )
    rejected, approved = (said(approved=one, findings=findings) for one in (False, True))
    assert objections(rejected) == "Audit 1 rejects this version: critical, robustness: b."
    assert objections(approved) == "Audit 1 approves this version in spite of: critical, robustness: b."
    assert objections(said(findings=findings[:1])) == ""
    assert objections(said(approved=False)) == "Audit 1 rejects this version."
    assert objections(rejected, ("fairness",)) == "Audit 1 rejects this version: minor, fairness: a."
    assert objections(rejected, ("security",)) == ""  # for that it was not rejected
    assert grave_first(rejected[0].report) == ["critical, robustness: b", "minor, fairness: a"]


def test_each_group_column_is_named():
    columns = ("sex", "race", "age", "origin", "region")
    kinds = ("demographic parity difference", "impact ratio", "equalised odds difference")
    figures = [
        Figure(name=f"{kind} by {one}", value=1, scope="fairness") for one in columns for kind in kinds
    ]
    single = [Figure(name=f"selection rate, group {i}", value=1, scope="fairness") for i in range(90)]
    named = figures_named(said(*single, *figures), "fairness")
    assert all(f"demographic parity difference by {one}" in named for one in columns)
    assert ", group " not in named
    assert named.endswith("and 100 more figures")


def test_only_figures_of_attacks_answer_for_security():
    harmless = Figure(name="answers that depend on the other rows", value=0, scope="security")
    found = points(report(harmless, scopes=("security",)))["2(h)"]
    assert found.answer == ""
    missing = "data and model poisoning, adversarial examples and model evasion, confidentiality attacks"
    assert f"No auditor gives a figure for these threats to it: {missing}." in found.gap
    assert "No auditor looked at security." not in found.gap
    assert "No auditor looked at security." in points()["2(h)"].gap
    trigger = Figure(name="answers that a trigger decides", value=10_000, scope="security")
    flips = Figure(name="decisions flipped within 0.1 spreads", value=500_000, scope="robustness")
    found = points(report(harmless, trigger), report(flips, scopes=("robustness",)))["2(h)"]
    assert (
        "Data and model poisoning: opinion 0 (approved): answers that a trigger decides 1.00 %."
        in found.answer
    )
    assert "evasion: opinion 1 (approved): decisions flipped within 0.1 spreads 50.00 %." in found.answer
    assert "threats to it: confidentiality attacks." in found.gap


def test_a_rejection_for_security_stays_in_sight():
    trigger = Figure(name="answers that a trigger decides", value=1_000_000, scope="security")
    why = Finding(scope="security", severity="critical", summary="A hidden trigger decides")
    found = points(report(trigger, approved=False, findings=(why,)), report(findings=(why,)))
    assert "(rejected): answers that a trigger decides 100.00 %" in found["2(h)"].answer
    for point in ("2(g)", "2(h)"):
        said = "this version: critical, security: A hidden trigger decides."
        assert f"Opinion 0 rejects {said}" in found[point].gap
        assert "Opinion 1 approves this version in spite of: critical, security" in found[point].gap


def test_what_no_deal_tested_is_not_called_tested():
    assert points()["3"].answer == ""
    assert "No deal of this market tested it." in points()["2(g)"].gap


def test_any_number_of_long_winded_opinions_leaves_the_points_readable():
    """Whoever pays auditors can order as many as the chain takes."""
    figures = [Figure(name=f"{'equalised odds ' * 10} {i}", value=1, scope="fairness") for i in range(4)]
    why = Finding(scope="fairness", severity="critical", summary="x" * 200)
    found = points(*[report(*figures, approved=False, findings=(why,))] * 60)["2(g)"]
    assert re.search(r"; and \d+ more\.$", found.answer)
    assert re.search(r" and \d+ more$", found.gap)


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


COMBINED = "MIT OR (GPL-2.0-only WITH Classpath-exception-2.0)"


@pytest.mark.parametrize(
    ("spdx", "known"),
    [
        ("apache-2.0", "Apache-2.0"), (COMBINED, COMBINED),
        ("LicenseRef-ours", "LicenseRef-ours"), ("Proprietary", None), ("LicenseRef-x+", None), ("(((", None),
        ("MIT AND", None), ("Foo-1.0 OR MIT", None), (" ", None),
    ],
)  # fmt: skip
def test_a_licence_that_spdx_does_not_list_is_only_a_name(spdx, known):
    licence = Licence(spdx=spdx)
    assert spdx_expression(licence) == known
    assert _licence(licence) == ({"expression": known} if known else {"license": {"name": spdx}})
    link = licence_keys(licence).get("license_link")
    assert link is None  # each is on the Hub's own list, made of several, or nowhere to be read


def test_the_page_of_a_listed_licence_is_linked():
    assert licence_keys(Licence(spdx="0BSD"))["license_link"] == "https://spdx.org/licenses/0BSD.html"


def test_terms_of_its_own():
    assert licence_keys(Licence(text=CID)) == {
        "license": "other", "license_name": "terms-of-its-own", "license_link": f"ipfs://{CID}",
    }  # fmt: skip
