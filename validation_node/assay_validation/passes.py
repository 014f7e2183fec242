"""A model's predictions by pass. They are read when asked for, so that only a few are in memory at a time."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from assay_validation.metrics import Predictions

CLEAN = "clean"
"""The pass that all others are compared with."""
NUDGED = "nudged"
"""The pass that has to agree with the clean one."""


class Passes(Mapping[str, Predictions]):
    """Predictions by the name of their pass, from *files* named by the fields of OutputMapping.

    Only the clean pass and the last pass looked up are kept. Lookups raise whatever *read* raises.
    """

    def __init__(
        self, files: Mapping[str, dict[str, Path]], read: Callable[[str, dict[str, Path]], Predictions]
    ) -> None:
        self._files, self._read = files, read
        self._kept: dict[str, Predictions] = {}

    def __getitem__(self, name: str) -> Predictions:
        if name not in self._kept:
            self._kept = {CLEAN: self._kept[CLEAN]} if CLEAN in self._kept else {}
            self._kept[name] = self._read(name, self._files[name])
        return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
