import hashlib
import pickle
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import SealError
from assay.seal import ContentKey, Sealer, open_stream, open_to_file

CHUNK = 1024
TAG = 16
HEADER = 44
KEY = ContentKey(bytes(range(32)))


def sealed(plaintext: bytes, key: ContentKey = KEY, chunk_size: int = CHUNK) -> bytes:
    return b"".join(Sealer([plaintext], key, chunk_size=chunk_size))


def opened(ciphertext: bytes, key: ContentKey = KEY) -> bytes:
    return b"".join(open_stream([ciphertext], key))


def pieces(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """*data* cut at the given sizes over and over."""
    position = turn = 0
    while position < len(data):
        size = sizes[turn % len(sizes)]
        yield data[position : position + size]
        position, turn = position + size, turn + 1


def chunks_of(ciphertext: bytes) -> list[bytes]:
    body = ciphertext[HEADER:]
    return [body[start : start + CHUNK + TAG] for start in range(0, len(body), CHUNK + TAG)]


@given(
    plaintext=st.integers(0, 5 * CHUNK).map(lambda size: bytes(i % 251 for i in range(size))),
    cut_in=st.lists(st.integers(1, 3 * CHUNK), min_size=1, max_size=5),
    cut_out=st.lists(st.integers(1, 3 * CHUNK), min_size=1, max_size=5),
)
def test_whatever_the_pieces_the_plaintext_returns(
    plaintext: bytes, cut_in: list[int], cut_out: list[int]
) -> None:
    sealer = Sealer(pieces(plaintext, cut_in), KEY, chunk_size=CHUNK)
    ciphertext = b"".join(sealer)
    assert b"".join(open_stream(pieces(ciphertext, cut_out), KEY)) == plaintext
    assert (sealer.plaintext_size, sealer.plaintext_sha256) == (
        len(plaintext),
        hashlib.sha256(plaintext).hexdigest(),
    )
    assert sealer.size == len(ciphertext)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK])
def test_one_chunk_a_started_chunk_of_plaintext(size: int) -> None:
    ciphertext = sealed(bytes(size))
    assert opened(ciphertext) == bytes(size)
    assert len(ciphertext) == HEADER + size + TAG * max(1, -(-size // CHUNK))


def test_sealing_twice_under_one_key_shares_nothing() -> None:
    first, second = sealed(bytes(100)), sealed(bytes(100))
    assert first[HEADER:] != second[HEADER:]


def test_a_sealer_serves_once() -> None:
    sealer = Sealer([b"a"], KEY, chunk_size=CHUNK)
    list(sealer)
    with pytest.raises(SealError):
        list(sealer)
    begun = Sealer([b"a"], KEY, chunk_size=CHUNK)
    next(iter(begun))
    with pytest.raises(SealError):
        list(begun)


def test_every_changed_byte_is_noticed() -> None:
    ciphertext = sealed(bytes(CHUNK + 10))
    for position in range(len(ciphertext)):
        changed = bytearray(ciphertext)
        changed[position] ^= 1 << position % 8
        with pytest.raises(SealError):
            opened(bytes(changed))


def test_every_truncation_is_noticed() -> None:
    ciphertext = sealed(bytes(2 * CHUNK))
    for length in range(len(ciphertext)):
        with pytest.raises(SealError):
            opened(ciphertext[:length])


@given(st.binary(min_size=1, max_size=3 * CHUNK))
def test_every_extension_is_noticed(extra: bytes) -> None:
    for size in (0, 10, CHUNK):
        with pytest.raises(SealError):
            opened(sealed(bytes(size)) + extra)


def test_chunks_have_one_place() -> None:
    ciphertext = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK + b"d" * CHUNK)
    header, (a, b, c, d) = ciphertext[:HEADER], chunks_of(ciphertext)
    for order in (
        (b, a, c, d),
        (a, b, d, c),
        (a, b, c, d, d),
        (a, c, d),
        (d,),
        (a, d),
        (a, a, c, d),
        (a, b, c),
    ):
        with pytest.raises(SealError):
            opened(header + b"".join(order))


def test_chunks_belong_to_one_artifact() -> None:
    one, other = sealed(b"a" * 2 * CHUNK), sealed(b"a" * 2 * CHUNK)
    assert opened(one) == opened(other)
    with pytest.raises(SealError):
        opened(one[:HEADER] + other[HEADER:])
    with pytest.raises(SealError):
        opened(one[:HEADER] + b"".join([chunks_of(one)[0], chunks_of(other)[1]]))


def by_the_book(chunks: list[bytes]) -> bytes:
    """A sealed artifact of exactly *chunks*, written from the format's description alone."""
    header = b"assaySL\x01" + CHUNK.to_bytes(4, "big") + bytes(32)
    kdf = HKDF(algorithm=SHA256(), length=39, salt=bytes(32), info=b"assay sealed artifact v1")
    secret = kdf.derive(KEY.reveal())
    body = [
        AESGCM(secret[:32]).encrypt(
            secret[32:] + index.to_bytes(4, "big") + bytes([index == len(chunks) - 1]), chunk, header
        )
        for index, chunk in enumerate(chunks)
    ]
    return header + b"".join(body)


def test_the_format_is_as_described() -> None:
    assert opened(by_the_book([b"a" * CHUNK, b"b"])) == b"a" * CHUNK + b"b"
    assert opened(by_the_book([b""])) == b""


def test_a_plaintext_has_one_chunking() -> None:
    for chunks in ([b"a" * CHUNK, b""], [b"a", b"b"], [b"a" * (CHUNK + 1)]):
        with pytest.raises(SealError):
            opened(by_the_book(chunks))


def test_another_key_does_not_open() -> None:
    with pytest.raises(SealError):
        opened(sealed(b"x"), ContentKey.generate())


@given(st.binary(max_size=3 * CHUNK))
def test_garbage_does_not_open(garbage: bytes) -> None:
    with pytest.raises(SealError):
        opened(garbage)


@pytest.mark.parametrize("chunk_size", [0, 1, 1023, 2**24 + 1, 2**32 - 1])
def test_a_header_cannot_ask_for_absurd_chunks(chunk_size: int) -> None:
    ciphertext = sealed(b"x")
    with pytest.raises(SealError, match="not a sealed artifact"):
        opened(ciphertext[:8] + chunk_size.to_bytes(4, "big") + ciphertext[12:])
    with pytest.raises(SealError):
        Sealer([b"x"], KEY, chunk_size=chunk_size)


def test_memory_does_not_grow_with_the_file() -> None:
    chunk_size = 64 * CHUNK

    def peak(chunks: int) -> int:
        tracemalloc.start()
        source = (bytes(chunk_size) for _ in range(chunks))
        for _ in open_stream(Sealer(source, KEY, chunk_size=chunk_size), KEY):
            pass
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    # other threads allocate meanwhile: that is some chunks, and the longer file has 190 more
    assert peak(200) < peak(10) + 50 * chunk_size


def expect_open_to_fail(ciphertext: Iterable[bytes], plaintext: bytes, dest: Path) -> None:
    before = dest.read_bytes() if dest.exists() else None
    with pytest.raises(SealError):
        open_to_file(ciphertext, KEY, dest, sha256=hashlib.sha256(plaintext).hexdigest(), size=len(plaintext))
    assert (dest.read_bytes() if dest.exists() else None) == before
    assert list(dest.parent.iterdir()) == ([dest] if before is not None else [])


def test_a_file_appears_private_and_whole(tmp_path: Path) -> None:
    plaintext, dest = b"rows" * 1000, tmp_path / "data.csv"
    digest = hashlib.sha256(plaintext).hexdigest()
    open_to_file([sealed(plaintext)], KEY, dest, sha256=digest, size=len(plaintext))
    assert dest.read_bytes() == plaintext
    assert dest.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [dest]


@pytest.mark.parametrize("exists", [False, True])
def test_a_file_that_fails_to_open_leaves_nothing(tmp_path: Path, exists: bool) -> None:
    plaintext, dest = b"rows" * 1000, tmp_path / "data.csv"
    if exists:
        dest.write_bytes(b"older")
    ciphertext = sealed(plaintext)
    expect_open_to_fail([ciphertext[:-1]], plaintext, dest)
    expect_open_to_fail([ciphertext[: HEADER + CHUNK + TAG]], plaintext, dest)
    expect_open_to_fail([sealed(plaintext + b"x")], plaintext, dest)
    expect_open_to_fail([sealed(plaintext[:-1])], plaintext, dest)
    expect_open_to_fail([sealed(plaintext[:-1] + b"x")], plaintext, dest)


def test_a_plaintext_beyond_its_size_is_not_written_to_the_end(tmp_path: Path) -> None:
    produced = 0

    def bomb() -> Iterator[bytes]:
        nonlocal produced
        for _ in range(1000):
            produced += 1
            yield bytes(CHUNK)

    expect_open_to_fail(Sealer(bomb(), KEY, chunk_size=CHUNK), bytes(3 * CHUNK), tmp_path / "bomb")
    assert produced < 10


def test_an_unwritable_place_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SealError, match="Cannot write"):
        open_to_file(
            [sealed(b"")], KEY, tmp_path / "no" / "folder", sha256=hashlib.sha256().hexdigest(), size=0
        )


def test_a_key_shows_nothing() -> None:
    assert KEY.reveal().hex() not in f"{KEY!r} {KEY} {KEY.hash}"
    assert not hasattr(KEY, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def test_the_key_hash_is_domain_separated() -> None:
    assert KEY.hash == hashlib.sha256(b"assay content key v1\x00" + bytes(range(32))).hexdigest()
    assert ContentKey(bytes(range(32))) == KEY
    assert ContentKey.generate() != KEY
