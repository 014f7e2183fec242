"""The read API: what the tables say, over HTTP. It changes nothing but saved searches."""
