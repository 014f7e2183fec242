"""`python -m assay_local`, which `assay up`, `assay demo` and `assay time-travel` start."""

from assay_local.cli import main

main()
