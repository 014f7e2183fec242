"""Texts of licences and agreements: every number of the deal is in them, and nothing is left open."""

import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import InvalidInput
from assay.manifests import Agreement, Licence, parse
from assay.manifests.licence import PURPOSE_WORDS, PURPOSES, RESTRICTION_WORDS, Restriction
from assay.markets.templates import (
    MEANINGS,
    agreement_of,
    agreement_templates,
    licence_text,
    write_agreement,
)

DOMAINS = (None, "healthcare", "finance", "public-sector", "science", "transport", "retail")
VALUES = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=60)


def text_of(terms: Licence, **changes: Any) -> str:
    said = {
        "licensor": "0xAbC",
        "model": "forest",
        "manifest": b"\xab" * 32,
        "chain_id": 31337,
        "price": "120.5 PAY",
        "tested": "A panel scored it 96.6 %.",
    }
    return licence_text(terms, **(said | changes))


def test_a_licence_says_everything_that_was_agreed() -> None:
    terms = Licence(
        spdx="MIT",
        purposes=PURPOSES,
        audience="hospitals",
        jurisdictions=("CH", "DE"),
        term_seconds=365 * 86_400,
        seats=12_000,
        restrictions=get_args(Restriction),
        further_restrictions=("to bid in auctions",),
    )
    text = text_of(terms, bond="50 PAY")
    said = ["0xAbC", "forest", "ab" * 32, "31337", "120.5 PAY", "96.6 %", "hospitals", "CH, DE"]
    said += ["365 days", "12,000", "50 PAY", "to bid in auctions"]
    for words in (*said, *PURPOSE_WORDS.values(), *RESTRICTION_WORDS.values()):
        assert words in text
    assert "$" not in text


def test_what_a_licence_leaves_open_is_said() -> None:
    text = text_of(Licence(spdx="MIT"))
    for words in ("anyone", "all places", "no limit", "without end", "There is no bond"):
        assert words in text


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_adds_its_own_section(domain: str | None) -> None:
    plain, text = text_of(Licence(spdx="MIT")), text_of(Licence(spdx="MIT"), domain=domain)
    assert text.startswith(plain)
    assert (len(text) > len(plain)) == (domain not in (None, "retail"))


@given(st.sampled_from(sorted(agreement_templates())), st.sampled_from(DOMAINS), st.data())
def test_an_agreement_has_all_its_values(template: str, domain: str | None, data: st.DataObject) -> None:
    names = [name for name in agreement_templates()[template] if name != "chain"]
    values = {name: data.draw(VALUES) for name in names}
    made = write_agreement(template, values, chain_id=7, domain=domain)
    assert parse(made.to_bytes(), Agreement) == made
    assert all(value in made.text for value in values.values())


@pytest.mark.parametrize("template", sorted(agreement_templates()))
def test_a_missing_or_unknown_value_is_named(template: str) -> None:
    names = [name for name in agreement_templates()[template] if name != "chain"]
    values = dict.fromkeys(names, "x")
    for name in names:
        assert name in MEANINGS
        for given_values in ({**values, name: "  "}, {key: "x" for key in names if key != name}):
            with pytest.raises(InvalidInput, match=re.escape(MEANINGS[name])):
                write_agreement(template, given_values, chain_id=1)
    with pytest.raises(InvalidInput, match="does not ask for"):
        write_agreement(template, {**values, "colour": "red"}, chain_id=1)


def test_what_is_no_agreement() -> None:
    with pytest.raises(InvalidInput, match="There is no agreement"):
        write_agreement("../texts/nda", {}, chain_id=1)
    for text in ("", "\u202eevil", "bell\x07"):
        with pytest.raises(InvalidInput, match="cannot be an agreement"):
            agreement_of("Ours", text)
