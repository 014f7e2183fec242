"""Letters whose case depends on the version of the C library, which StringNormalizer asks.

These letters came with Unicode 16 and 17, in glibc 2.41 and 2.43. For all others, the lower case is the same
from glibc 2.35 on.
"""

import re
from collections.abc import Iterator

import onnx

from assay_validation.jobs import RefusalError
from assay_validation.jobs.subgraphs import graphs, nodes

_YOUNG = re.compile(
    "[\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\U00010d50-\U00010d65\U00016ea0-\U00016eb8]"
)
_UNKNOWN = "\ufffd"
_LOCALE = "C.UTF-8"
"""The locale of operators that change the case of texts; other locales are not on every machine."""


def without_young(text: str) -> str:
    """*text* with a mark in the place of each such letter."""
    return _YOUNG.sub(_UNKNOWN, text)


def fix_case(model: onnx.ModelProto) -> None:
    """Have StringNormalizer change the case of letters in the same way everywhere, in place.

    Raises:
        RefusalError: it makes capitals, of which more depend on the version, or the model contains such a
            letter.
    """
    normalising = [node for node in nodes(model.graph) if node.op_type == "StringNormalizer"]
    for node in normalising:
        if any(one.name == "case_change_action" and one.s == b"UPPER" for one in node.attribute):
            raise RefusalError("StringNormalizer makes capitals", "operator_refused", name=node.op_type)
        for attribute in [one for one in node.attribute if one.name == "locale"]:
            node.attribute.remove(attribute)
        node.attribute.append(onnx.helper.make_attribute("locale", _LOCALE))
    if normalising and any(map(_is_unsafe, _texts(model.graph))):
        message = "StringNormalizer, and a text with letters whose case differs between machines"
        raise RefusalError(message, "operator_refused", name="StringNormalizer")


def _texts(graph: onnx.GraphProto) -> Iterator[bytes]:
    """All texts that the file contains."""
    for one in graphs(graph):
        for tensor in (*one.initializer, *(sparse.values for sparse in one.sparse_initializer)):
            yield from tensor.string_data
    for attribute in (one for node in nodes(graph) for one in node.attribute):
        yield attribute.s
        yield from attribute.strings
        sparse = (attribute.sparse_tensor, *attribute.sparse_tensors)
        for tensor in (attribute.t, *attribute.tensors, *(one.values for one in sparse)):
            yield from tensor.string_data


def _is_unsafe(text: bytes) -> bool:
    try:
        return _YOUNG.search(text.decode()) is not None
    except UnicodeDecodeError:  # parts of letters could be put together
        return True
