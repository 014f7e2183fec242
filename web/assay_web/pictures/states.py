"""A deal's states as a line, with today marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from markupsafe import Markup

from assay_web.rendering import moment
from assay_web.sentences import say, told

_OFF = ("disputed", "refunded")
_STEP, _LEFT, _RAIL, _HEIGHT = 118, 60, 42, 96
_WIDE = 7 * _STEP  # a line with few states is as wide as one with many, and so its text as small


def state_line(
    line: Sequence[str],
    reached: Mapping[str, int],
    present: str,
    deadline: int,
    now: int,
    *,
    ends: Collection[str] = ("settled", "refunded"),
) -> Markup:
    """The states of *line*, in words, with the times at which they were *reached* (Unix seconds).

    A state that is off the line (disputed, refunded) takes the place after the last one that was reached.

    Args:
        ends: the states after which there is none.
    """
    shown = _with(line, reached, present, present in ends)
    place = shown.index(present)
    step = max(_STEP, _WIDE // max(1, len(shown) - 1))
    width = _LEFT * 2 + step * (len(shown) - 1)
    parts = [
        Markup(
            '<svg class="picture" viewBox="0 0 {w} {h}" role="img" aria-labelledby="line-title">'
            '<title id="line-title">{title}</title>'
            '<line class="rail" x1="{a}" x2="{b}" y1="{y}" y2="{y}"/>'
            '<line class="rail done" x1="{a}" x2="{c}" y1="{y}" y2="{y}"/>'
        ).format(
            w=width,
            h=_HEIGHT,
            title=say("deal.line", state=_name(present)),
            a=_LEFT,
            b=width - _LEFT,
            c=_LEFT + place * step,
            y=_RAIL,
        )
    ]
    for index, state in enumerate(shown):
        parts.append(_stop(index, state, reached.get(state, 0), place, present in ends, step))
    parts.append(_today(place, len(shown), reached.get(present, now), deadline, now, step))
    return Markup("").join(parts) + Markup("</svg>")


def _with(line: Sequence[str], reached: Mapping[str, int], present: str, over: bool) -> list[str]:
    """The states to be shown: those that were skipped are left out once the deal is past them."""
    shown = [state for state in line if state in reached or (not over and state != "auditing")]
    for state in _OFF:
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


def _name(state: str) -> Markup:
    return told(f"state.{state}", state)


def _stop(index: int, state: str, at: int, place: int, over: bool, step: int) -> Markup:
    kind = "done" if index < place or over else "now" if index == place else ""
    if state in _OFF:
        kind = "bad"
    time = moment(at).striptags().removesuffix(" UTC") if at else ""
    return Markup(
        '<circle class="stop {kind}" cx="{x}" cy="{y}" r="8"/>'
        '<text x="{x}" y="{above}" text-anchor="middle" class="{weight}">{name}</text>'
        '<text x="{x}" y="{below}" text-anchor="middle" class="quiet">{time}</text>'
    ).format(
        kind=kind,
        x=_LEFT + index * step,
        y=_RAIL,
        above=_RAIL - 18,
        below=_RAIL + 26,
        weight="strong" if index == place else "",
        name=_name(state),
        time=time,
    )


def _today(place: int, count: int, since: int, deadline: int, now: int, step: int) -> Markup:
    """Where today is between the present state's beginning and its deadline."""
    if place == count - 1 or not since < deadline < 2**35:
        return Markup("")
    share = min(1.0, max(0.0, (now - since) / (deadline - since)))
    x = round(_LEFT + (place + 0.1 + 0.8 * share) * step)
    return Markup(
        '<line class="today" x1="{x}" x2="{x}" y1="{a}" y2="{b}"/>'
        '<text x="{x}" y="{t}" text-anchor="middle" class="quiet">{today}</text>'
    ).format(x=x, a=_RAIL - 13, b=_RAIL + 13, t=_RAIL + 44, today=say("deal.today"))
