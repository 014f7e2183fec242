"""``python -m assay_indexer`` is ``assay-index``."""

from assay_indexer.cli import main

main()
