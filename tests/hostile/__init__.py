"""Hostile models and data files, each made by code: what it tries, and what a validator answers.

`docs/hostile-inputs.md` is a table of them, which `python tests/hostile/table.py` writes. A new case is a
function in one of these modules with a sentence for its docstring. Names are unique.
"""

from hostile.catalogue import CASES, Case, Kind
from hostile.data_files import cases as _data_files
from hostile.model_files import cases as _model_files
from hostile.model_runs import cases as _model_runs

CASES += [*_model_files, *_model_runs, *_data_files]

__all__ = ["CASES", "Case", "Kind"]
