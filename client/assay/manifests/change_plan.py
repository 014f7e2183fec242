"""What later versions of a model may change, and what a change requires, agreed before the first version.

Cf. the FDA's predetermined change control plans (2024) and Article 43(4) of the EU's AI Act.
"""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from assay.manifests.base import Part

Change = Literal["weights", "data", "models", "framework", "inputs", "outputs", "use", "licence"]
CHANGES: tuple[Change, ...] = get_args(Change)
CHANGE_WORDS: dict[Change, str] = {
    "weights": "the model file is another one",
    "data": "other datasets or training jobs are named",
    "models": "it was made from other models as well",
    "framework": "another framework or ONNX operator set",
    "inputs": "other inputs",
    "outputs": "other outputs",
    "use": "another intended use, or other limits",
    "licence": "another licence",
}
Some = Annotated[tuple[Change, ...], Field(max_length=len(CHANGES))]
Need = Literal["test", "audit", "agreement"]


class ChangePlan(Part):
    """For which changes a new test is enough, and which take an audit too. Others are ruled out."""

    test: Some = ()
    audit: Some = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [*self.test, *self.audit]
        if not named:
            raise ValueError("it names no change")
        if len(named) != len(set(named)):
            raise ValueError("it names a change twice")
        return self

    def needs(self, changes: tuple[Change, ...]) -> Need:
        """What *changes* together require: "agreement" if the plan rules one of them out."""
        if set(changes) - {*self.test, *self.audit}:
            return "agreement"
        return "audit" if set(changes) & set(self.audit) else "test"
