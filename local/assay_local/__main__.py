"""`python -m assay_local`, which `assay up`, `assay demo`, `assay time-travel` and `assay faucet` start."""

from assay_local.cli import main

main()
