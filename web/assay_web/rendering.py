"""Templates, and how amounts, times, scores and accounts look on every page."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from assay.escrow import Token
from assay.manifests.licence import purposes_of
from assay.structs import ZERO_ADDRESS
from assay.words import formatting, times
from assay.words.amounts import format_amount, short_amount
from assay_web import safe_text
from assay_web.duty import place_of, title_of
from assay_web.sentences import say, told

NOTHING = Markup("\N{EN DASH}")
"""Where there is no value."""
_LAST = 32_503_680_000  # the year 3000


def money(base_units: int | None, token: Token) -> Markup:
    """An amount of a token, short, with the exact one to point at."""
    if base_units is None:
        return NOTHING
    exact, shown = format_amount(base_units, token.decimals), short_amount(base_units, token.decimals)
    symbol = safe_text.name(token.symbol, most=12)
    return Markup('<span class="amount" title="{0} {2}">{1} <abbr>{2}</abbr></span>').format(
        exact, shown, symbol
    )


def account(address: str | None) -> Markup:
    """An account as a link, short enough for a table; all of it to point at and to copy."""
    if not address or address == ZERO_ADDRESS:
        return NOTHING
    short = f"{address[:6]}…{address[-4:]}"
    return Markup('<a class="account" href="/accounts/{0}" title="{0}">{1}</a>').format(address, short)


def digest(value: bytes | str | None) -> Markup:
    """A digest as a link to the document with it."""
    text = value.hex() if isinstance(value, bytes) else (value or "").removeprefix("0x")
    if not text.strip("0"):
        return NOTHING
    return Markup('<a class="digest" href="/documents/{0}" title="{0}">{1}…</a>').format(text, text[:10])


def moment(seconds: int | None) -> Markup:
    """Unix *seconds* as a time in UTC; scripts put it into the reader's zone."""
    if not seconds or not 0 < seconds < _LAST:
        return NOTHING
    at = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat().replace("+00:00", "Z"), f"{at:%d %b %Y %H:%M} UTC"
    )


def until(seconds: int | None, now: int) -> Markup:
    """A time with how long it is until then, or since."""
    if not seconds or not 0 < seconds < _LAST:
        return NOTHING
    away = times.left(abs(seconds - now))
    far = say("time.in" if seconds > now else "time.ago", duration=away)
    return Markup("{} <small>{}</small>").format(moment(seconds), far)


def commands(text: str) -> Markup:
    """A sentence of the SDK, with what stands in backticks as commands."""
    parts = safe_text.name(text, most=600).split("`")
    shown = (
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )
    return Markup("").join(shown)


def coded(sentence: Markup) -> Markup:
    """A sentence of the catalogue, which is escaped, with what stands in backticks as commands."""
    parts = str(sentence).split("`")
    return Markup("").join(
        Markup(f"<code>{part}</code>" if at % 2 else part)  # noqa: S704 - the sentence is escaped
        for at, part in enumerate(parts)
    )


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the file's content, so browsers may keep it."""
    content = (files("assay_web") / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


def _make() -> Environment:
    environment = Environment(
        loader=PackageLoader("assay_web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "t": say,
        "told": told,
        "asset": asset,
        "duration": times.duration,
        "place_of": place_of,
        "purposes_of": purposes_of,
        "title_of": title_of,
    }
    environment.filters |= {
        "money": money,
        "account": account,
        "digest": digest,
        "moment": moment,
        "until": until,
        "name": safe_text.name,
        "coded": coded,
        "commands": commands,
        "prose": safe_text.prose,
        "percent": formatting.percent,
        "score": formatting.score,
        "threshold": formatting.threshold,
        "duration": times.duration,
    }
    return environment


_ENVIRONMENT = _make()


def page(request: Request, template: str, /, *, title: object, **facts: Any) -> HTMLResponse:
    """The page *template*; *title* is a sentence of the catalogue, or a stranger's text."""
    path = request.url.path
    text = _ENVIRONMENT.get_template(template).render(title=escape(title), path=path, **facts)
    return HTMLResponse(text)
