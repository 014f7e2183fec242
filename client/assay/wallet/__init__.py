"""Accounts: their keystores, what they sign, and the curve on which their keys lie."""
