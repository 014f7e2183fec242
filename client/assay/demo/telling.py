"""Telling the story afterwards: tables in the terminal, and one self-contained page."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assay.demo import charts, rows
from assay.demo.record import Record
from assay.demo.rows import Rows
from assay.demo.story import Ending
from assay.structs import Kind

_LEAD = (
    "A newly founded hospital ordered a model that tells malignant from benign lesions. Three developers bid "
    "sealed prices; the winner's first model missed the threshold on the hospital's hidden patients, its "
    "second passed. One validator lied and one was silent. Every figure below is read from the chain."
)


def tables(record: Record, names: Mapping[str, str]) -> tuple[Rows, ...]:
    """What the story ends with."""
    return rows.reports(record), rows.money(record, names), rows.timeline(record, names)


def tell(console: Console, record: Record, ending: Ending, names: Mapping[str, str]) -> None:
    """Print the tables and the outcome."""
    for table in tables(record, names):
        shown = Table(title=table.title, title_justify="left", title_style="bold", caption=table.note,
                      caption_justify="left", box=None, pad_edge=False)  # fmt: skip
        for column in table.columns:
            right = column in table.right
            shown.add_column(column, justify="right" if right else "left", no_wrap=column not in table.prose)
        for row in table.rows:
            shown.add_row(*map(escape, row))
        console.print()
        console.print(shown)
    console.print(f"\nThe auditor who was not heard: {escape(rows.named(ending.refusal, names))}")
    console.print(
        f"The delivered model diagnosed {ending.agreed} of the hospital's {ending.asked} patients rightly."
    )


def write_page(path: Path, record: Record, ending: Ending, names: Mapping[str, str]) -> None:
    """Write the page; it needs no other file and no network."""
    template = Environment(loader=PackageLoader("assay.demo", "."), autoescape=True).get_template("page.html")
    labels = dict(names)
    pictures = (
        ("Sealed bids. The lowest wins and is promised the second-lowest price.", charts.bids(record)),
        ("What each validator reported of each submission.", charts.scores(record)),
        ("What everybody gained or lost, bonds returned.", charts.nets(record, labels)),
    )
    path.write_text(
        template.render(
            lead=_LEAD,
            facts=_facts(record, ending),
            charts=pictures,
            refusal=rows.named(ending.refusal, names),
            tables=tables(record, names),
        )
    )


def _facts(record: Record, ending: Ending) -> list[tuple[str, str]]:
    evaluations = [one for one in record.rounds if one.kind == Kind.EVALUATION]
    price = record.token.format(record.commission.price)
    return [
        ("the deal is", record.commission.state.words),
        ("price, second-lowest bid", price),
        *(
            (f"submission {number}", rows.percent(one.score))
            for number, one in enumerate(evaluations, start=1)
        ),
        ("threshold", rows.percent(record.commission.request.threshold)),
        ("patients diagnosed rightly by the delivered model", f"{ending.agreed} of {ending.asked}"),
    ]
