"""What a market's contracts have said, as tables: for pages, for search, and for the read API.

It is a reader's convenience. Whatever is paid or signed is read from the chain.
"""
