"""The market at a glance: its front page and its figures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from assay.words.times import left
from assay_indexer.search import Query as Wanted
from assay_web.figures import Figures
from assay_web.pages.lists import find, models_of
from assay_web.pictures.plots import Bar, bars
from assay_web.reading import Reading, reading
from assay_web.rendering import NOTHING, page
from assay_web.sentences import say, told

router = APIRouter()
_SHOWN = 8


@router.get("/")
def home(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """What is open, what was made, and what it all amounts to."""
    with found.index.view() as view:
        counted = found.figures(view)
        work = find(view, Wanted(kind="order", state="bidding", sort="deadline"), size=_SHOWN)
        models = find(view, Wanted(kind="model"), size=_SHOWN)
        ids = models_of(view, [row.key for row in models.rows])
    listed = [*work.rows, *models.rows]
    tokens = {row.token: found.token(row.token) for row in listed if row.token} | _held(found, counted)
    facts: dict[str, Any] = {"figures": counted, "work": work, "models": models, "ids": ids, "tokens": tokens}
    waiting = left(round(counted.first_bid)) if counted.first_bid is not None else NOTHING
    title = say("home.title")
    return page(request, "home.html", title=title, first_bid=waiting, now=view.at, block=view.block, **facts)


@router.get("/figures")
def market_figures(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """Figures with plots."""
    with found.index.view() as view:
        counted = found.figures(view)
    staking = found.token(found.deployment.tokens.staking)
    waiting = left(round(counted.first_bid)) if counted.first_bid is not None else NOTHING
    facts: dict[str, Any] = {
        "figures": counted,
        "plots": _plots(counted),
        "tokens": _held(found, counted),
        "staking": staking,
    }
    title = say("figures.title")
    return page(request, "figures.html", title=title, first_bid=waiting, block=view.block, **facts)


def _held(found: Reading, counted: Figures) -> dict[str, object]:
    return {token: found.token(token) for token in counted.locked}


def _plots(counted: Figures) -> list[tuple[object, Markup]]:
    weeks = [Bar(start, number, str(number)) for start, number in counted.weeks]
    states = [
        Bar(str(told(f"state.{state}", state)), number, str(number))
        for state, number in counted.states.items()
    ]
    prices = [Bar(f"{10 * place} %", number, str(number)) for place, number in enumerate(counted.discounts)]
    people = [Bar(role, number, str(number)) for role, number in counted.people.items() if role != "none"]
    named = (("weeks", weeks), ("states", states), ("prices", prices), ("people", people))
    return [
        (say(f"figures.{name}"), bars(say(f"figures.{name}"), columns, second=name == "prices"))
        for name, columns in named
    ]
