"""The seller's daemon: delivers keys, grants them to panels, collects."""
