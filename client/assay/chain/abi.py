"""The contracts' ABIs, and conversion between ABI bytes and named Python values.

The JSON files are package data that `make build` exports from the compiler's output: the ABI, and the comment
in ``contracts/interfaces/`` on each of our custom errors. Structs become dicts with the contract's own field
names, so that :mod:`assay.structs` can check them; addresses are EIP-55.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_typing import ABIComponent, ABIElement, ABIEvent, ABIFunction
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic, function_signature_to_4byte_selector
from eth_utils.address import to_checksum_address

from assay.errors import ChainError, DeploymentError, InvalidInput

_FOLDER = files("assay") / "abi"
checksum_address = lru_cache(maxsize=65_536)(to_checksum_address)
"""An address in EIP-55 form; cached, because it takes a hash and the same addresses recur often."""


class KnownError(NamedTuple):
    """A custom error of a contract, and what it means to the person who meets it.

    ``notice`` says what happened and ``hint`` what to do, with the error's arguments as ``{placeholders}``.
    Both are empty for library errors.
    """

    name: str
    components: tuple[ABIComponent, ...]
    notice: str = ""
    hint: str = ""


@cache
def load_abi(name: str) -> tuple[ABIElement, ...]:
    """The ABI of the contract or interface *name*; raises :class:`DeploymentError` if there is none."""
    return _exported(name)[0]


@cache
def _exported(name: str) -> tuple[tuple[ABIElement, ...], Mapping[str, Mapping[str, str]]]:
    """The ABI, and the meanings of its errors by selector in hex."""
    try:
        exported = json.loads((_FOLDER / f"{name}.json").read_text())
        return tuple(exported["abi"]), exported["errors"]
    except (OSError, ValueError, KeyError) as error:
        raise DeploymentError(f"There is no ABI of {name}.", hint="Run `make build`.") from error


@cache
def function_of(contract: str, name: str) -> ABIFunction:
    """The function *name* of *contract*; none of our functions is overloaded."""
    return cast(ABIFunction, _element(contract, "function", name))


@cache
def functions_by_selector(contract: str) -> Mapping[bytes, ABIFunction]:
    """The functions of *contract* by their four-byte selectors."""
    functions = (item for item in load_abi(contract) if item["type"] == "function")
    return {_selector(function): function for function in functions}


@cache
def events_by_topic(contract: str) -> Mapping[bytes, ABIEvent]:
    """The events of *contract* by their first topic."""
    events = (item for item in load_abi(contract) if item["type"] == "event")
    return {event_abi_to_log_topic(event): event for event in events}


def event_of(contract: str, name: str) -> ABIEvent:
    """The event *name* of *contract*."""
    return cast(ABIEvent, _element(contract, "event", name))


@cache
def errors_by_selector(*contracts: str) -> Mapping[bytes, KnownError]:
    """Every custom error in any of our ABIs, by its four-byte selector.

    A selector depends on types only, so errors of several contracts can share one although their arguments
    mean different things. Errors of *contracts* take precedence, those of the last one first.
    """
    names = sorted(path.name for path in _FOLDER.iterdir()) if _FOLDER.is_dir() else []
    abis = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return dict(error for abi in (*abis, *contracts) for error in _errors_of(abi))


def _errors_of(contract: str) -> Iterator[tuple[bytes, KnownError]]:
    abi, meanings = _exported(contract)
    for error in cast(Iterable[Any], (item for item in abi if item["type"] == "error")):
        selector = _selector(error)
        said = meanings.get(selector.hex(), {})
        yield selector, KnownError(error["name"], tuple(error.get("inputs", ())), **said)


def _selector(element: Any) -> bytes:
    """The selector of a function or an error."""
    types = ",".join(collapse_if_tuple(cast(dict[str, Any], part)) for part in element.get("inputs", ()))
    return function_signature_to_4byte_selector(f"{element['name']}({types})")


def _element(contract: str, kind: str, name: str) -> ABIElement:
    for item in load_abi(contract):
        if item["type"] == kind and item.get("name") == name:
            return item
    raise DeploymentError(
        f"The ABI of {contract} has no {kind} {name}.",
        hint="Contracts and SDK differ in version; run `make build`.",
    )


def encode_call(contract: str, name: str, arguments: Sequence[Any]) -> bytes:
    """The calldata of a call; a struct is a dict by the contract's field names, or a sequence.

    Raises:
        InvalidInput: an argument does not fit its ABI type.
    """
    function = function_of(contract, name)
    try:
        pairs = zip(function["inputs"], arguments, strict=True)
        values = [_unname(part, value) for part, value in pairs]
        return _selector(function) + encode(_types(contract, name), values)
    except (EncodingError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"An argument of {contract}.{name} does not fit its type.") from error


@cache
def _types(contract: str, name: str) -> list[str]:
    inputs = function_of(contract, name)["inputs"]
    return [collapse_if_tuple(cast(dict[str, Any], part)) for part in inputs]


def _unname(component: ABIComponent, value: Any) -> Any:
    """Fields in order. Checks the length of bytes and the checksum of addresses."""
    kind = component["type"]
    if kind.endswith("]"):
        inner = cast(ABIComponent, {**component, "type": kind[: kind.rindex("[")]})
        return [_unname(inner, item) for item in value]
    if kind == "tuple":
        parts = component["components"]
        if isinstance(value, Mapping):
            if len(value) != len(parts):
                raise ValueError(f"{len(value)} fields for {len(parts)}")
            value = [value[part["name"]] for part in parts]
        return tuple(_unname(part, field) for part, field in zip(parts, value, strict=True))
    if kind.startswith("bytes"):
        content = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value
        if len(content) != int(kind.removeprefix("bytes") or len(content)):
            raise ValueError(f"{len(content)} bytes for {kind}")
        return content
    if kind == "address" and value != to_checksum_address(value):
        raise ValueError("an address that is not as EIP-55 has it")
    return value


def decode_named(components: Sequence[ABIComponent], data: bytes) -> dict[str, Any]:
    """Decode *data* into a dict by parameter name (``"0"``, ``"1"``… where there is none).

    Raises:
        ChainError: the data does not fit, because it is a different contract or the node made it up.
    """
    types = [collapse_if_tuple(cast(dict[str, Any], part)) for part in components]
    try:
        values = decode(types, data)
    except (DecodingError, ValueError, OverflowError) as error:
        raise ChainError(
            "A contract's answer cannot be decoded.", hint="Check the deployment file and the RPC endpoint."
        ) from error
    return _name_all(components, values)


def decode_log(event: ABIEvent, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    """The arguments of a log of *event*; an indexed value of dynamic type is its hash.

    Raises:
        ChainError: topics or data do not fit the event.
    """
    return decode_data(event, data) | decode_topics(event, topics)


def decode_topics(event: ABIEvent, topics: Sequence[bytes]) -> dict[str, Any]:
    """Only the indexed arguments of a log of *event*; raises as :func:`decode_log` does."""
    indexed = [part for part in event["inputs"] if part.get("indexed")]
    if len(topics) != len(indexed) + 1:
        raise ChainError(f"A log of {event['name']} has {len(topics)} topics.")
    return {part["name"]: _word(part, topic) for part, topic in zip(indexed, topics[1:], strict=True)}


def decode_data(event: ABIEvent, data: bytes) -> dict[str, Any]:
    """The other arguments of a log of *event*; raises as :func:`decode_log` does."""
    parts = [part for part in event["inputs"] if not part.get("indexed")]
    sizes = [_words(part) for part in parts]
    if all(sizes) and len(data) == 32 * sum(sizes):
        words = (data[start : start + 32] for start in range(0, len(data), 32))
        return {part["name"]: _read(part, words) for part in parts}
    return decode_named(parts, data)


def _words(part: ABIComponent) -> int:
    """How many words an argument takes if each word is a separate value, else 0."""
    kind = part["type"]
    if kind == "tuple":
        sizes = [_words(one) for one in part["components"]]
        return sum(sizes) if all(sizes) else 0
    return int(kind in ("address", "bool", "bytes32") or (kind.startswith("uint") and kind[-1] != "]"))


def _read(part: ABIComponent, words: Iterator[bytes]) -> Any:
    """An argument, from the next of *words*."""
    if part["type"] == "tuple":
        return {one["name"]: _read(one, words) for one in part["components"]}
    return _word(part, next(words))


def _word(part: ABIComponent, word: bytes) -> Any:
    """The value of a one-word argument. Numbers and addresses, the most frequent, take a fast path."""
    kind, number = part["type"], int.from_bytes(word, "big")
    if kind.startswith("uint") and kind[4:].isdecimal() and len(word) == 32 and not number >> int(kind[4:]):
        return number
    if kind == "address" and len(word) == 32 and not number >> 160:
        return checksum_address("0x" + word[12:].hex())
    if kind == "bytes32" and len(word) == 32:
        return bytes(word)
    if kind == "bool" and len(word) == 32 and number < 2:
        return bool(number)
    return next(iter(decode_named([part], word).values()))


def _name_all(components: Sequence[ABIComponent], values: Sequence[Any]) -> dict[str, Any]:
    pairs = zip(components, values, strict=True)
    return {part.get("name") or str(i): _name(part, value) for i, (part, value) in enumerate(pairs)}


def _name(component: ABIComponent, value: Any) -> Any:
    kind = component["type"]
    if kind.endswith("]"):
        inner = cast(ABIComponent, {**component, "type": kind[: kind.rindex("[")]})
        return [_name(inner, item) for item in value]
    if kind == "address":
        return checksum_address(value)
    return _name_all(component["components"], value) if kind == "tuple" else value
