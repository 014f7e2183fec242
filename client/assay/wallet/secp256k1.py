"""Points and scalars of secp256k1 (SEC 2, section 2.4.1), the curve used to deliver content keys.

Every multiplication by a scalar is done by OpenSSL, whose ladder does not leak the scalar through timing.
Python's integers, which give no such guarantee, handle only public numbers, apart from the secrets in
:func:`scalar_from` and :func:`response`.
"""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from eth_utils.crypto import keccak

from assay.errors import SealError

P = 2**256 - 2**32 - 977
"""The field's prime."""
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The group's order."""
SCALAR_BYTES = 48
"""Number of random bytes that :func:`scalar_from` takes."""

_CURVE = ec.SECP256K1()


class Point(NamedTuple):
    """A point in affine coordinates, as in Solidity's struct; never infinity."""

    x: int
    y: int

    @classmethod
    def parse(cls, text: str) -> "Point":
        """The point that *text* names: x and y, 32 bytes each, as 128 hexadecimal digits.

        Raises:
            SealError: it names no point, or one that :func:`check_point` refuses.
        """
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raw = b""
        if len(raw) != 64:
            raise SealError("A point is 128 hexadecimal digits.")
        point = cls(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        check_point(point)
        return point

    def hex(self) -> str:
        """The form that :meth:`parse` takes."""
        return f"{self.x:064x}{self.y:064x}"


def check_point(point: Point) -> None:
    """Refuse what the contract refuses: a point off the curve, or an x-coordinate not below the order.

    Raises:
        SealError: the point is refused; the message has the coordinates.
    """
    x, y = point
    if not (0 < x < N and 0 <= y < P and (y * y - x**3 - 7) % P == 0):
        raise SealError(
            f"({x:#x}, {y:#x}) is no point of secp256k1 that a contract can compute with.",
            hint="Whoever made it uses other or broken software.",
        )


def scalar_from(uniform: bytes) -> int:
    """A scalar in 1…N-1 from 48 uniform bytes, with a bias below 2^-127 (RFC 9380, section 5.1)."""
    if len(uniform) != SCALAR_BYTES:
        raise ValueError(f"a scalar is made of {SCALAR_BYTES} bytes")
    return int.from_bytes(uniform, "big") % (N - 1) + 1


def response(nonce: int, challenge: int, secret: int) -> int:
    """nonce - challenge · secret, the response of a Schnorr proof.

    Raises:
        SealError: the response is zero, which no contract accepts; this does not happen by chance.
    """
    if answer := (nonce - challenge * secret) % N:
        return answer
    raise SealError("The proof came out as zero.", hint="Please report this.")


def times_base(scalar: int) -> Point:
    """scalar · G, for a secret scalar in 1…N-1."""
    numbers = _private(scalar).public_key().public_numbers()
    return Point(numbers.x, numbers.y)


def shared_x(scalar: int, point: Point) -> int:
    """The x-coordinate of scalar · point, as in ECDH (SEC 1, section 3.3.1), for a secret scalar.

    Raises:
        SealError: see :func:`check_point`.
    """
    check_point(point)
    public = ec.EllipticCurvePublicNumbers(point.x, point.y, _CURVE).public_key()
    return int.from_bytes(_private(scalar).exchange(ec.ECDH(), public), "big")


def multiply(scalar: int, point: Point) -> Point:
    """scalar · point, for a secret scalar in 1…N-1; the product is taken to be public.

    ECDH yields only x. Of the two points with that x, the right one is the one to which adding *point* gives
    (scalar + 1) · point.
    """
    if scalar == N - 1:
        return negative(point)
    x = shared_x(scalar, point)
    result = Point(x, pow(x**3 + 7, (P + 1) // 4, P))
    following = add(result, point)
    if following is not None and following.x == shared_x(scalar + 1, point):
        return result
    return negative(result)


def negative(point: Point) -> Point:
    """The point whose sum with *point* is infinity."""
    return Point(point.x, P - point.y)


def add(a: Point, b: Point) -> Point | None:
    """The sum of two public points, None for infinity."""
    if a.x == b.x:
        if a != b:
            return None
        slope = 3 * a.x * a.x * pow(2 * a.y, -1, P)
    else:
        slope = (b.y - a.y) * pow(b.x - a.x, -1, P)
    x = (slope * slope - a.x - b.x) % P
    return Point(x, (slope * (a.x - x) - a.y) % P)


def address_of(point: Point) -> bytes:
    """The 20 bytes that identify a point in Ethereum and ``ecrecover``."""
    return keccak(point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big"))[12:]


def _private(scalar: int) -> ec.EllipticCurvePrivateKey:
    if not 0 < scalar < N:
        raise SealError("A secret is not between 1 and the group's order.")
    return ec.derive_private_key(scalar, _CURVE)
