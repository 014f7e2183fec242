"""The demo as a whole: market up, cast gathered, story played, page written."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.demo import cast
from assay.demo.record import Record, read_record
from assay.demo.story import Ending, Story
from assay.demo.telling import write_page
from assay.local.market import LocalMarket


@dataclass(frozen=True)
class Played:
    """The story's record and ending, and everybody's name by address."""

    record: Record
    ending: Ending
    names: dict[str, str]


def play(local: LocalMarket, page: Path, console: Console) -> Played:
    """Play the story on a fresh local market, showing its steps, and write it to `page`."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("starting")

        def progress(step: str) -> None:
            bar.console.print(f"  [dim]·[/] {step}")
            bar.update(task, description=step)

        local.start(progress)
        cast.gather(local, progress)
        folder = local.folder / "story"
        folder.mkdir(exist_ok=True)
        ending = Story(local, folder, progress).play()
    names = cast.names(local)
    record = read_record(local.actor(cast.HOSPITAL), ending.commission_id, names)
    write_page(page, record, ending, names)
    return Played(record, ending, names)
