"""The market's mechanisms played many times over with random people; `mechanism.py` runs it all."""
