"""`python -m assay_oracle`."""

from assay_oracle.cli import main

main()
