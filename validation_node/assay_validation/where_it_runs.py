"""Whether a model can run where the order says, and what one row costs."""

from assay.manifests.evaluation import SCORE_LIMIT, CriterionKind, EvaluationSpec
from assay.manifests.evaluation.target import Target
from assay.manifests.reason import Code, Reason
from assay_validation.errors import JobError
from assay_validation.graph_facts import MAX_KINDS, GraphFacts


def rows_of(spec: EvaluationSpec) -> dict[str, tuple[int, ...]] | None:
    """The shape of a row of each input, if an order asks what a row costs."""
    target = spec.runs_on_target
    asked = target is not None and (target.operations is not None or target.memory is not None)
    if asked or any(one.kind == CriterionKind.COMPUTATION for one in spec.criteria):
        return {one.name: spec.data.row_shape(one) or () for one in spec.data.inputs}
    return None


def check_target(facts: GraphFacts, spec: EvaluationSpec, size: int) -> None:
    """Refuse a model that cannot run where *spec* says, or whose costs do not follow from its shapes.

    Raises:
        JobError: with everything that exceeds the target.
    """
    target = spec.runs_on_target
    reasons = []
    if facts.untold:
        code = Code.ROUNDS_UNTOLD if facts.untold == "Loop" else Code.COSTS_UNTOLD
        reasons.append(Reason(code=code, name=facts.untold))
    if target is not None:
        reasons += _beyond(facts, target, size)
    if reasons:
        raise JobError(f"the model needs another machine: {facts.kinds}"[:1000], *reasons)


def _beyond(facts: GraphFacts, target: Target, size: int) -> list[Reason]:
    reasons = []
    if target.operators is not None:
        missing = sorted(facts.kinds.keys() - set(target.operators))
        reasons += [Reason(code=Code.TARGET_OPERATOR, name=kind) for kind in missing]
        if not missing and len(facts.kinds) >= MAX_KINDS:  # the gate reports no more
            reasons.append(Reason(code=Code.TARGET_OPERATOR))
    for code, found, most in (
        (Code.TARGET_OPSET, facts.opset, target.opset),
        (Code.TARGET_SIZE, size, target.size),
        (Code.TARGET_OPERATIONS, facts.operations, target.operations),
        (Code.TARGET_MEMORY, facts.memory, target.memory),
    ):
        if found is not None and most is not None and found > most:
            reasons.append(Reason(code=code, found=min(found, SCORE_LIMIT), most=most))
    return reasons
