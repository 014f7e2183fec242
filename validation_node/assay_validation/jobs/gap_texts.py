"""Texts that stand for a missing value."""

WRITTEN = (
    *("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NaT", "NULL", "null", "None", "none"),
    *("-", "--", "?", ".", r"\N", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"),
)
"""Texts that programs write among numbers. An order declares which of them mean a gap in its data."""
UNSTATED = frozenset({"", "NaN", "nan", "NA", "null"})
"""Gaps in a column that tells groups apart, whatever the order declares."""
