"""A deal's states as a line, with today marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from assay.structs import State
from assay_web.rendering import moment
from assay_web.sentences import say, told

_STEP, _LEFT, _RAIL, _HEIGHT = 118, 60, 42, 96


def state_line(
    line: Sequence[State], reached: Mapping[State, int], present: State, deadline: int, now: int
) -> Markup:
    """The states of *line* with the times at which they were *reached* (Unix seconds).

    A state that is off the line (disputed, refunded) takes the place after the last one that was reached.
    """
    shown = _with(line, reached, present)
    place = shown.index(present)
    width = _LEFT * 2 + _STEP * (len(shown) - 1)
    parts = [
        Markup(
            '<svg class="picture" viewBox="0 0 {w} {h}" role="img" aria-labelledby="line-title">'
            '<title id="line-title">{title}</title>'
            '<line class="rail" x1="{a}" x2="{b}" y1="{y}" y2="{y}"/>'
            '<line class="rail done" x1="{a}" x2="{c}" y1="{y}" y2="{y}"/>'
        ).format(
            w=width,
            h=_HEIGHT,
            title=say("deal.line", state=told(f"state.{present.name.lower()}", present.words)),
            a=_LEFT,
            b=width - _LEFT,
            c=_LEFT + place * _STEP,
            y=_RAIL,
        )
    ]
    for index, state in enumerate(shown):
        parts.append(_stop(index, state, reached.get(state, 0), place, present))
    parts.append(_today(place, len(shown), reached.get(present, now), deadline, now))
    return Markup("").join(parts) + Markup("</svg>")


def _with(line: Sequence[State], reached: Mapping[State, int], present: State) -> list[State]:
    """The states to be shown: those that were skipped are left out once the deal is past them."""
    over = present in (State.SETTLED, State.REFUNDED)
    shown = [state for state in line if state in reached or (not over and state != State.AUDITING)]
    for state in (State.DISPUTED, State.REFUNDED):
        if state in reached or state == present:
            later = [one for one in shown if one not in reached and one != present]
            shown = [one for one in shown if one not in later] + [state] + (later if not over else [])
    if present not in shown:
        shown = [
            *[one for one in shown if one in reached],
            present,
            *[one for one in shown if one not in reached],
        ]
    return shown


def _stop(index: int, state: State, at: int, place: int, present: State) -> Markup:
    kind = "done" if index < place or state == State.SETTLED == present else "now" if index == place else ""
    if state in (State.DISPUTED, State.REFUNDED):
        kind = "bad"
    time = moment(at).striptags().removesuffix(" UTC") if at else ""
    return Markup(
        '<circle class="stop {kind}" cx="{x}" cy="{y}" r="8"/>'
        '<text x="{x}" y="{above}" text-anchor="middle" class="{weight}">{name}</text>'
        '<text x="{x}" y="{below}" text-anchor="middle" class="quiet">{time}</text>'
    ).format(
        kind=kind,
        x=_LEFT + index * _STEP,
        y=_RAIL,
        above=_RAIL - 18,
        below=_RAIL + 26,
        weight="strong" if index == place else "",
        name=told(f"state.{state.name.lower()}", state.words),
        time=time,
    )


def _today(place: int, count: int, since: int, deadline: int, now: int) -> Markup:
    """Where today is between the present state's beginning and its deadline."""
    if place == count - 1 or not since < deadline < 2**35:
        return Markup("")
    share = min(1.0, max(0.0, (now - since) / (deadline - since)))
    x = round(_LEFT + (place + 0.1 + 0.8 * share) * _STEP)
    return Markup(
        '<line class="today" x1="{x}" x2="{x}" y1="{a}" y2="{b}"/>'
        '<text x="{x}" y="{t}" text-anchor="middle" class="quiet">{today}</text>'
    ).format(x=x, a=_RAIL - 13, b=_RAIL + 13, t=_RAIL + 44, today=say("deal.today"))
