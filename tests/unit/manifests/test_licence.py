"""Terms of use: what they say, in which order, and what a licence of a model made from another keeps."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.manifests import Licence, parse
from assay.manifests.licence import (
    PURPOSE_WORDS,
    PURPOSES,
    RESTRICTION_WORDS,
    Restriction,
    bits_of,
    purposes_of,
)

RESTRICTIONS = get_args(Restriction)
LINES = st.text(st.characters(whitelist_categories=("L", "N")), min_size=1, max_size=40)


def some_of(choices: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(choices)).map(lambda said: tuple(one for one in choices if one in said))


LICENCES = st.builds(
    Licence,
    spdx=st.just("MIT"),
    purposes=some_of(PURPOSES),
    audience=st.none() | LINES,
    jurisdictions=st.lists(st.sampled_from(["CH", "DE", "US"]), unique=True).map(tuple),
    term_seconds=st.none() | st.integers(1, 2**40),
    seats=st.none() | st.integers(1, 2**31),
    restrictions=some_of(RESTRICTIONS),
    further_restrictions=st.lists(LINES, max_size=4).map(tuple),
    breach_bond=st.none() | st.integers(0, 2**96),
    agreement=st.none() | st.just("ab" * 32),
)


@given(LICENCES)
def test_a_licence_reads_back_as_written(licence: Licence) -> None:
    assert parse(licence.to_bytes(), Licence) == licence


def test_a_licence_without_terms_is_the_block_that_it_always_was() -> None:
    before = "216337312c07a553ae76855502d6b2dbd6446eac1891814e2689dc647dacc6dd"
    assert Licence(spdx="MIT", terms=("a", "b")).digest().hex() == before


def test_everything_has_words() -> None:
    assert set(PURPOSE_WORDS) == set(PURPOSES)
    assert set(RESTRICTION_WORDS) == set(RESTRICTIONS)


@given(some_of(PURPOSES), st.integers(0, 2**64))
def test_purposes_are_bits_of_their_places(purposes: tuple[Any, ...], unknown: int) -> None:
    assert purposes_of(bits_of(purposes)) == purposes
    assert purposes_of(bits_of(purposes) | unknown << len(PURPOSES)) == purposes


@pytest.mark.parametrize(
    "fields",
    [
        {"purposes": ("research", "use")},
        {"purposes": ("research", "research")},
        {"restrictions": ("weapons", "unlawful")},
        {"jurisdictions": ("CH", "CH")},
        {"jurisdictions": ("Switzerland",)},
        {"purposes": ("everything",)},
        {"term_seconds": 0},
        {"seats": 0},
        {"breach_bond": -1},
        {"agreement": "ab"},
        {"audience": "two\nlines"},
        {"further_restrictions": ("\u202eevil",)},
    ],
)
def test_terms_that_are_none(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Licence(spdx="MIT", **fields)


@given(LICENCES, LICENCES)
def test_a_child_keeps_what_its_parent_forbids(parent: Licence, other: Licence) -> None:
    missing = parent.missing_from(other)
    assert set(missing) == set(parent.forbids()) - set(other.forbids())
    assert parent.missing_from(parent) == ()
    keeps = other.model_copy(
        update={
            "restrictions": tuple(
                one for one in RESTRICTIONS if one in {*parent.restrictions, *other.restrictions}
            ),
            "further_restrictions": (*other.further_restrictions, *parent.further_restrictions),
        }
    )
    assert parent.missing_from(keeps) == ()
