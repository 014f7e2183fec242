"""Joining those from whom panels, auditors and juries are drawn."""

NEW_LEAF_GAS = 250_000
"""Gas beyond the estimate for an account that may be new in a draw.

Where its leaf comes to lie in the tree (`contracts/kernel/SumTree.sol`) depends on who joins before the
transaction is mined. If the tree is full by then, every node above the leaf is new, 17,100 gas more for each
level. By this arithmetic it is enough for ten thousand leaves.
"""
