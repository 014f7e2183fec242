"""Text for people: token amounts, scores and bounds, and untrusted text made safe to print."""
