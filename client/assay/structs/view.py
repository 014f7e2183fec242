"""A view of a contract with its arguments: a question whose answer has a type.

Those of the market's contracts are in :mod:`assay.structs.views`; :meth:`assay.session.Session.view` asks.
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
    """What is asked of which contract.

    Attributes:
        contract, function: names, by which the ABI is found.
        arguments: of the function, as they are encoded.
    """

    def __init__(self, contract: str, function: str, answer: type[T] | None, *arguments: Any) -> None:
        self.contract, self.function = contract, function
        self.arguments = [one.to_abi() if isinstance(one, Struct) else one for one in arguments]
        self._answer = answer

    def typed(self, answer: Any) -> T:
        """What the contract answered, as its type.

        Raises:
            ChainError: it does not fit: the contract is another one, or the node made it up.
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
