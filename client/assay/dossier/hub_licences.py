"""The licences in https://huggingface.co/docs/hub/repositories-licenses, by their SPDX names."""

from __future__ import annotations

import re
from typing import Any

from assay.manifests import Licence

_SAME = frozenset({
    "apache-2.0", "mit", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cdla-sharing-1.0",
    "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0",
    "eupl-1.1", "eupl-1.2", "isc", "lppl-1.3c", "ms-pl", "mpl-2.0", "osl-3.0", "postgresql", "ofl-1.1",
    "ncsa", "unlicense", "zlib",
})  # fmt: skip
"""Licences that have the same name there as in SPDX, in lower case."""
_OTHERWISE = {
    "agpl-3.0-only": "agpl-3.0",
    "agpl-3.0-or-later": "agpl-3.0",
    "gpl-2.0-only": "gpl-2.0",
    "gpl-2.0-or-later": "gpl-2.0",
    "gpl-3.0-only": "gpl-3.0",
    "gpl-3.0-or-later": "gpl-3.0",
    "lgpl-2.1-only": "lgpl-2.1",
    "lgpl-2.1-or-later": "lgpl-2.1",
    "lgpl-3.0-only": "lgpl-3.0",
    "lgpl-3.0-or-later": "lgpl-3.0",
    "agpl-3.0": "agpl-3.0",
    "gpl-2.0": "gpl-2.0",
    "gpl-3.0": "gpl-3.0",
    "lgpl-2.1": "lgpl-2.1",
    "lgpl-3.0": "lgpl-3.0",
    "gfdl-1.3-only": "gfdl",
    "gfdl-1.3-or-later": "gfdl",
    "c-uda-1.0": "c-uda",
    "lgpllr": "lgpl-lr",
    "odbl-1.0": "odbl",
    "odc-by-1.0": "odc-by",
    "pddl-1.0": "pddl",
}


def hub_licence(spdx: str) -> str | None:
    """The Hub's name for an SPDX expression; None if it has none, as for all combinations of licences."""
    name = spdx.strip().lower()
    return name if name in _SAME else _OTHERWISE.get(name)


def licence_keys(licence: Licence) -> dict[str, Any]:
    """A card's keys; a licence that the Hub does not list is "other", with a name that the Hub allows."""
    if licence.spdx is None:
        return {
            "license": "other",
            "license_name": "terms-of-its-own",
            "license_link": f"ipfs://{licence.text}",
        }
    if known := hub_licence(licence.spdx):
        return {"license": known}
    name = re.sub(r"[^a-z0-9.]+", "-", licence.spdx.lower()).strip("-")
    found = {"license": "other", "license_name": name or "unnamed"}
    known = spdx_expression(licence) or ""
    listed = re.fullmatch(r"[A-Za-z0-9.\-]+", known) and not known.startswith("LicenseRef-")
    return found | ({"license_link": f"https://spdx.org/licenses/{known}.html"} if listed else {})


def spdx_expression(licence: Licence) -> str | None:
    """Its SPDX expression in SPDX's spelling; None if SPDX lists no such licence, or it is a text."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return canonicalize_license_expression(licence.spdx or "")
    except (InvalidLicenseExpression, KeyError):  # the latter for "LicenseRef-x+"
        return None
