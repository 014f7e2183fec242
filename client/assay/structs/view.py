"""A contract's view function with its arguments: a query with a typed answer.

The market's views are in :mod:`assay.structs.views`; pass them to :meth:`assay.session.Session.view`.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from assay.errors import ChainError
from assay.structs.base import Struct

T = TypeVar("T")


class View(Generic[T]):
    """A query to a contract.

    Attributes:
        contract, function: names by which the ABI is found.
        arguments: the function's arguments, as they are encoded.
    """

    def __init__(self, contract: str, function: str, answer: type[T] | None, *arguments: Any) -> None:
        self.contract, self.function = contract, function
        self.arguments = [one.to_abi() if isinstance(one, Struct) else one for one in arguments]
        self._answer = answer

    def typed(self, answer: Any) -> T:
        """The contract's answer, as its Python type.

        Raises:
            ChainError: it does not fit, because it is a different contract or the node made it up.
        """
        try:
            typed: T = _adapter(cast(Hashable, self._answer)).validate_python(answer)
        except ValidationError as error:
            raise ChainError(
                f"What {self.contract}.{self.function} answers is not what it should be.",
                hint="Check deployment file and RPC endpoint; contracts and SDK may differ in version.",
            ) from error
        return typed


@cache
def _adapter(answer: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(answer)
