"""The browser's twins of the SDK give the same bytes: calls, canonical JSON, CIDs, sealed files, messages."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import Any

import onnx
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from assay.manifests import GrantContext
from assay.markets.onnx_graph import read_signature
from assay.seal import grant, hpke
from assay.seal.key import ContentKey
from assay.seal.stream import Sealer, open_stream
from assay.store.cid import unixfs_cid

WORDS = st.sampled_from(
    [("uint", 8), ("uint", 96), ("uint", 256), ("int", 64), ("int", 256), ("bytes", 4), ("bytes", 32)]
)
Typed = tuple[dict[str, Any], Any]


@st.composite
def words(draw: Any) -> Typed:
    kind, size = draw(WORDS | st.just(("address", 0)) | st.just(("bool", 0)))
    if kind == "address":
        return {"type": kind}, to_checksum_address(draw(st.binary(min_size=20, max_size=20)))
    if kind == "bool":
        return {"type": kind}, draw(st.booleans())
    if kind == "bytes":
        return {"type": f"bytes{size}"}, draw(st.binary(min_size=size, max_size=size))
    low, high = (0, 2**size - 1) if kind == "uint" else (-(2 ** (size - 1)), 2 ** (size - 1) - 1)
    return {"type": f"{kind}{size}"}, draw(st.integers(low, high))


@st.composite
def arguments(draw: Any, depth: int = 2) -> Typed:
    kind = draw(
        st.sampled_from(
            ["word", "bytes", "string", "array", "fixed", "tuple"] if depth else ["word", "bytes"]
        )
    )
    if kind == "word":
        return draw(words())
    if kind == "bytes":
        return {"type": "bytes"}, draw(st.binary(max_size=70))
    if kind == "string":
        return {"type": "string"}, draw(st.text(max_size=20))
    if kind == "tuple":
        parts = draw(st.lists(arguments(depth=depth - 1), min_size=1, max_size=3))
        named = [{**one, "name": f"f{place}"} for place, (one, _) in enumerate(parts)]
        return {"type": "tuple", "components": named}, tuple(value for _, value in parts)
    inner, value = draw(arguments(depth=depth - 1))
    count = draw(st.integers(1 if kind == "fixed" else 0, 3))
    return {**inner, "type": f"{inner['type']}[{count if kind == 'fixed' else ''}]"}, [value] * count


def spelled(one: dict[str, Any]) -> str:
    """As eth_abi has the type."""
    if not one["type"].startswith("tuple"):
        return str(one["type"])
    return f"({','.join(map(spelled, one['components']))}){one['type'][5:]}"


def plain(value: Any) -> Any:
    """As JSON can have it."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


@settings(max_examples=60)
@given(st.lists(arguments(), min_size=1, max_size=4))
def test_calls(scripts, given_arguments):
    """Encoded as eth_abi does, read back whole; cut, extended or with dirt in a word it is refused."""
    types = [{**one, "name": f"a{place}"} for place, (one, _) in enumerate(given_arguments)]
    values = [value for _, value in given_arguments]
    expected = encode([spelled(one) for one in types], values).hex()
    found = scripts("calls", [types, [plain(value) for value in values]])
    assert found == [expected, expected, [True, True]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
    lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(max_size=6), of, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(JSON)
def test_canonical_json(scripts, value):
    found = scripts("spelled", json.dumps(value))
    assert found.encode() == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "size", [0, 1, 262_144, 262_145, 524_288, 174 * 262_144, 174 * 262_144 + 1, 350 * 262_144 + 7]
)
def test_cids(scripts, size):
    found = scripts("cid", size)
    assert found == str(unixfs_cid([b"\x07" * size]))


@pytest.mark.parametrize("size", [0, 1, 1_048_576, 2_500_000])
def test_sealed_files(scripts, size):
    """What is sealed here opens there, and the other way round; changed or cut it opens nowhere."""
    key, content = ContentKey(b"\x05" * 32), bytes(number % 251 for number in range(size))
    theirs = b"".join(Sealer([content], key))
    found = scripts("files", [b64encode(one).decode() for one in (content, theirs)])
    ours, plain_text, broken = found
    assert b"".join(open_stream([b64decode(ours)], key)) == content
    assert b64decode(plain_text) == content
    assert broken == [True, True]


@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.binary(max_size=40))
def test_sealed_messages(scripts, secret, message, info):
    reader, ephemeral = (X25519PrivateKey.from_private_bytes(one) for one in (secret, b"\x03" * 32))
    enc, ciphertext = hpke.seal(hpke.public_key(reader), ephemeral, message, info=info)
    found = scripts("messages", [one.hex() for one in (secret, message, info, enc, ciphertext)])
    assert found == [enc.hex(), ciphertext.hex(), message.hex()]


@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_grants(scripts, secret, content_key):
    reader, account = X25519PrivateKey.from_private_bytes(secret), "0x" + "00" * 19 + "07"
    context = GrantContext(chain_id=1, contract="0x" + "00" * 20, deal_id=7, purpose="audit")
    theirs = grant(ContentKey(content_key), {account: hpke.public_key(reader)}, context)
    asked = [secret.hex(), content_key.hex(), account, context.model_dump(mode="json")]
    found = scripts("shared", [*asked, theirs.model_dump(mode="json")])
    assert found == [theirs.to_bytes().decode(), content_key.hex(), None]


NAMES = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=12)


@st.composite
def models(draw: Any) -> onnx.ModelProto:
    """A graph that declares anything, with numbers beside it or not, and inner graphs."""

    def values(least: int) -> list[onnx.ValueInfoProto]:
        shape = st.lists(st.integers(0, 2**31 - 1) | NAMES | st.none(), max_size=4)
        made = st.builds(helper.make_tensor_value_info, NAMES, st.integers(1, 13), shape)
        kinds = helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, None))
        lists = st.builds(helper.make_value_info, NAMES, st.just(kinds))
        return draw(st.lists(made | lists, min_size=least, max_size=3))

    inner = helper.make_graph([], "inner", [], [], [helper.make_tensor("c", 1, [1], [0.5])])
    if draw(st.integers(0, 3)) == 0:
        inner.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    node = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    inputs = values(0)
    own = [helper.make_tensor(one.name, 1, [2], [1.0, 2.0]) for one in inputs[: draw(st.integers(0, 1))]]
    graph = helper.make_graph([node], "graph", inputs, values(0), own, doc_string=draw(st.text(max_size=9)))
    versions = [helper.make_opsetid(draw(NAMES | st.sampled_from(["", "ai.onnx"])), draw(st.integers(1, 30)))]
    return helper.make_model(graph, opset_imports=versions * draw(st.integers(0, 2)))


@settings(max_examples=30)
@given(models())
def test_what_a_model_declares(scripts, tmp_path_factory, model):
    """As the SDK reads it; one with numbers elsewhere, or without an output, is refused."""
    path = tmp_path_factory.getbasetemp() / "declared.onnx"
    path.write_bytes(model.SerializeToString())
    found = scripts("signature", b64encode(path.read_bytes()).decode())
    if not model.graph.output:
        assert "not an ONNX model" in found
    elif any(one.g.initializer[0].data_location for one in model.graph.node[0].attribute):
        assert "in another file" in found
    else:
        expected = read_signature(path)
        named = [[one.model_dump(mode="json") for one in expected[kind]] for kind in ("inputs", "outputs")]
        assert found == {"opset": expected["opset"], "inputs": named[0], "outputs": named[1]}


@settings(max_examples=30)
@given(models(), st.binary(max_size=8), st.data())
def test_a_broken_model_is_refused_or_read(scripts, model, dirt, data):
    """Whatever is cut out of it or put into it."""
    whole = model.SerializeToString()
    at = data.draw(st.integers(0, len(whole)))
    found = scripts("signature", b64encode(whole[:at] + dirt + whole[at + len(dirt) // 2 :]).decode())
    assert isinstance(found, dict) or "model" in found


@settings(max_examples=60)
@given(st.lists(st.tuples(st.binary(min_size=20, max_size=20), st.integers(1, 300_000)), max_size=3))
def test_shares_of_a_price(scripts, shares):
    """Read as they were written; with the capital of one letter changed an account is refused."""
    named = [(to_checksum_address(account), ppm) for account, ppm in shares]
    written = ", ".join(f"{account}={ppm // 10_000}.{ppm % 10_000:04}%" for account, ppm in named)
    assert scripts("payees", written) == [{"account": account.lower(), "ppm": ppm} for account, ppm in named]
    capitals = re.findall("[A-F]", written[2:42])
    if len(capitals) > 1 and re.search("[a-f]", written[2:42]):
        at = written.index(capitals[0], 2)
        assert "not an address" in scripts("payees", written[:at] + written[at].lower() + written[at + 1 :])


@given(st.text(max_size=60))
def test_what_is_no_share_is_refused(scripts, written):
    assert scripts("payees", written) == [] or "share" in scripts("payees", written)


def test_garbage_among_reasons_hides_no_other(scripts):
    good = {"code": "data_too_large", "most": 7}
    garbage = [None, 1, {}, {"code": "constructor"}, {"code": "x" * 9999}, {"code": {"a": 1}}]
    garbage += [{"code": "not_numeric", "name": "a", "found": {"toLocaleString": 1}}]
    said = scripts("reasons", json.dumps([*garbage, good]))
    assert said[-1] == "the data is larger than the 7 bytes that a validator reads"
    assert said[:-1] == ["constructor", "x" * 300]
