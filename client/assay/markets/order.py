"""A customer's order for a model: one document, from which the manifests and the transaction are derived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from assay.errors import InvalidInput
from assay.manifests import Column, CommissionSpec, DatasetManifest, Licence, Part, SealedArtifact
from assay.manifests.change_plan import ChangePlan
from assay.manifests.evaluation import (
    MAX_COLUMNS,
    PPM,
    DatasetCounts,
    EvaluationSpec,
    Reference,
    Score,
    Tolerance,
)
from assay.manifests.evaluation.criterion import COUNTED
from assay.manifests.fields import Address, Digest, Line, Prose, Slug
from assay.markets.order_file import load_written
from assay.markets.order_forms import Fault, Faults, amount, decimal, unreachable
from assay.wallet.secp256k1 import Point
from assay.words import formatting
from assay.words.printable import quoted

_YEAR = 365 * 86_400
_MIN_BUILDING = 60
_MAX_SUBMISSIONS = 10

Amount = Annotated[str, Field(max_length=61), AfterValidator(amount)]
"""Token units as decimal text, such as "12.5"."""
Seconds = Annotated[int, Field(ge=1, le=2 * _YEAR)]


class DatasetDescription(Part):
    """What may be known about the hidden validation data."""

    name: Line
    description: Prose
    licence: Licence
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    counts: DatasetCounts


class HiddenTest(Part):
    """A test on hidden data. Scores are ppm, greater is better; amounts are token units."""

    title: Line
    description: Prose
    domain: Slug
    evaluation: EvaluationSpec
    dataset: DatasetDescription
    threshold: Score
    """A model passes at this score."""
    tolerance: Tolerance = Field(default_factory=lambda known: known["evaluation"].step)
    """Within which validators' scores agree; by default, a step of the score."""
    required_criteria: Annotated[tuple[int, ...], Field(max_length=16)] | None = None
    """Indices of the spec's criteria that must pass; all by default."""
    token: Address | None = None
    """The token for payment; the market's payment token by default."""

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        faults = [*self.unreachable(), *self._intolerant(), *self._filled_in()] or list(self.forbidden())
        if faults:
            raise Faults(faults)
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a document, in any form that :mod:`assay.markets.order_forms` accepts, from a JSON file.

        Raises:
            InvalidInput: everything that is wrong with it, one fault per line.
        """
        return load_written(path, cls)

    def unreachable(self) -> Iterator[Fault]:
        """Faults: scores that no model can reach."""
        yield from unreachable(self.evaluation.metric, self.evaluation.step, self._scores())
        for place, one in enumerate(self.evaluation.criteria):
            if one.kind in COUNTED and one.bound < 1:
                message = f"no model has a {one.kind.words} below 1"
                yield Fault(f"evaluation.criteria.{place}.bound", message)

    def forbidden(self) -> Iterator[Fault]:
        """Faults that the market's contracts refuse under any policy."""
        yield from ()

    def _intolerant(self) -> Iterator[Fault]:
        """A tolerance that honest validators may not keep to, or that means nothing."""
        metric, step = self.evaluation.metric, self.evaluation.step
        if self.tolerance < step:
            asked, needed = (formatting.difference(one, metric) for one in (self.tolerance, step))
            message = f"{asked} is too little: honest validators may differ by a step of the score"
            yield Fault("tolerance", f"{message}; allow at least {needed}")
        if self.tolerance > PPM and metric.is_share:
            yield Fault("tolerance", "not from 0 % to 100 %")

    def _filled_in(self) -> Iterator[Fault]:
        """Fields that are not the customer's to fill in."""
        if self.evaluation.beacon is not None:
            yield Fault("evaluation.beacon", "a panel fills this in; leave it out")

    def _scores(self) -> dict[str, int]:
        """The scores that a model should reach, by field."""
        return {"threshold": self.threshold}

    def dataset_manifest(self, artifact: SealedArtifact) -> DatasetManifest:
        """The manifest of the sealed data."""
        return DatasetManifest(
            artifact=artifact,
            format=self.evaluation.data.format,
            **{name: getattr(self.dataset, name) for name in DatasetDescription.model_fields},
        )

    def criteria_bitmap(self) -> int:
        """The criteria that must pass; raises :class:`InvalidInput` for one that the spec does not have."""
        count = len(self.evaluation.criteria)
        required = range(count) if self.required_criteria is None else self.required_criteria
        if any(not 0 <= place < count for place in required):
            raise InvalidInput(f"A required criterion is not among the {count} of the evaluation.")
        return sum(1 << place for place in set(required))


class Order(HiddenTest):
    """A commission before it is opened."""

    reference: Reference
    effort_score: Score
    """A failed attempt at or above this score earns the effort fee. In a file, defaults to the threshold."""
    submission_cap: Annotated[int, Field(ge=1, le=255)] = 3
    deliverable: Prose
    training_data: Prose
    maintains: Digest | None = None
    """The manifest digest of the customer's own model whose next version is ordered."""
    change_plan: ChangePlan | None = None
    """Which changes later versions may make, and which of them require an audit."""
    risk_class: Annotated[int, Field(ge=0, le=255)] = 1
    reserve: Amount
    """The most to be paid for the model."""
    evaluation_fee: Amount
    """Fee for each validator per request."""
    audit_fee: Amount = "0"
    effort_fee: Amount = "0"
    kill_fee: Amount = "0"
    bidding_seconds: Seconds
    revealing_seconds: Seconds
    building_seconds: Seconds
    """Time the developer has."""

    def _scores(self) -> dict[str, int]:
        return {"threshold": self.threshold, "effort_score": self.effort_score}

    def forbidden(self) -> Iterator[Fault]:
        """The contracts' bounds, in the units of the file."""
        inputs = self.evaluation.data.inputs
        numeric = [one for one in inputs if one.dtype != "string" and one.files is None and one.time is None]
        fed = {name for one in numeric for name in one.columns}
        for place, column in enumerate(self.dataset.columns):
            if column.name in fed and column.type == "text":
                message = f"{quoted(column.name)} is fed to the model, which takes numbers; it cannot be text"
                yield Fault(f"dataset.columns.{place}.type", message)
        reserve = decimal(self.reserve)
        if not reserve:
            yield Fault(
                "reserve", "this is 0; it is the most that you pay for the model, so write more than 0"
            )
        for name, fee in (("effort_fee", self.effort_fee), ("kill_fee", self.kill_fee)):
            if reserve and decimal(fee) > reserve:
                yield Fault(
                    name, f"{fee} is more than the reserve, {self.reserve}, which is the most allowed"
                )
        if self.effort_score > self.threshold:
            metric = self.evaluation.metric
            effort, asked = (formatting.threshold(one, metric) for one in (self.effort_score, self.threshold))
            message = f"{metric.words} {effort} asks for more than a model needs to pass, {asked}"
            yield Fault("effort_score", f"{message}; ask for no more than that")
        if self.submission_cap > _MAX_SUBMISSIONS:
            yield Fault(
                "submission_cap", f"{self.submission_cap} is more than {_MAX_SUBMISSIONS}, the most allowed"
            )
        if self.building_seconds < _MIN_BUILDING:
            yield Fault("building_seconds", "this is shorter than 1 minute, the least allowed")
        if self.building_seconds > _YEAR:
            yield Fault("building_seconds", "this is longer than 365 days, the most allowed")

    def spec(self, dataset: bytes, customer_key: bytes, delivery_key: Point) -> CommissionSpec:
        """The order in the form that developers and validators read.

        Args:
            dataset: the manifest's digest.
            customer_key: the customer's X25519 public key.
            delivery_key: the customer's point, to which the model's key is delivered.
        """
        shared = CommissionSpec.model_fields.keys() & type(self).model_fields.keys() - {"dataset"}
        described = {name: getattr(self, name) for name in shared}
        return CommissionSpec(
            dataset=dataset.hex(),
            customer_key=customer_key.hex(),
            delivery_key=delivery_key.hex(),
            **described,
        )
