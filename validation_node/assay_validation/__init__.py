"""The validation node: tests untrusted models on hidden data in a sandbox. No keys, no chain."""
