"""What can go wrong with an index."""

from assay.errors import AssayError


class IndexerError(AssayError):
    """The index cannot continue."""
