"""The processes of a market on this machine: chain, storage, validators."""
