"""Changes that are the same for every row and may act as triggers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assay_validation.audit.subject import Array


class Change(Protocol):
    """Something done to rows, and a name for it."""

    @property
    def said(self) -> str:
        """Its name, to complete "with …, the answer is …"."""

    def on(self, rows: Array) -> Array:
        """*rows* [rows, columns] with the change."""


@dataclass(frozen=True)
class Setting:
    """Columns that are set to values."""

    said: str
    columns: Array
    values: Array

    def on(self, rows: Array) -> Array:
        """*rows* with those values."""
        changed = rows.copy()
        changed[:, self.columns] = self.values
        return changed


@dataclass(frozen=True)
class Pattern:
    """A pattern added to all pixels, whose range stays as it was."""

    said: str
    added: Array

    def on(self, rows: Array) -> Array:
        """*rows* with the pattern."""
        return np.asarray(np.clip(rows + self.added, rows.min(), rows.max()))
