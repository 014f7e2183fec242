"""A dossier as text tables, for people who read neither JSON nor code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from assay.dossier.document import Dossier
from assay.dossier.parts import (
    ThirdPartyResult,
)
from assay.dossier.people import ASKER
from assay.manifests import DatasetManifest, ModelManifest
from assay.manifests.evaluation import Metric
from assay.words import formatting


@dataclass(frozen=True)
class Table:
    """A titled table; columns named in `right` hold numbers, those in `prose` may wrap."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    right: frozenset[str] = field(default_factory=frozenset)
    prose: frozenset[str] = field(default_factory=frozenset)
    empty: str = "None recorded."


def names_of(dossier: Dossier) -> dict[str, str]:
    """Each account's name in the tables: its part, numbered if several accounts have it."""
    parts: dict[str, list[str]] = {}
    for person in dossier.people:
        accounts = parts.setdefault(person.part, [])
        if person.account not in accounts:
            accounts.append(person.account)
    names: dict[str, str] = {}
    for part, accounts in parts.items():
        for number, account in enumerate(accounts, 1):
            label = part if len(accounts) == 1 else f"{part} {number}"
            # accounts with a part in the deal are named after it
            if part not in ("owner", ASKER) or account not in names:
                names[account] = label
    return names


def people(dossier: Dossier, names: Mapping[str, str]) -> Table:
    """Who took part, as registered at the time."""
    return Table(
        "Who took part",
        (
            "called here",
            "part",
            "account",
            "jurisdiction",
            "organisation (hash)",
            "accredited until (UTC)",
            "by",
        ),
        tuple(
            (
                called(one.account, names),
                f"{one.part} of deal {one.deal}" if one.deal else one.part,
                one.account,
                one.jurisdiction,
                one.organisation if one.organisation.strip("0") else "none declared",
                moment(one.accredited_until) if one.accredited_until else "",
                one.accreditor or "",
            )
            for one in dossier.people
        ),
        "As the registry had it when they took that part. Accounts stand for people; who an account is has "
        "to be proved outside of the chain, by its key and by the identifier behind the organisation's hash.",
    )


def sources(dossier: Dossier) -> Table:
    """What the versions were made from."""
    rows = []
    for version in (*dossier.versions, *dossier.ancestry):
        for edge in version.lineage:
            content = dossier.document(edge.ref)
            described = isinstance(content, (ModelManifest, DatasetManifest))
            rows.append(
                (
                    f"{version.manifest[:12]}…",
                    edge.kind,
                    content.name if described else "its description could not be had",  # type: ignore[union-attr]
                    (content.licence.spdx or "own terms") if described else "",  # type: ignore[union-attr]
                    edge.ref,
                )
            )
    return Table(
        "What it was made from",
        ("version", "kind", "name", "licence", "digest"),
        tuple(rows),
        "As the developer declared it at submission; it cannot be changed, and nobody has tested that it is "
        "complete. Who owns a data set is not on record.",
        prose=frozenset({"name"}),
        empty="The developer has declared neither a parent nor a data set.",
    )


def test_taken(test: ThirdPartyResult, metric: Metric | None) -> str:
    """What a third party's test found, in words."""
    if not test.at:
        return f"not taken (test set {test.test_set})"
    said = "passed" if test.passed else "failed"
    return (
        f"{said} with {formatting.score(test.score, metric)} on test set {test.test_set}, {moment(test.at)}"
    )


def annex(dossier: Dossier) -> Table:
    """Annex IV with its gaps."""
    return Table(
        "Annex IV of the AI Act",
        ("point", "asks for", "answered here", "gap"),
        tuple((one.point, one.asks, one.answer, one.gap) for one in dossier.annex_iv),
        "Regulation (EU) 2024/1689, Article 11 and Annex IV; Articles 12 and 18 for records. What nothing "
        "here answers is printed as a gap.",
        prose=frozenset({"asks for", "answered here", "gap"}),
    )


def documents(dossier: Dossier) -> Table:
    """Everything enclosed, and the contracts' code."""
    enclosed: list[tuple[str, str]] = [
        (one.content.kind if one.content else one.state, one.digest) for one in dossier.documents
    ]
    code = [(f"code of {one.name} at {one.address}", one.code_sha256) for one in dossier.contracts]
    return Table("Digests", ("what", "sha2-256"), tuple(enclosed + code))


def called(account: str, names: Mapping[str, str]) -> str:
    """The name of an account, or its short form."""
    return names.get(account, f"{account[:8]}…{account[-4:]}")


def moment(seconds: int) -> str:
    """A time for people."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):  # a validator's time may be any uint40
        return str(seconds)
