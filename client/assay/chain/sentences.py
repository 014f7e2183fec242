"""What each custom error means to the person who meets it, and what to do: one table, keyed by the error's name.

Placeholders are the error's own arguments; amounts in them are base units of the token.
"""

SENTENCES: dict[str, tuple[str, str]] = {
}
