"""No model sees the sign of a NaN: where two meet, QEMU keeps another one than real processors."""

import pytest
from graphs import model, node
from onnx import TensorProto

from assay_validation.contributed import DOMAIN
from assay_validation.jobs import RefusalError
from assay_validation.jobs.nan_signs import refuse_signs_of_nan

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
INT32, UINT32, STRING = TensorProto.INT32, TensorProto.UINT32, TensorProto.STRING


def written(operator, given, answered):
    inputs, outputs = [("x", given, ["n", 4])], [("y", answered, None)]
    return model([operator], inputs=inputs, outputs=outputs, domains=[DOMAIN])


def test_bits_are_not_shown():
    with pytest.raises(RefusalError, match="BitCast shows the sign of a NaN"):
        refuse_signs_of_nan(written(node("BitCast", "x", "y", to=INT32), FLOAT, INT32))


@pytest.mark.parametrize("given", [FLOAT, DOUBLE])
def test_fractions_are_not_hashed(given):
    with pytest.raises(RefusalError, match="MurmurHash3 of fractions"):
        refuse_signs_of_nan(written(node("MurmurHash3", "x", "y", DOMAIN), given, UINT32))


@pytest.mark.parametrize("given", [INT32, STRING])
def test_whole_numbers_and_texts_are(given):
    refuse_signs_of_nan(written(node("MurmurHash3", "x", "y", DOMAIN), given, UINT32))
