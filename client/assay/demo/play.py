"""The demo as a whole: market up, cast gathered, story played, story told."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.demo import cast
from assay.demo.record import read_record
from assay.demo.story import Story
from assay.demo.telling import tell, write_page
from assay.local.market import LocalMarket

PAGE = "demo.html"


def play(local: LocalMarket, page: Path, console: Console) -> None:
    """Play the story on a fresh local market and write it to `page`."""
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
    tell(console, record, ending, names)
    write_page(page, record, ending, names)
