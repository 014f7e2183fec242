"""The daemon that a validator runs: it follows the chain, has submissions tested, and reports what was found.

Each cycle reads from the chain what is asked of this account and takes the step that is due; the only thing
kept on disk is the journal of what it has decided to say. It can therefore be killed and restarted anywhere.
"""
