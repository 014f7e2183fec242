"""Which of the reasons that come out of a jail are passed on.

A jail is not trusted, so what it may say depends on what its process has seen. The process that reads data
speaks only to the data's owner, and only in names that the order contains. The gate has read the model's file
and no data. The process that runs the model has seen hidden inputs and may be under the developer's control:
only a code is kept of what it says.
"""

from collections.abc import Iterable
from functools import cache

from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.evaluation.target import TARGETS
from assay.manifests.reason import Code, Reason
from assay_validation.contributed import ALLOWED
from assay_validation.errors import JobError
from assay_validation.operators import NAMED

_PHONE = TARGETS["phone"].operators or ()
_COSTLY = (Code.TOO_LONG, Code.TOO_COSTLY, Code.WROTE_TOO_MUCH)


def about_data(failure: JobError, spec: EvaluationSpec) -> tuple[Reason, ...]:
    """What the process that read the data says about it, for its owner."""
    if any(reason.code in _COSTLY for reason in failure.reasons):
        return (Reason(code=Code.DATA_TOO_COSTLY),)
    mapping = spec.data
    told = {mapping.format, *mapping.truth, mapping.group, *mapping.more_groups, *mapping.classes}
    told |= {column for one in mapping.inputs for column in one.columns}
    kept = [_named(one, told) for one in failure.reasons if one.code.subject == "data"]
    return tuple(kept) or (Reason(code=Code.DATA_UNREADABLE, name=mapping.format),)


def about_file(failure: JobError, spec: EvaluationSpec) -> tuple[Reason, ...]:
    """What the gate says about a model's file, for its developer."""
    told = {*_operators(), *(one.name for one in spec.data.inputs), *spec.output.model_dump().values()}
    kept = [_named(one, told) for one in failure.reasons if one.code.subject == "model file"]
    return tuple(kept) or _bare(failure, Code.MODEL_REFUSED)


@cache
def _operators() -> frozenset[str]:
    """Names of operators that may be told: those of ONNX and its runtime, and those refused by name."""
    from onnx import defs  # takes a while, and most models are let in

    return frozenset({*(one.name for one in defs.get_all_schemas()), *NAMED, *ALLOWED, *_PHONE})


def about_run(failure: JobError) -> tuple[Reason, ...]:
    """How the model's run ended."""
    return _bare(failure, Code.ANSWERS_NONSENSE)


def _named(reason: Reason, names: Iterable[str | None]) -> Reason:
    return reason if reason.name in {None, *names} else reason.model_copy(update={"name": None})


def _bare(failure: JobError, default: Code) -> tuple[Reason, ...]:
    codes = [one.code for one in failure.reasons if one.code.subject == "model run"]
    return tuple(Reason(code=code) for code in codes[:1] or [default])
