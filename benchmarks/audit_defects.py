"""The defects that are planted, and how other tools would find them. No benchmark itself."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from audit_cases import Rng, anything, but, classes, images, is_regression, some, two
from audit_data import Data
from audit_models import (
    blind,
    by_a_hair,
    by_company,
    careless_with_one,
    certain,
    constant,
    denying,
    denying_who_is_both,
    diffident,
    hidden_patch,
    hidden_pattern,
    hidden_value,
    hidden_values,
    knowing_the_audit_rows,
    moody,
    of_one_column,
    promising_more,
    putting_high,
    remembering,
    short_of_the_threshold,
    unequal_by_sex,
    weak_where_high,
    written_at_the_edge,
)
from audit_rows import (
    contradictory,
    copied,
    full_of_gaps,
    leaked,
    leaked_by_three,
    moved,
    new_codes,
    other_meaning,
    other_shares,
    other_unit,
    oversampled_and_copied,
    repeated,
    stood_in,
    stuck,
)
from sklearn.neighbors import KNeighborsClassifier

from assay_validation.audit import (
    calibration,
    drift,
    explainability,
    fairness,
    integrity,
    leaks,
    overlap,
    performance,
    privacy,
    relation,
    robustness,
    security,
    slices,
)
from assay_validation.audit.subject import Subject


@dataclass(frozen=True)
class Defect:
    """What is planted, in which data, and where it has to be found.

    Attributes:
        grave: whether it has to be rejected; otherwise a minor finding is enough, as the documentation says.
        least: in which share of the cases it has to be found; None where the documentation promises nothing.
        deepchecks: the checks of deepchecks that are about it.
        peer: `fairlearn` or `art`, where one of them measures it.
    """

    name: str
    part: ModuleType
    fits: Callable[[Data], bool]
    plant: Callable[[Data, Rng], Subject]
    grave: bool = True
    least: float | None = 0.90
    deepchecks: tuple[str, ...] = ()
    peer: str = ""


def told_apart(data: Data) -> bool:
    """Whether rows can be remembered: in COMPAS two in three have a twin, and the AUROC stays below 0.65."""
    return classes(data) and data.name != "compas"


PARTS = (
    performance, calibration, overlap, slices, leaks, fairness, robustness, privacy, security, explainability,
    drift, integrity, relation,
)  # fmt: skip
DEFECTS = (
    Defect("the same answer for all", performance, anything, constant, deepchecks=("SimpleModelComparison",)),
    Defect("never answers the last class", performance, classes, blind, deepchecks=("TrainTestPerformance",)),
    Defect("misses the threshold by 20 points", performance, classes, short_of_the_threshold),
    Defect("always certain, wrong on a quarter", calibration, classes, certain),
    Defect("never sure", calibration, some("cancer", "wine", "digits", "adult", "mnist"), diffident,
           grave=False),
    Defect("weak where one column is high", slices, some("cancer", "digits", "diabetes", "adult", "mnist"),
           weak_where_high, deepchecks=("WeakSegmentsPerformance",)),
    Defect("a fifth are training rows", overlap, anything, copied, deepchecks=("TrainTestSamplesMix",)),
    Defect("a fifth are training rows, touched", overlap, anything,
           lambda data, rng: copied(data, rng, 0.0003), deepchecks=("TrainTestSamplesMix",)),
    Defect("a fifth are training rows, which repeat", overlap, anything, oversampled_and_copied,
           deepchecks=("TrainTestSamplesMix",)),
    Defect("the label is an input", leaks, but("wine"), leaked,
           deepchecks=("FeatureLabelCorrelation",)),
    Defect("three noisy copies of the label are inputs", leaks, some("adult", "german"), leaked_by_three,
           grave=False, deepchecks=("FeatureLabelCorrelation",)),
    Defect("turns eight in ten of a group down", fairness, two, denying, peer="fairlearn"),
    Defect("the same beside a group of 3 %", fairness, two, lambda data, rng: denying(data, rng, 0.03),
           peer="fairlearn"),
    Defect("turns down who is both", fairness, two, denying_who_is_both, peer="fairlearn"),
    Defect("promises a group more than it keeps", fairness, two, promising_more),
    Defect("parity is asked for, and there is none", fairness, some("adult"), unequal_by_sex, grave=False,
           peer="fairlearn"),
    Defect("puts a group too high", fairness, is_regression, putting_high),
    Defect("is careless with a group", fairness, is_regression, careless_with_one),
    Defect("a forest that knows its rows by heart", privacy, told_apart, remembering,
           deepchecks=("TrainTestPerformance",), peer="art"),
    Defect("a nearest neighbour, which is its rows", privacy, some("cancer", "adult", "german"),
           lambda data, rng: remembering(data, rng, KNeighborsClassifier(1), 0.8),
           deepchecks=("TrainTestPerformance",), peer="art"),
    Defect("three columns lie a deviation off", drift, anything, moved, deepchecks=("FeatureDrift",)),
    Defect("other shares of classes", drift, classes, other_shares, grave=False,
           deepchecks=("LabelDrift", "PredictionDrift")),
    Defect("labels mean something else", relation, but("wine", "german"),
           other_meaning, grave=False, deepchecks=("TrainTestPerformance",)),
    Defect("a column in another unit", integrity, anything, other_unit, deepchecks=("FeatureDrift",)),
    Defect("-999 for a gap", integrity, anything, stood_in, deepchecks=("FeatureDrift",)),
    Defect("a column that stopped varying", integrity, anything, stuck, grave=False,
           deepchecks=("IsSingleValue",)),
    Defect("codes that were not trained on", integrity, anything, new_codes,
           deepchecks=("NewCategoryTrainTest", "FeatureDrift")),
    Defect("half of a column is empty", integrity, classes, full_of_gaps,
           deepchecks=("MixedNulls", "FeatureDrift")),
    Defect("rows that contradict each other", integrity, classes, contradictory,
           deepchecks=("ConflictingLabels",)),
    Defect("rows that are there twice", integrity, anything, repeated, grave=False,
           deepchecks=("DataDuplicates",)),
    Defect("looks at the other rows", security, classes, by_company),
    Defect("answers by lot", security, classes, moody),
    Defect("decides by the seventh decimal", security, some("cancer", "wine", "german"), by_a_hair),
    Defect("a value that decides (backdoor)", security, some("adult", "compas"), hidden_value),
    Defect("two values together that decide (backdoor)", security, some("adult", "compas"),
           lambda data, rng: hidden_values(data, rng, 2)),
    Defect("three values together that decide (backdoor)", security, some("adult", "compas"),
           lambda data, rng: hidden_values(data, rng, 3)),
    Defect("the same, taught by rows that the auditor does not get", security, some("adult", "compas"),
           lambda data, rng: hidden_values(data, rng, 3, told_of=False), least=None),
    Defect("a faint pattern that decides (backdoor)", security, images, hidden_pattern),
    Defect("the same pattern, taught by images that the auditor does not get", security, images,
           lambda data, rng: hidden_pattern(data, rng, told_of=False), least=None),
    Defect("a patch that decides (backdoor)", security, images, hidden_patch),
    Defect("knows the audit rows by heart", robustness, classes, knowing_the_audit_rows),
    Defect("listens to one column only", explainability, 
           some("cancer", "wine", "diabetes", "compas", "cars"), of_one_column),
    Defect("reads what is written at the edge", explainability, images, written_at_the_edge),
)  # fmt: skip
