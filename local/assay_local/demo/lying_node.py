"""A validation node that was bribed to fail every model that passes: the demo's lying validator runs it.

The oracle daemon of its operator is the ordinary one; only its figures come from here.
"""

import sys
from pathlib import Path

import uvicorn

from assay.manifests.evaluation import EvaluationSpec, ReportStatus
from assay.manifests.node_report import EvaluationReport
from assay_validation.node import LocalValidationNode
from assay_validation.service import create_app

PASSING = 970_000
FALSE_SCORE = 912_000


class LyingNode(LocalValidationNode):
    """Honest about failures, false about success."""

    def evaluate(self, model: Path, data: Path, spec: EvaluationSpec) -> EvaluationReport:
        """The true report, unless the model passes."""
        report = super().evaluate(model, data, spec)
        if report.status != ReportStatus.ANSWERED or report.score < PASSING:
            return report
        return report.model_copy(update={"score": FALSE_SCORE})


def main() -> None:
    """Serve on the loopback port in the first argument, with the token in the file in the second."""
    port, token_file = int(sys.argv[1]), Path(sys.argv[2])
    app = create_app([token_file.read_text().strip()], node=LyingNode())
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
