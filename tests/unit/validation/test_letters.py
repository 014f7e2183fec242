"""The case of letters is changed alike, whatever Unicode the C library knows."""

import os

import numpy as np
import pytest
from graphs import body, model, node
from onnx import TensorProto

from assay_validation.jobs import RefusalError
from assay_validation.jobs.letters import fix_case, without_young
from assay_validation.jobs.predict import load

STRING = TensorProto.STRING
ENDS = {"inputs": [("x", STRING, ["n"])], "outputs": [("p", STRING, None)]}


def normaliser(action="LOWER", **more):
    return node("StringNormalizer", "x", "p", case_change_action=action, **more)


def test_words_become_lower_case(tmp_path):
    """Whatever locale the model asks for, which may not be on this machine."""
    written = model([normaliser(locale="tlh_KX")], **ENDS)
    fix_case(written)
    path = tmp_path / "model.onnx"
    path.write_bytes(written.SerializeToString())
    words = np.array(["Ärger", "ЖУК", "Ωμέγα", "İ"], object)
    (found,) = load(os.open(path, os.O_RDONLY), ["x"], ["p"]).run(["p"], {"x": words})
    assert found.tolist()[:3] == ["ärger", "жук", "ωμέγα"]


@pytest.mark.parametrize("young", ["\ua7cb", "\ua7da", "\U00010d50", "\U00016ea0"])
def test_a_young_letter_is_refused_in_a_model_and_marked_in_a_text(young):
    elsewhere = node("LabelEncoder", "p", "q", "ai.onnx.ml", keys_strings=[f"a{young}"], values_int64s=[1])
    inside = body([node("Constant", "", "c", value_strings=[young])], [], [("c", STRING, None)])
    hidden = node("If", "yes", "q", then_branch=inside, else_branch=inside)
    for one in (elsewhere, hidden):
        written = model([normaliser(), one], {"yes": np.array(True)}, **ENDS)
        with pytest.raises(RefusalError, match="whose case differs"):
            fix_case(written)
    fix_case(model([elsewhere], **ENDS))  # where nothing changes its case, it does no harm
    assert without_young(f"a{young}b") == "a\ufffdb"


def test_capitals_and_parts_of_letters_are_refused():
    with pytest.raises(RefusalError, match="makes capitals"):
        fix_case(model([normaliser("UPPER")], **ENDS))
    part = node("LabelEncoder", "p", "q", "ai.onnx.ml", keys_strings=[b"\xea\x9f"], values_int64s=[1])
    with pytest.raises(RefusalError, match="whose case differs"):
        fix_case(model([normaliser(), part], **ENDS))


def test_other_letters_are_left_alone():
    others = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert sum(one != other for one, other in zip(others, without_young(others), strict=True)) == 55
