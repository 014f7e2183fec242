"""The demo as a whole: market up, cast gathered, story played, page written."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay_local.demo import cast
from assay_local.demo.contest import Contest
from assay_local.demo.record import read_record
from assay_local.demo.resale import Resale
from assay_local.demo.story import Story
from assay_local.demo.telling import Played, write_page
from assay_local.demo.vote import Vote
from assay_local.market import LocalMarket


def play(local: LocalMarket, page: Path, console: Console) -> Played:
    """Play the story on a fresh local market, show its steps, and write it to `page`."""
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
        story = Story(local, folder, progress)
        ending = story.play()
        contested = Contest(local, folder, progress).play(story.order())
        model_id = local.actor(cast.HOSPITAL).commissions.get(ending.commission_id).model_id
        resold = Resale(local, folder, progress).play(story.order(), model_id)
        voted = Vote(local, folder, progress).play(story.order())
    names = cast.names(local)
    record = read_record(local.actor(cast.HOSPITAL), ending.commission_id, names)
    played = Played(record, ending, contested, resold, voted, names)
    write_page(page, played)
    return played
