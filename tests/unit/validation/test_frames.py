"""Arrays as bytes between the auditor's process and a jailed one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from assay_validation import frames
from assay_validation.frames import FrameError, Refused

KINDS = st.one_of(
    arrays_of.floating_dtypes(sizes=(16, 32, 64), endianness="<"),
    arrays_of.integer_dtypes(endianness="<"),
    arrays_of.unsigned_integer_dtypes(endianness="<"),
    arrays_of.boolean_dtypes(),
)
SHAPES = arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
NUMBERS = KINDS.flatmap(lambda dtype: arrays_of.arrays(dtype, SHAPES))


@given(st.lists(NUMBERS, max_size=4))
def test_arrays_arrive_as_they_were(sent):
    received = frames.decode(frames.encode(sent))
    assert len(received) == len(sent)
    for ours, theirs in zip(sent, received, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()  # NaN included


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20), min_size=1, max_size=5))
def test_text_arrives_as_it_was(texts):
    sent = np.array(texts, dtype="U24")
    (received,) = frames.decode(frames.encode([sent]))
    assert (received == sent).all()


@given(st.text())
def test_a_refusal_is_cut_and_printable(text):
    with pytest.raises(Refused) as refusal:
        frames.decode(frames.encode_refusal(text + "."))
    assert len(str(refusal.value)) <= frames.MAX_REFUSAL
    assert str(refusal.value).isprintable()


def reads_or_says_no(payload):
    try:
        found = frames.decode(payload)
    except (FrameError, Refused):
        return
    assert sum(array.nbytes for array in found) <= len(payload)


@given(st.binary(max_size=200))
def test_any_bytes_are_arrays_or_refused(payload):
    reads_or_says_no(payload)
    reads_or_says_no(bytes((0, 1)) + payload)


@given(st.lists(NUMBERS, min_size=1, max_size=2), st.data())
def test_changed_bytes_are_arrays_or_refused(sent, data):
    payload = bytearray(frames.encode(sent))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] = data.draw(st.integers(0, 255))
    reads_or_says_no(bytes(payload))


@given(st.lists(NUMBERS, min_size=1, max_size=3), st.data())
def test_a_frame_cut_short_or_continued_is_refused(sent, data):
    payload = frames.encode(sent)
    cut = payload[: data.draw(st.integers(0, len(payload) - 1))]
    with pytest.raises(FrameError):
        frames.decode(cut)
    with pytest.raises(FrameError):
        frames.decode(payload + b"\0")


def item(kind=b"f", size=4, shape=(1,), content=b"\0\0\0\0"):
    head = frames._ITEM.pack(kind, size, len(shape))
    return bytes((0, 1)) + head + b"".join(n.to_bytes(4, "little") for n in shape) + content


@pytest.mark.parametrize(
    "payload",
    [
        item(kind=b"O"),  # an object would be a pickle
        item(kind=b"V"),
        item(size=16),
        item(size=0),
        item(shape=(2**32 - 1,) * 8),  # far more than there is, beyond 64 bits
        item(shape=(1,) * 9),
        item(kind=b"b", size=1, content=b"\x02"),
        item(kind=b"U", content=(0x110000).to_bytes(4, "little")),
        item(kind=b"U", content=(0xD800).to_bytes(4, "little")),
        bytes((0, 65)),
        bytes((2, 0)),
        b"",
    ],
)
def test_what_no_honest_process_sends(payload):
    with pytest.raises(FrameError):
        frames.decode(payload)


@pytest.mark.parametrize("array", [np.array([object()]), np.zeros(1, "M8[s]"), np.zeros(1, "U300")])
def test_what_has_no_place_in_a_frame(array):
    with pytest.raises(FrameError):
        frames.encode([array])
