"""Telling the story afterwards: tables in the terminal, and one self-contained page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assay.errors import InvalidInput
from assay.manifests.files import write_document
from assay.structs import Kind
from assay_local.demo import charts, rows
from assay_local.demo.contest import Contested
from assay_local.demo.record import Record
from assay_local.demo.resale import Resold
from assay_local.demo.rows import Rows
from assay_local.demo.story import Ending
from assay_local.demo.vote import Voted

_MARK, _MARK_WITHIN = b"<title>Assay: a commission, start to finish</title>", 2_000  # bytes from the start
_LEAD = (
    "A newly founded hospital ordered a model that tells malignant from benign lesions. Three developers bid "
    "sealed prices; the winner's first model missed the threshold on the hospital's hidden patients, its "
    "second passed. One validator lied and one was silent. Then a clinic contested a model that broke its "
    "terms, and had its money back. It bought a licence of the hospital's model instead; a developer made a "
    "small model of that one, and the hospital earns from each sale of it. Last, the chambers voted for an "
    "export rule. Every figure is read from the chain."
)


@dataclass(frozen=True)
class Played:
    """The first chapter's record, what each chapter leaves, and everyone's name by address."""

    record: Record
    ending: Ending
    contested: Contested
    resold: Resold
    voted: Voted
    names: Mapping[str, str]


def tables(played: Played) -> tuple[Rows, ...]:
    """The tables with which the story ends."""
    record, names = played.record, played.names
    return (
        rows.reports(record),
        rows.money(record, names),
        rows.jury(played.contested, record.token),
        rows.licences(played.resold, record.token),
        rows.chambers(played.voted),
        rows.timeline(record, names),
    )


def tell(console: Console, played: Played) -> None:
    """Print the tables and the outcome."""
    for table in tables(played):
        shown = Table(box=None, pad_edge=False)
        for column in table.columns:
            right = column in table.right
            shown.add_column(column, justify="right" if right else "left", no_wrap=column not in table.prose)
        for row in table.rows:
            shown.add_row(*map(escape, row))
        console.print(f"\n[bold]{escape(table.title)}[/]")
        console.print(shown)
        console.print(f"[dim italic]{escape(table.note)}[/]")
    ending = played.ending
    console.print(f"\nThe auditor who was not heard: {_named(ending.refusal, played)}")
    console.print(f"The bid that the new rule refused: {_named(played.voted.refusal, played)}")
    console.print(
        f"The delivered model diagnosed {ending.agreed} of the hospital's {ending.asked} patients rightly, "
        f"the small one that was made of it {played.resold.child.rightly}."
    )


def _named(text: str, played: Played) -> str:
    return escape(rows.named(text, played.names))


def require_own(path: Path) -> None:
    """Raise :class:`InvalidInput` if there is a file at *path* that is not the page of an earlier demo."""
    try:
        with path.open("rb") as file:
            is_own = _MARK in file.read(_MARK_WITHIN)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidInput(f"Cannot write {path}: {error.strerror or error}.") from error
    if not is_own:
        raise InvalidInput(
            f"{path} is not a page of the demo.", hint="Name another one: `--page demo-2.html`."
        )


def write_page(path: Path, played: Played) -> None:
    """Write the page; it needs no other file and no network."""
    record, names = played.record, played.names
    template = Environment(loader=PackageLoader("assay_local.demo", "."), autoescape=True).get_template(
        "page.html"
    )
    labels = dict(names)
    pictures = (
        ("Sealed bids. The lowest wins and is promised the second-lowest price.", charts.bids(record)),
        ("What each validator reported of each submission.", charts.scores(record)),
        ("What everybody gained or lost, bonds returned.", charts.nets(record, labels)),
    )
    page = template.render(
        lead=_LEAD,
        facts=_facts(played),
        charts=pictures,
        refusals=(
            ("The auditor who was not heard", rows.named(played.ending.refusal, names)),
            ("The bid that the new rule refused", rows.named(played.voted.refusal, names)),
        ),
        tables=tables(played),
    )
    write_document(path, page.encode())


def _facts(played: Played) -> list[tuple[str, str]]:
    record, ending, child = played.record, played.ending, played.resold.child
    evaluations = [one for one in record.rounds if one.kind == Kind.SCORE]
    price = record.token.format(record.commission.price)
    return [
        ("the deal is", record.commission.state.words),
        ("price, second-lowest bid", price),
        *(
            (f"submission {number}", rows.agreed(one, record.metric))
            for number, one in enumerate(evaluations, start=1)
        ),
        ("patients diagnosed rightly by the delivered model", f"{ending.agreed} of {ending.asked}"),
        ("royalty of the first sale of a model made of it", record.token.format(child.royalties)),
    ]
