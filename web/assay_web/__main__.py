"""`python -m assay_web`."""

from assay_web.cli import main

main()
