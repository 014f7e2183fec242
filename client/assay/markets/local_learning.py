"""Training on this machine, in a separate process, so that this one never loads torch or scikit-learn."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from assay.manifests.node_report import ScoresReport
from assay.manifests.training_report import Compared, Composed, DerivedReport, Queries, WatermarkReport
from assay.markets.local_node import LocalNode
from assay.markets.local_program import LocalProgram, absolute


class LocalLearning(LocalProgram):
    """Runs the training program on this machine.

    All methods raise :class:`CheckUnavailable` if it is not installed or reports that the rows or models do
    not allow the request, and :class:`InvalidInput` if a file does not exist.
    """

    program, package, install = "assay-learning", "assay_learning", "pip install 'assay[train]'"

    def watermark(
        self,
        rows: Path,
        target: str,
        *,
        triggers: Path,
        marked: Path,
        count: int,
        student: str | None = None,
        model: Path | None = None,
        repeat: int = 2,
    ) -> WatermarkReport:
        """Make a trigger set for *rows*, and *marked* rows with it added; with *student*, train a *model*."""
        request = {
            "do": "watermark",
            "rows": absolute(rows),
            "target": target,
            "student": student,
            "count": count,
            "repeat": repeat,
            "triggers": str(triggers.absolute()),
            "marked": str(marked.absolute()),
            "model": model and str(model.absolute()),
        }
        return self.ask(request, WatermarkReport)

    def distil(
        self,
        teacher: Path,
        rows: Path,
        target: str,
        *,
        student: str,
        model: Path,
        more: Path | None = None,
        output: str | None = None,
        node: LocalNode | None = None,
    ) -> DerivedReport:
        """Train a *model* on the answers of *teacher*, which runs in a jail of *node*."""
        labelled = {"rows": absolute(rows), "target": target}
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            asked, scores = Path(folder) / "queries.npy", Path(folder) / "scores.npy"
            request = {"do": "queries", **labelled, "more": more and absolute(more), "queries": str(asked)}
            found = self.ask(request, Queries)
            (node or LocalNode()).scores(teacher, asked, found.classes, scores, output)
            files = {"queries": str(asked), "scores": str(scores), "model": str(model.absolute())}
            return self.ask({"do": "distil", **labelled, "student": student, **files}, DerivedReport)

    def fine_tune(
        self,
        teacher: Path,
        rows: Path,
        target: str,
        *,
        model: Path,
        output: str | None = None,
        node: LocalNode | None = None,
    ) -> DerivedReport:
        """Train the network *teacher* further on *rows*; it must first pass the checks of *node*."""
        labelled = {"rows": absolute(rows), "target": target}
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            asked, scores = Path(folder) / "queries.npy", Path(folder) / "scores.npy"
            found = self.ask({"do": "queries", **labelled, "queries": str(asked)}, Queries)
            passed: ScoresReport = (node or LocalNode()).scores(teacher, asked, found.classes, scores, output)
        request = {
            "do": "fine-tune",
            "teacher": absolute(teacher),
            "output": passed.output,
            **labelled,
            "model": str(model.absolute()),
        }
        return self.ask(request, DerivedReport)

    def compose(
        self, parts: Sequence[Path], how: str, *, model: Path, weights: Sequence[float] | None = None
    ) -> Composed:
        """Make one *model* of several: a ``pipeline`` or an ``ensemble``."""
        request = {
            "do": "compose",
            "how": how,
            "parts": [absolute(part) for part in parts],
            "weights": weights and list(weights),
            "model": str(model.absolute()),
        }
        return self.ask(request, Composed)

    def compare(self, one: Path, other: Path) -> Compared:
        """How similar two models' constants are."""
        return self.ask({"do": "compare", "one": absolute(one), "other": absolute(other)}, Compared)
