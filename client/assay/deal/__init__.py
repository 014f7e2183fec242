"""One commission as the chain tells it: its history, timeline, payments and next step."""
