"""Reports that the browser writes, and their sealed copies, are the SDK's byte for byte."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

from eth_utils.address import to_checksum_address
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.judges import sealed_verdicts
from assay.manifests import Assessment, AuditReference
from assay.manifests.audit_report import SCOPES

SEAL = "0x" + "11" * 32
SIZES = st.sampled_from([0, 1, 65_535, 65_536, 131_071, 131_072, 1_048_511]) | st.integers(0, 300_000)


@settings(max_examples=12)
@given(SIZES, st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=7))
def test_copies_of_sealed_reports(scripts, size, salt, piece):
    """The browser seals to the same bytes, opens what the SDK has sealed, and nothing that was changed."""
    raw = (piece * (size // len(piece) + 1))[:size]
    theirs = sealed_verdicts.cipher(salt).encrypt(sealed_verdicts.pad(raw), [bytes.fromhex(SEAL[2:])])
    asked = [b64encode(raw).decode(), salt.hex(), SEAL, b64encode(theirs).decode()]
    ours, opened, broken = scripts("copies", asked)
    assert (b64decode(ours) == theirs, b64decode(opened) == raw, broken) == (True, True, True)
    assert sealed_verdicts.is_copy(theirs)
    assert not sealed_verdicts.is_copy(theirs[1:])


def mostly(fine: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One in twelve is odd, so that whole assessments are often taken."""
    return st.integers(0, 11).flatmap(lambda drawn: fine if drawn else odd)


WORDS = st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1, max_size=6)
LONG = ["é" * 200, "x" * 201, "👍" * 200, "👍" * 201, "\u202e", "a\nb", "\r", "\x85", ""]
LINES = mostly(WORDS, st.sampled_from(LONG) | st.text(max_size=6))
LEAST_AND_MOST = [-(10**12) - 1, -(10**12), 10**12, 10**12 + 1, 2**32, 1.5, True, None]
NUMBERS = mostly(st.integers(-(10**12), 10**12), st.sampled_from(LEAST_AND_MOST))
ODD = st.none() | st.integers(0, 2) | st.booleans() | LINES | st.just([]) | st.just({})
HASHES = mostly(st.just("ab" * 32), st.sampled_from(["AB" * 32, "ab" * 31]))
Parts = st.SearchStrategy[dict[str, Any]]


def part(needed: dict[str, Any], more: dict[str, Any]) -> Parts:
    """An object with most of its fields as they should be, and sometimes one that is odd or a stranger."""
    whole = st.fixed_dictionaries(needed, optional=more)
    names = st.sampled_from([*needed, *more, "stranger", "__proto__", "constructor"])
    return mostly(whole, st.builds(lambda one, name, odd: one | {name: odd}, whole, names, ODD))


SCOPE = st.sampled_from(SCOPES)
FINDINGS = part(
    {"scope": SCOPE, "severity": st.sampled_from(["note", "critical"]), "summary": LINES}, {"details": LINES}
)
UNITS = mostly(st.sampled_from(["ppm", "bytes"]), st.just("none"))
FIGURES = part(
    {"name": LINES, "value": NUMBERS},
    {"low": NUMBERS, "high": NUMBERS, "unit": UNITS, "scope": SCOPE | st.none()},
)
TOOLS = st.lists(part({"name": LINES, "version": LINES}, {}), max_size=2)
EXAMINATIONS = part(
    {name: HASHES for name in ("page", "model_sha256", "data_sha256", "spec_sha256")}
    | {"seed": mostly(st.integers(0, 9), st.sampled_from([2**32 - 1, 2**32])), "quick": st.booleans()}
    | {"rows": mostly(st.integers(0, 9), st.sampled_from([10_000_000, 10_000_001]))}
    | {"rows_asked": mostly(st.integers(0, 9), st.sampled_from([2**53 - 1, 2**53]))},
    {"training_sha256": HASHES | st.none(), "training_rows": st.integers(0, 9), "tools": TOOLS},
)
ASSESSMENTS = part(
    {
        "scopes": mostly(st.lists(SCOPE, min_size=1, max_size=7), st.lists(SCOPE, max_size=8)),
        "limitations": LINES,
    },
    {
        "findings": st.lists(FINDINGS, max_size=2),
        "figures": st.lists(FIGURES, max_size=2),
        "examination": EXAMINATIONS | st.none(),
    },
)


def noted(summary: str) -> dict[str, Any]:
    """An assessment with one finding."""
    return {
        "scopes": ["fairness"],
        "limitations": "",
        "findings": [{"scope": "fairness", "severity": "note", "summary": summary}],
    }


@settings(max_examples=150)
@example(said=noted("👍" * 200), approve=True)
@example(said=noted("👍" * 201), approve=True)
@given(said=ASSESSMENTS, approve=st.booleans())
def test_reports_of_assessments(scripts, said, approve):
    """The same bytes as the SDK's, or refused by both."""
    account = to_checksum_address("0x" + "ab" * 20)
    about = {"chain_id": 1, "registry": account, "request_id": 7, "auditor": account, "model": "ab" * 32}
    reference = AuditReference.model_validate(about)
    try:
        assessment = Assessment.model_validate_json(json.dumps(said))
    except ValidationError:
        expected = None
    else:
        expected = assessment.report(reference, reference.model, approve=approve).to_bytes().decode()
    assert scripts("report", [json.dumps(said), about | {"request_id": "7"}, approve]) == expected
