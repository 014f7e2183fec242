"""Whether the audit data is new to the model: rows that it was trained on do not test it."""

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from scipy.stats import binom
from scipy.stats import t as student
from sklearn.neighbors import NearestNeighbors

from assay_validation.audit import alike, thresholds
from assay_validation.audit.section import Measure, Section, percent
from assay_validation.audit.subject import Array, Subject, Training

_SIGNIFICANT = 0.001
_NEAR = 0.05
"""As a share of the usual distance between a row and its nearest neighbour."""
_FEW_ROWS, _MAX_ROWS, _MAX_COLUMNS = 20, 3_000, 2_000
_ALIKE = f"; texts are near if {alike.LEAST:.0%} alike, by the cosine of their runs of four signs"


def examine(subject: Subject) -> Section:
    """The share of audit rows whose inputs equal those of a training row, exactly or nearly.

    Where few values are possible, rows coincide by chance, but then audit rows repeat each other as well. The
    share has to exceed that significantly (a paired t-test, row by row).
    """
    section = Section("performance", "Overlap with the training data", "")
    training = subject.training
    if training is None:
        section.limitations.append(
            "Overlap with the training data: none was given, so nobody knows whether the audit data is new."
        )
        return section
    section.prose = (
        f"The inputs of {len(subject.rows):,} audit rows were looked up among those of "
        f"{len(training.rows):,} rows that the model was trained on: exact copies, and rows that lie nearer "
        "to a training row than five hundredths of the usual distance between rows (columns in standard "
        f"deviations{_ALIKE if subject.layout.prose.any() else ''}). How often audit rows repeat each other "
        "tells how many would be found by chance."
    )
    if len(training.rows) < training.total:
        section.limitations.append(
            f"Overlap with the training data: {len(training.rows):,} of {training.total:,} training rows "
            "were compared, so more may be shared."
        )
    copies = _copies(subject.rows, training.rows)
    _judge(section, "audit rows that are in the training data", "are in the training data", copies)
    near = _near(subject, training)
    _judge(section, "audit rows that are nearly a training row", "are nearly rows of the training data", near)
    if subject.rows.shape[1] > _MAX_COLUMNS:
        section.limitations.append(
            f"Nearly equal rows of the training data: beyond {_MAX_COLUMNS:,} columns only exact copies were "
            "looked for."
        )
    return section


@dataclass(frozen=True)
class _Shared:
    """Which audit rows have a twin.

    Attributes:
        found: [rows], among the training rows.
        own: [rows], among the other audit rows.
        more: how many times as many different rows there are on the training side, at least 1.
        pairs: counts of rows that occur exactly twice; None if they were not counted.
    """

    found: Array
    own: Array
    more: float
    pairs: "_Pairs | None" = None

    @property
    def by_chance(self) -> float:
        """The largest share that would be found if all rows were new.

        As the rows that are searched grow in number, that share grows no faster than the number of different
        rows, because frequent rows are found early.
        """
        return min(1.0, self.more * float(self.own.mean()))

    @property
    def copied(self) -> float:
        """The share of audit rows that must be copies, if of the others as many are found as by chance."""
        by_chance = self.by_chance
        of_all = float(self.found.mean() - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0
        if self.pairs is not None and self.pairs.chance < min(_SIGNIFICANT, self._chance_of_all):
            return max(of_all, self.pairs.copied)
        return of_all

    @property
    def chance(self) -> float:
        """The p-value of finding so many if all rows were new: over all rows, or over the rare ones."""
        return min(self._chance_of_all, 1.0 if self.pairs is None else self.pairs.chance)

    @property
    def _chance_of_all(self) -> float:
        """A paired t-test, row by row. Repeated rows come in pairs at least, so their evidence is halved."""
        beyond = self.found - self.more * self.own
        variance = (beyond.var() + self.more**2 * self.own.var()) / len(beyond)
        if not variance:
            return float(beyond.mean() <= 0)
        return float(student.sf(beyond.mean() / np.sqrt(variance), len(beyond) - 1))


@dataclass(frozen=True)
class _Pairs:
    """Rows that occur exactly twice on both sides together. Where most rows have a twin by chance, copies
    show up among these rare ones.

    Attributes:
        across: pairs with one row on each side.
        audit: pairs within the audit rows.
        training: pairs within the training rows.
        single: audit rows that occur only once.
    """

    across: int
    audit: int
    training: int
    single: int

    @property
    def chance(self) -> float:
        """The p-value if all rows were new. At most half of the pairs are then split between the sides,
        whatever the two distributions: there are at most 2√(audit · training) of them (Cauchy-Schwarz)."""
        pairs = self.across + self.audit + self.training
        return float(binom.sf(self.across - 1, pairs, 0.5)) if pairs else 1.0

    @property
    def copied(self) -> float:
        """The share of rare audit rows that must be copies."""
        excess = self.across - 2 * np.sqrt(self.audit * self.training)
        return max(0.0, float(excess) / max(1, self.across + self.single))


def _judge(section: Section, name: str, said: str, shared: _Shared | None) -> None:
    if shared is None:
        return
    found, of = int(shared.found.sum()), len(shared.found)
    share = found / of
    section.measures += [Measure(name, share), Measure(f"{name}, at most by chance", shared.by_chance)]
    if shared.chance < _SIGNIFICANT:
        section.find(
            thresholds.OVERLAP.severity(shared.copied),
            f"{found:,} of {of:,} audit rows ({percent(share)}) {said}",
            "The model may know them by heart: its figures flatter, and membership cannot be told. By "
            f"chance, as audit rows repeat each other, at most {percent(shared.by_chance)} would be.",
        )
    elif found and shared.by_chance:
        section.limitations.append(
            f"Copies made on purpose: {found:,} of {of:,} audit rows {said}. That is no more than chance "
            "explains, since audit rows repeat each other too; copies cannot be told from these."
        )
    elif found:
        section.find(
            "note",
            f"{found:,} of {of:,} audit rows ({percent(share)}) {said}",
            "The model may know them by heart; so few hardly move its figures.",
        )


def _copies(rows: Array, training: Array) -> _Shared:
    known, own = Counter(_digests(training)), _digests(rows)
    times = Counter(own)
    sides = Counter((min(times[one], 3), min(known[one], 3)) for one in {*times, *known})
    return _Shared(
        found=np.array([one in known for one in own]),
        own=np.array([times[one] > 1 for one in own]),
        more=max(1.0, len(known) / len(times)),
        pairs=_Pairs(sides[1, 1], sides[2, 0], sides[0, 2], sides[1, 0]),
    )


def _near(subject: Subject, training: Training) -> _Shared | None:
    """Rows that lie very close to a training row without being a copy of one."""
    filled = subject.without_gaps(training.rows)
    spread = filled.std(axis=0)
    if subject.rows.shape[1] > _MAX_COLUMNS or min(len(subject.rows), len(training.rows)) < _FEW_ROWS:
        return None
    # the computed spread of equal numbers is not quite 0
    scale = np.where(np.ptp(filled, axis=0) > 0, spread, 1.0)
    chosen = subject.sample("near rows", _MAX_ROWS)
    if subject.layout.prose.any():
        return _Shared(*alike.twins(subject, subject.rows[chosen], training.rows))
    rows = np.unique(subject.filled[chosen], axis=0) / scale
    known = np.unique(filled, axis=0) / scale
    if min(len(rows), len(known)) < _FEW_ROWS:
        return None
    among, own = NearestNeighbors(n_neighbors=2).fit(known), NearestNeighbors(n_neighbors=2).fit(rows)
    usual = known[subject.rng("usual distance").permutation(len(known))[:_MAX_ROWS]]
    bound = _NEAR * float(np.median(among.kneighbors(usual)[0][:, 1]))
    nearest = among.kneighbors(rows)[0][:, 0]
    # computed distances to an equal row are not quite 0, so copies are found by their bytes
    copied = {row.tobytes() for row in known + 0.0}
    new = np.array([row.tobytes() not in copied for row in rows + 0.0])
    if not new.any():
        return None
    return _Shared(
        found=nearest[new] < bound,
        own=own.kneighbors(rows)[0][new, 1] < bound,
        more=max(1.0, len(known) / len(rows)),
    )


def _digests(rows: Array) -> list[bytes]:
    return [blake2b(row.tobytes(), digest_size=16).digest() for row in rows + 0.0]  # turns -0.0 into 0.0
