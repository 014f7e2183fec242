"""Accounts: their keystores, their signatures, and the curve of their keys."""
