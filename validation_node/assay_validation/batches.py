"""How much a model is fed at once. Jobs in a jail import this too, so it imports nothing itself."""

BATCH_ROWS = 1024
"""Rows in a batch, unless the model's graph demands another number."""
SEARCHED = tuple(f"searched{number}" for number in range(1, 9))
"""Passes of a random search for answers that flip when the inputs change slightly."""
