"""Views are the contracts' own: their names, arguments and answers. What does not fit is a ChainError."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

import assay
from assay import structs
from assay.chain import Connection, Contract
from assay.chain.abi import encode_call, function_of
from assay.errors import ChainError, InvalidInput
from assay.structs import views
from assay.structs.base import Struct
from assay.structs.view import View

SCRIPTS = Path(__file__).parents[3] / "scripts"
ADDRESS = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"


def functions():
    for name in views.__all__:
        module = getattr(views, name)
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                yield pytest.param(function, id=f"{name}.{function.__name__}")


EVERY = list(functions())


def example(part) -> object:
    """A value of an ABI type."""
    kind = part["type"]
    if kind.endswith("]"):
        return []
    if kind == "tuple":
        return {one["name"]: example(one) for one in part["components"]}
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes") or 0))
    return {"address": ADDRESS, "bool": True, "string": "x"}.get(kind, 1)


def struct_of(answer) -> type[Struct] | None:
    element = get_args(answer)[0] if get_origin(answer) is tuple else answer
    return element if inspect.isclass(element) and issubclass(element, Struct) else None


def test_the_files_are_what_the_script_writes(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    sys.modules.pop("views", None)
    import views as script

    written = {path.name: path.read_text() for path in script.VIEWS.glob("*.py")}
    assert script.package() == written, "run `python scripts/views.py`"


@pytest.mark.parametrize("function", EVERY)
def test_a_view_asks_its_contract_and_answers_with_the_contracts_fields(function):
    parameters = inspect.signature(function).parameters
    asked = function(*parameters)  # any values: what they are is looked at when they are encoded
    abi = function_of(asked.contract, asked.function)
    assert len(abi["inputs"]) == len(parameters)
    encode_call(asked.contract, asked.function, [example(part) for part in abi["inputs"]])
    (answer,) = get_args(get_type_hints(function)["return"])
    outputs, struct = abi["outputs"], struct_of(answer)
    if len(outputs) == 1 and "components" in outputs[0]:
        assert struct is not None
        outputs = outputs[0]["components"]
    if struct is not None:  # else one value
        assert [to_camel(name) for name in struct.model_fields] == [part["name"] for part in outputs]


def test_every_contract_has_views():
    assert len(EVERY) > 250
    assert {"court", "erc20", "escrow", "policy", "rounds"} <= set(views.__all__)


def test_a_contract_is_read_through_its_views_alone():
    """Nobody else asks for anything by the names of contract and function."""
    root = Path(assay.__file__).parent
    raw = re.compile(r'\.read\(\s*("[A-Z]\w*"|_?[A-Z]+|\w*contract\w*), "')
    found = [path.name for path in root.rglob("*.py") if raw.search(path.read_text())]
    assert found == []


@given(st.one_of(st.none(), st.integers(), st.binary(max_size=40), st.dictionaries(st.text(), st.integers())))
def test_an_answer_of_another_type_is_a_chain_error(answer):
    for view in (
        views.audit_registry.audit(1),
        views.commission_lens.listings(1, 2),
        views.court.seats_of(1, 0),
    ):
        with pytest.raises(ChainError, match=f"What {view.contract}.{view.function} answers"):
            view.typed(answer)


@pytest.mark.parametrize("answer", [None, b"x", {}, [], "x"])
def test_no_number_is_a_chain_error(answer):
    with pytest.raises(ChainError, match=r"What Escrow\.balanceOf answers"):
        views.escrow.balance_of(ADDRESS, ADDRESS).typed(answer)


def test_an_enum_that_the_sdk_does_not_know_is_a_chain_error():
    with pytest.raises(ChainError, match="is not what it should be"):
        views.chambers.seat_of(ADDRESS).typed({"role": 99})
    with pytest.raises(ChainError, match="is not what it should be"):
        views.commission_market.state_of(1).typed(99)
    assert views.commission_market.state_of(1).typed(4) is structs.State.BUILDING


class Silent(Connection):
    """Answers without a byte."""

    def call(self, transaction, *, contract="", block=None):
        return b""


def test_a_view_that_only_reverts_or_does_not():
    asked = views.audit_registry.require_independent(1, ADDRESS)
    contract = Contract(Silent(["http://localhost:1"]), asked.contract, ADDRESS)
    asked.typed(contract.read(asked.function, *asked.arguments))
    with pytest.raises(ChainError):
        asked.typed(1)


def test_structs_are_passed_as_the_contract_has_them():
    terms = structs.ShareCap(cap_ppm=1, period=2, min_volume=3)
    asked: View[int] = View("Policy", "setFeeShareCap", int, terms)
    assert asked.arguments == [{"capPpm": 1, "period": 2, "minVolume": 3}]
    with pytest.raises(InvalidInput):
        encode_call("Policy", "setFeeShareCap", [{"capPpm": 1}])
