"""One commission as recorded on the chain: its history, timeline, payments and next step."""
