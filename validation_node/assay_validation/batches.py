"""What a model is fed at once. Jobs in a jail read this too, so it imports nothing."""

BATCH_ROWS = 1024
"""Rows, unless its graph demands another number."""
ERRORS = 16_381
"""Rounding errors; a prime, so that they do not repeat with a matrix's rows."""
SEARCHED = tuple(f"searched{number}" for number in range(1, 9))
"""Passes of a random search for answers that a small change of the inputs turns."""
