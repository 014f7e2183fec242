"""The market in a browser: pages on the index, and a wallet that acts from them. Holds no key."""
