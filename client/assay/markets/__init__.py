"""The market for commissions: orders, bids, models, and how a model stands."""
