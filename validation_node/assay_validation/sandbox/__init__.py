"""A fresh jailed process for each piece of untrusted work."""
