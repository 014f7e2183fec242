"""`python -m assay_validation`: the ``assay-validation`` command."""

from assay_validation.cli import main

main()
