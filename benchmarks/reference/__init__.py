"""What auctions and panels must answer, by brute force, written from the interfaces, not from the contracts.

The differential tests hold the contracts against it, and the mechanism simulations play by it.
"""
