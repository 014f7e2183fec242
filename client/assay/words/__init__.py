"""What people read: amounts of a token, scores and bounds, and text of strangers made safe to print."""
