"""What a market's contracts have said, as tables: for pages, for search, and for the read API.

It is only a convenience for readers. Whatever is paid or signed is read from the chain.
"""
