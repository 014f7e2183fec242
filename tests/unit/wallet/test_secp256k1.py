"""The curve against `benchmarks/reference/keyexchange.py` and published multiples of G."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import keyexchange as textbook

from assay.errors import SealError
from assay.wallet import secp256k1
from assay.wallet.secp256k1 import N, P, Point

G = Point(*textbook.G)
SCALARS = st.one_of(st.integers(1, N - 1), st.integers(1, 5), st.integers(N - 5, N - 1))


def test_published_multiples() -> None:
    """From the list that Bitcoin's developers keep; the last is the negative of G."""
    assert secp256k1.times_base(1) == G
    assert secp256k1.times_base(2).x == 0xC6047F9441ED7D6D3045406E95C07CD85C778E4B8CEF3CA7ABAC09B95C709EE5
    assert secp256k1.times_base(3).x == 0xF9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9
    assert secp256k1.times_base(N - 1) == secp256k1.negative(G)


@settings(max_examples=30, deadline=None)
@given(SCALARS, SCALARS)
def test_multiples_are_the_textbooks(scalar: int, other: int) -> None:
    point = secp256k1.times_base(other)
    expected = textbook.multiply(scalar * other % N, textbook.G)
    assert point == textbook.multiply(other, textbook.G)
    assert secp256k1.multiply(scalar, point) == expected
    assert secp256k1.shared_x(scalar, point) == expected[0]


@pytest.mark.parametrize("scalar", [1, 2, 3, N - 3, N - 2, N - 1])
def test_multiples_at_the_ends_of_the_group(scalar: int) -> None:
    point = secp256k1.times_base(11)
    assert secp256k1.multiply(scalar, point) == textbook.multiply(scalar, point)


@settings(max_examples=50, deadline=None)
@given(SCALARS, SCALARS)
def test_sums_are_the_textbooks(a: int, b: int) -> None:
    left, right = secp256k1.times_base(a), secp256k1.times_base(b)
    assert secp256k1.add(left, right) == textbook.add(left, right)
    assert secp256k1.add(left, left) == textbook.add(left, left)
    assert secp256k1.add(left, secp256k1.negative(left)) is None


@pytest.mark.parametrize("scalar", [0, N, N + 1, -1, P, 2**256 - 1])
def test_scalars_out_of_range(scalar: int) -> None:
    for use in (secp256k1.times_base, lambda bad: secp256k1.multiply(bad, G)):
        with pytest.raises(SealError, match="between 1 and"):
            use(scalar)


@given(st.integers(-1, 2**256), st.integers(-1, 2**256))
def test_points_off_the_curve(x: int, y: int) -> None:
    with pytest.raises(SealError, match="no point"):
        secp256k1.check_point(Point(x, y))


def test_an_x_beyond_the_order_is_refused_though_it_is_on_the_curve() -> None:
    y = pow(N**3 + 7, (P + 1) // 4, P)
    assert textbook.on_curve((N, y))
    with pytest.raises(SealError, match="no point"):
        secp256k1.check_point(Point(N, y))
    with pytest.raises(SealError, match="no point"):
        secp256k1.shared_x(3, Point(N, y))


def test_a_second_spelling_of_a_point_is_refused() -> None:
    x = 0x1FE1E5EF3FCEB5C135AB7741333CE5A6E80D68167653F6B2B24BCBCFAAAFF507
    secp256k1.check_point(Point(x, 1))
    for spelling in (Point(x, 1 + P), Point(x + P, 1), Point(x - P, 1), Point(x, 1 - P)):
        with pytest.raises(SealError, match="no point"):
            secp256k1.check_point(spelling)


@pytest.mark.parametrize("size", [0, 32, 47, 49])
def test_scalars_are_made_of_48_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="48"):
        secp256k1.scalar_from(bytes(size))


def test_every_48_bytes_make_a_scalar() -> None:
    """All residues, the first and the last among them."""
    assert secp256k1.scalar_from(bytes(48)) == 1
    assert secp256k1.scalar_from((N - 2).to_bytes(48, "big")) == N - 1
    assert secp256k1.scalar_from((N - 1).to_bytes(48, "big")) == 1


def test_a_response_of_zero_is_none() -> None:
    with pytest.raises(SealError, match="zero"):
        secp256k1.response(6, 2, 3)
    assert secp256k1.response(5, 2, 3) == N - 1
