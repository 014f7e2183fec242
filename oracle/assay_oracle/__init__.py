"""The daemon that a validator runs: it follows the chain, has submissions tested, and reports what was found.

Each cycle reads from the chain what is asked of this account and takes the steps that are due; the only thing
on disk that matters is the journal of what it has decided to say. So it can be killed and restarted anywhere.
"""
