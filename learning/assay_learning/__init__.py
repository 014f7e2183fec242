"""Training at home: watermarks, distillation, fine-tuning, composition, and likeness of models.

It works on the developer's own rows and files, in a process of its own. It knows manifests and no chain, has
no keys, and never runs a model that somebody else made: what such a model answers comes out of a jail of the
validation node, in a file. See docs/architecture.md.
"""
