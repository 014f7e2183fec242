"""Readable texts of licences and agreements, with the deal's own numbers filled in.

A template is a file in ``texts/`` with placeholders such as ``$price``. A domain can add its own section.
The texts are a starting point for a lawyer, not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

from assay.errors import InvalidInput
from assay.manifests import Agreement
from assay.manifests.base import problems
from assay.manifests.licence import PURPOSE_WORDS, Licence
from assay.words import times
from assay.words.printable import quoted

_FOLDER = Path(__file__).with_name("texts")
_AGREEMENTS = {"nda": "Non-disclosure agreement", "data-use": "Data-use agreement"}
_DOMAINS = ("finance", "healthcare", "public-sector", "science", "transport")

MEANINGS = {
    "discloser": "who tells or shows something",
    "recipient": "whom it is told or shown",
    "subject": "what is told or shown",
    "purpose": "what it may be used for",
    "term": 'how long, such as "2 years"',
    "penalty": 'what a breach costs, such as "50,000 EUR"',
    "law": 'whose law applies, such as "Switzerland"',
    "owner": "who owns the data",
    "dataset": "the data's name",
    "places": "where it may be kept",
    "notice": 'within what time a loss is told, such as "3 days"',
    "chain": "the chain's id",
}
"""The values that the agreement templates require, by name."""


def agreement_templates() -> dict[str, tuple[str, ...]]:
    """The agreement templates, with the names of the values that each requires."""
    return {name: _names(name) for name in _AGREEMENTS}


def template_domains() -> tuple[str, ...]:
    """The domains that add a section of their own."""
    return _DOMAINS


def write_agreement(
    template: str, values: Mapping[str, str], *, chain_id: int, domain: str | None = None
) -> Agreement:
    """The agreement *template* with *values* filled in.

    Args:
        template: one of :func:`agreement_templates`.
        values: one for every name that it requires, except the chain, which is filled in.
        chain_id: of the market.
        domain: the domain whose section is added, if there is one.

    Raises:
        InvalidInput: there is no such template, or a value is missing, unusable or not required.
    """
    if template not in _AGREEMENTS:
        raise InvalidInput(
            f"There is no agreement {quoted(template)}.", hint=f"Choose one of {', '.join(_AGREEMENTS)}."
        )
    asked = _names(template)
    unknown = sorted(values.keys() - set(asked))
    missing = [name for name in asked if not values.get(name, "").strip() and name != "chain"]
    if unknown:
        raise InvalidInput(
            f"The {template} does not ask for {quoted(unknown[0])}.", hint=f"It asks for {', '.join(asked)}."
        )
    if missing:
        said = "; ".join(f"{name} ({MEANINGS[name]})" for name in missing)
        raise InvalidInput(f"The {template} also asks for {said}.")
    text = _filled(template, {**values, "chain": str(chain_id)}, domain)
    return agreement_of(_AGREEMENTS[template], text, template=template)


def agreement_of(title: str, text: str, *, template: str | None = None) -> Agreement:
    """A text as an agreement; raises :class:`InvalidInput` if it contains what a page could not show."""
    from pydantic import ValidationError

    try:
        return Agreement(title=title, text=text, template=template)
    except ValidationError as error:
        raise InvalidInput(f"The text cannot be an agreement: {problems(error)}.") from None


def licence_text(
    terms: Licence,
    *,
    licensor: str,
    model: str,
    manifest: bytes,
    chain_id: int,
    price: str,
    tested: str,
    bond: str | None = None,
    domain: str | None = None,
) -> str:
    """The text of an offer's licence.

    Args:
        terms: the licence's terms; any text in them is ignored.
        licensor: the seller's account or name.
        model: the model's name.
        manifest: the digest of its manifest.
        chain_id: of the market.
        price: such as "120 PAY".
        tested: a sentence about the test that backs it.
        bond: the breach bond with its token; None if there is none.
        domain: the domain whose section is added, if there is one.
    """
    lost = (
        f"The holder puts up {bond}. A breach that a jury of the market confirms costs it this bond."
        if bond
        else "A breach ends the licence. There is no bond."
    )
    values = {
        "licensor": licensor,
        "model": model,
        "manifest": manifest.hex(),
        "chain": str(chain_id),
        "price": price,
        "tested": tested,
        "purposes": _list(PURPOSE_WORDS[one] for one in terms.purposes),
        "audience": terms.audience or "anyone",
        "jurisdictions": ", ".join(terms.jurisdictions)
        or "all places where the market's rules allow the sale",
        "seats": f"{terms.seats:,}" if terms.seats else "no limit",
        "term": times.duration(terms.term_seconds) if terms.term_seconds else "without end",
        "restrictions": _list(f"It may not be used {one}." for one in terms.forbids()),
        "bond": lost,
    }
    return _filled("licence", values, domain)


def _list(lines: Iterable[str]) -> str:
    found = [f"- {line}" for line in lines]
    return "\n".join(found) or "- The licence names nothing here."


def _names(template: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(Template(_read(template)).get_identifiers()))


def _filled(template: str, values: Mapping[str, str], domain: str | None) -> str:
    text = Template(_read(template)).substitute(values)
    return f"{text}\n{_read(domain)}" if domain in _DOMAINS else text


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
