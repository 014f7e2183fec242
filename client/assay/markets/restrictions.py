"""Use restrictions are inherited: a model keeps those of every model that it was made from."""

from __future__ import annotations

from collections.abc import Iterable

from assay.errors import InvalidInput
from assay.manifests import Licence, ModelManifest
from assay.session import Session


def require_kept(session: Session, licence: Licence, parents: Iterable[str]) -> None:
    """Raise :class:`InvalidInput` if *licence* drops a restriction that one of *parents* has.

    Args:
        licence: the licence of the derived model, or of an offer of it.
        parents: digests of their manifests, in hex.

    Raises:
        InvalidInput: it does, or a parent is not the manifest of a model.
        StoreError, ManifestError: a parent's manifest cannot be read.
    """
    for parent in parents:
        manifest = session.fetch(bytes.fromhex(parent), ModelManifest)
        missing = manifest.licence.missing_from(licence)
        if missing:
            raise InvalidInput(
                f"The licence drops what {manifest.name}, from which the model was made, forbids: use "
                f"{'; '.join(missing)}.",
                hint="Name the same restrictions in the licence.",
            )
