"""Which columns, or which parts of a picture, decide; and whether that explanation deserves trust."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from assay_validation.audit import plots, telling_words, thresholds
from assay_validation.audit.attribution import Attribution, attribute
from assay_validation.audit.deletion import Deletion, delete
from assay_validation.audit.intervals import percentiles
from assay_validation.audit.layout import Image
from assay_validation.audit.section import Measure, Plot, Section, Table, percent
from assay_validation.audit.subject import Subject

_SHOWN, _RESAMPLES = 15, 2_000
_ACROSS = 4
_FEW_COLUMNS = 5
"""With fewer columns, a single one may well carry nearly all the information there is."""

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """Attributions of sampled answers, their ranking, and the deletion check."""
    section = Section("explainability", "Explainability", "")
    columns = subject.rows.shape[1]
    if not subject.is_explainable:
        section.limitations.append(
            f"Explanations: answers of a {subject.spec.task} are no single numbers that an input raises."
        )
        return section
    if subject.layout.image is None and columns > subject.effort.max_explained_columns:
        section.prose = f"The model reads {columns:,} columns."
        section.limitations.append(
            f"Explanations: more than {subject.effort.max_explained_columns} columns were not explained."
        )
        return section
    if subject.layout.prose.any():
        outcome = telling_words.examine(subject, section)
        if outcome is not None:
            _check(section, outcome, "words")
        if columns == 1:
            return section
    found = attribute(subject)
    section.prose += f" {found.method} {len(found.rows)} answers were explained."
    weight = np.abs(found.values).mean(axis=0)
    if weight.sum() <= 0:
        section.find(
            "major",
            "No input changes the answer: the model ignores what it is given",
            "Everybody gets the same answer, whoever they are.",
        )
        return section
    share = weight / weight.sum()
    if subject.layout.image is None:
        _rank_columns(subject, section, found)
    else:
        _rank_pixels(subject, section, share, subject.layout.image)
        section.plots.append(_overlays(subject, found, subject.layout.image))
    _check(section, delete(subject, found), "pixels" if subject.layout.image else "columns")
    return section


def _rank_columns(subject: Subject, section: Section, found: Attribution) -> None:
    share, again = _shares(subject, found)
    order = np.argsort(-share, kind="stable")[:_SHOWN]
    names = [subject.layout.names[i] for i in order]
    ends = [percentiles(float(share[i]), again[:, i]) for i in order]
    section.measures += [
        Measure.of(f"attribution of {name}", one) for name, one in zip(names, ends, strict=True)
    ]
    if len(share) > 1:
        grave = thresholds.ONE_COLUMN.severity(ends[0].low)
        section.find(
            "minor" if grave and len(share) < _FEW_COLUMNS else grave,
            f"One column decides: {names[0]} has {percent(ends[0].value)} of all attribution",
            f"Of {len(share)} columns; 95 % interval {percent(ends[0].low)} to {percent(ends[0].high)}. Ask "
            "why; a label in disguise or a planted trigger looks like this.",
        )
    section.tables.append(_ranks(again, order, names))
    with plots.canvas(0.7 + 0.26 * len(order)) as drawn:
        plots.ranking(
            drawn.figure.subplots(), names, [100 * float(share[i]) for i in order], "attribution, %"
        )
    section.plots.append(
        drawn.plot(
            f"Columns by attribution; {names[0]} leads with {percent(float(share[order[0]]))}.",
            f"What the model listens to: share of all attribution, the first {len(order)} of {len(share)} "
            "columns.",
        )
    )


def _shares(subject: Subject, found: Attribution) -> tuple[Array, Array]:
    """Each column's share of all attribution, [columns], and its share in resamples, [times, columns]."""
    sizes, rng = np.abs(found.values), subject.rng("attribution")
    weights = rng.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), _RESAMPLES)
    drawn = weights @ sizes
    whole = np.maximum(drawn.sum(axis=1, keepdims=True), 1e-300)
    return sizes.sum(axis=0) / sizes.sum(), drawn / whole


def _ranks(drawn: Array, order: Array, names: list[str]) -> Table:
    """A table of the columns' ranks, with the range each would fall in if other answers were explained."""
    ranks = rankdata(-drawn, axis=1)[:, order]
    ends = np.quantile(ranks, [0.025, 0.975], axis=0, method="closest_observation").round().astype(int)
    rows = [
        (name, str(place + 1), f"{low} to {high}" if low < high else "")
        for place, (name, low, high) in enumerate(zip(names, *ends, strict=True))
    ]
    note = "Where ranks overlap, the order of the columns is chance: other answers would give another."
    return Table(("column", "rank", "95 % interval of the rank"), rows, note)


def _rank_pixels(subject: Subject, section: Section, share: Array, image: Image) -> None:
    heat = image.pixels(share).sum(axis=2)
    lines = {f"pixel row {i}": float(v) for i, v in enumerate(heat.sum(axis=1))}
    lines |= {f"pixel column {i}": float(v) for i, v in enumerate(heat.sum(axis=0))}
    strongest = max(lines, key=lambda name: lines[name])
    section.measures.append(Measure(f"attribution of {strongest}, the strongest line", lines[strongest]))
    section.find(
        thresholds.ONE_LINE.severity(lines[strongest]),
        f"One line of pixels decides: {strongest} has {percent(lines[strongest])} of all attribution",
        f"Of {image.height} rows and {image.width} columns. A watermark, a border or a planted trigger "
        "looks like this.",
    )
    with plots.canvas(3.2) as drawn:
        left, right = drawn.figure.subplots(1, 2)
        left.imshow(_grey(image.pixels(subject.rows.mean(axis=0))), cmap="gray")
        left.set_title("mean of the data")
        shown = right.imshow(100 * heat, cmap="magma")
        right.set_title("attribution, % of all")
        drawn.figure.colorbar(shown, ax=right, shrink=0.8)
        for axes in (left, right):
            axes.set_axis_off()
    section.plots.append(
        drawn.plot(
            f"Mean image beside the mean attribution; {strongest} has {percent(lines[strongest])}.",
            "Where the model looks, over all explained images.",
        )
    )


def _overlays(subject: Subject, found: Attribution, image: Image) -> Plot:
    """Heat maps over sample images; wrongly answered ones come first because they teach the most."""
    labels = subject.answers.labels
    wrong = (
        labels[found.rows] != subject.truth[found.rows]
        if labels is not None and subject.is_classification
        else np.zeros(len(found.rows), bool)
    )
    chosen = np.argsort(~wrong, kind="stable")[: subject.effort.overlays]
    down = -(-len(chosen) // _ACROSS)
    with plots.canvas(1.85 * down) as drawn:
        panels = np.atleast_1d(drawn.figure.subplots(down, _ACROSS)).ravel()
        for axes in panels:
            axes.set_axis_off()
        for axes, place in zip(panels, chosen, strict=False):
            row = found.rows[place]
            heat = image.pixels(found.values[place]).sum(axis=2)
            limit = float(np.abs(heat).max()) or 1.0
            axes.imshow(_grey(image.pixels(subject.rows[row])), cmap="gray")
            axes.imshow(
                heat, cmap="bwr", vmin=-limit, vmax=limit, alpha=(np.abs(heat) / limit).clip(0, 1) * 0.75
            )
            axes.set_title(_answered(subject, int(row)), fontsize=8.5)
    return drawn.plot(
        f"{len(chosen)} sample images with the parts that decided marked.",
        "Parts that decided: red spoke for the answer, blue against it; the stronger, the more opaque.",
    )


def _answered(subject: Subject, row: int) -> str:
    if not subject.has_plain_truth:
        return f"row {row}"
    if subject.answers.labels is None:
        return f"{float(np.asarray(subject.answers.values)[row]):.3g} (true {float(subject.truth[row]):.3g})"
    given, true = int(subject.answers.labels[row]), int(subject.truth[row])
    name = plots.short(subject.classes[given], 12)
    return name if given == true else f"{name}, truly {plots.short(subject.classes[true], 12)}"


def _grey(pixels: Array) -> Array:
    return np.asarray(pixels.mean(axis=2))


def _check(section: Section, outcome: Deletion, what: str) -> None:
    """Erase what the attribution calls important first: the answer must fade faster than in random order."""
    name = "deletion advantage over random order"
    section.measures.append(Measure.of(f"{name}, words" if what == "words" else name, outcome.advantage))
    if outcome.advantage.low <= 0:
        section.find(
            "minor",
            "The attributions explain no better than chance",
            f"Erasing the {what} they name changes the answer no faster than erasing any others: decisions "
            "of this model cannot be explained in this way.",
        )
    section.plots.append(_deletion_plot(outcome, what))


def _deletion_plot(outcome: Deletion, what: str) -> Plot:
    with plots.canvas(3.0) as drawn:
        axes = drawn.figure.subplots()
        erased = [100 * share for share in outcome.erased]
        axes.plot(erased, outcome.guided, "o-", color=plots.WARM, markersize=4, label="by attribution")
        axes.plot(erased, outcome.random, "s--", color=plots.GREY, markersize=4, label="at random")
        axes.set(xlabel=f"{what} erased, %", ylabel="what is left of the answer")
        axes.legend()
    return drawn.plot(
        "What is left of the answer as more is erased, by attribution and at random.",
        f"Does the explanation hold? Erasing the {what} it names first should fade the answer faster than "
        f"erasing any. Erased means {'left out' if what == 'words' else 'replaced by the mean of the data'}.",
    )
