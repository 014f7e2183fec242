"""A model's file for regulators and courts, collected from chain and manifests and checked against them."""
