"""The market for commissions: orders, bids, models, and a model's present standing."""
