"""How an untrusted model answers the triggers of a watermark."""

from pathlib import Path

import numpy as np

from assay.manifests.node_report import TriggerReport
from assay.manifests.trigger_set import TriggerSet
from assay_validation.class_scores import by_class, scored_output
from assay_validation.errors import ValidationError
from assay_validation.evaluation import file_digest
from assay_validation.limits import Limits
from assay_validation.raw_answers import OpenedModel


def ask(
    suspect: Path, triggers: TriggerSet, output: str | None = None, limits: Limits | None = None
) -> TriggerReport:
    """How *suspect*, in a jail, answers *triggers*; only those where it prefers one of two classes count.

    Args:
        output: the graph's output to compare; by default its scores by class, else its labels.

    Raises:
        ValidationError: it cannot be queried: another kind of input, other classes, no such output.
        JobError: it does not load or run, or answers nonsense.
    """
    given = triggers.inputs
    rows = np.frombuffer(given.content, np.dtype(given.dtype).newbyteorder("<"))
    rows = rows.reshape(len(triggers.pairs), *given.row_shape)
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise ValidationError("The trigger set holds numbers that are not finite.")
    with OpenedModel(suspect, limits) as model:
        chosen = scored_output(model.facts, output)
        answered = model.answers(rows, [chosen.name])[chosen.name]
    scores, pairs = by_class(answered, triggers.classes, chosen), np.array(triggers.pairs)
    first, second = (np.take_along_axis(scores, pairs[:, i : i + 1], axis=1)[:, 0] for i in (0, 1))
    preferred, decided = np.where(first > second, pairs[:, 0], pairs[:, 1]), first != second
    return TriggerReport(
        output=chosen.name,
        asked=int(decided.sum()),
        matches=int((preferred == np.array(triggers.answers))[decided].sum()),
        model_sha256=file_digest(suspect),
    )
