"""What an account can change of its entry in the registry: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.structs import Role
from assay_indexer.tables import Participant
from assay_web.acts import Act, Field
from assay_web.sentences import say

_ROLES = (Role.CUSTOMER, Role.DEVELOPER, Role.DATA_OWNER, Role.VALIDATOR, Role.AUDITOR, Role.REGULATOR)


def role_choices() -> tuple[tuple[str, str], ...]:
    """The roles in which an account can be, as the contracts number them."""
    return tuple((str(int(role)), say(f"role.{role.name.lower()}")) for role in _ROLES)


def domain_choices(names: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """The market's domains by name."""
    return tuple((str(number), name) for number, name in sorted(names.items(), key=lambda one: one[1]))


def of_entry(person: Participant, names: Mapping[int, str]) -> Iterator[Act]:
    """Changes of the roles, the domains and the encryption key of somebody who has joined."""
    only, choices = (person.account,), role_choices()
    numbers = {role.words: str(int(role)) for role in _ROLES}
    primary = numbers.get(person.primary_role, "")
    further = " ".join(numbers[one] for one in person.roles if one in numbers and one != person.primary_role)
    roles = (
        Field("role", "choice", primary, choices),
        Field("further_roles", "several", further, choices),
    )
    yield Act("change_roles", "change", {"what": "roles"}, roles, only)
    domains = Field("domains", "several", " ".join(map(str, person.domains)), domain_choices(names))
    yield Act("change_domains", "change", {"what": "domains"}, (domains,), only)
    yield Act("change_key", "change", {"what": "key"}, (), only)
