"""A text that accounts sign before an order, a grant or a purchase counts."""

from typing import Literal

from pydantic import Field

from assay.manifests.base import Manifest
from assay.manifests.fields import Address, Line, LongText, Slug


class Agreement(Manifest):
    """What its signers agree on, known by its digest: another wording is another agreement."""

    kind: Literal["Agreement"] = "Agreement"
    version: Literal[1] = 1
    title: Line
    text: LongText
    template: Slug | None = Field(default=None, exclude_if=lambda template: template is None)
    """The template from which it was written."""
    parties: tuple[Address, ...] = Field(default=(), max_length=16, exclude_if=lambda parties: not parties)
    """Accounts named in the text; anyone else who signs it agrees to it as well."""
