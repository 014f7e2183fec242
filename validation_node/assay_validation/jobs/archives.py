"""Archives: a zip or tar file with a table, ``index.csv``, that names the other files."""

import gzip
import lzma
import re
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Any
from unicodedata import ucd_3_2_0
from zipfile import ZipFile

from assay_validation.jobs import RefusalError

INDEX = "index.csv"
MAX_FILES = 2_000_000
MAX_INDEX_BYTES = 256 << 20
MAX_FILE_BYTES = 64 << 20
_CHUNK = 1 << 20
_LOOKED_AT = 20
"""How many files of a column are examined to find out their kind."""
_XZ = b"\xfd7zXZ\0"
_FILE_NAME = re.compile(r"[^\n]{1,200}\.[A-Za-z][A-Za-z0-9]{0,4}")
_ZIP_END = b"PK\5\6"
_MOST_ZIP_COMMENT = 65_535 + 22

Entry = tuple[str, int, Callable[[], IO[bytes]]]
"""Name, size in bytes, and a function that opens it."""


def entries(file: IO[bytes]) -> Iterator[Entry]:
    """The plain files of an archive, in its order.

    Raises:
        RefusalError: it holds anything else, names that lead out of it or occur twice, or too many files.
    """
    seen: set[str] = set()
    for name, size, opened in _zip(file) if _is_zip(file) else _tar(file):
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or ":" in parts[0] or {"..", ".", ""} & set(parts):
            raise RefusalError("a name leads out of the archive", "unsafe_archive")
        if name in seen:
            raise RefusalError(f"{name!r} is there twice", "file_repeated", found=2)
        if len(seen) == MAX_FILES:
            raise _too_many()
        seen.add(name)
        yield name, size, opened


def index_of(file: IO[bytes]) -> bytes:
    """The table; raises :class:`RefusalError` if there is none."""
    for name, size, opened in entries(file):
        if name == INDEX:
            if size > MAX_INDEX_BYTES:
                raise RefusalError("the index is too large", "file_too_large", name=INDEX)
            with opened() as table:
                return read_bounded(table, size)
    raise RefusalError(f"the archive has no {INDEX} at its top", "no_index")


def plain_name(name: str) -> str:
    """*name* as it is compared: in NFC, as macOS writes another form, and without ./ in front. NFC is that of
    Unicode 3.2, which every version of Python knows."""
    return ucd_3_2_0.normalize("NFC", name.removeprefix("./"))


def read_bounded(file: IO[bytes], size: int) -> bytes:
    """*size* bytes; raises ValueError when there are more or fewer, whatever the archive said."""
    content = file.read(size + 1)
    if len(content) != size:
        raise ValueError("a file has another size than the archive says")
    return content


def describe_files(file: IO[bytes], columns: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """What kind of files each column names, for those that name files of the archive, by its first texts."""
    named = {column: [plain_name(one) for one in texts[:_LOOKED_AT]] for column, texts in columns.items()}
    wanted = {name for names in named.values() for name in names}
    kinds: dict[str, dict[str, Any]] = {}
    for name, size, opened in entries(file):
        if name in wanted and size <= MAX_FILE_BYTES:
            with opened() as content:
                kinds[name] = _kind(read_bounded(content, size))
    found = {column: _told(names, kinds) for column, names in named.items() if names}
    return {column: told for column, told in found.items() if told}


def _told(names: list[str], kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What kind of files *names* refers to; or why they may not be files, though they look like names."""
    absent = [name for name in names if name not in kinds]
    if absent:
        named = len(absent) < len(names) or all(_FILE_NAME.fullmatch(name) for name in names)
        return {"oddities": [{"kind": "absent files", "examples": absent[:1]}]} if named else {}
    told = [kinds[name] for name in names]
    if told[0] and all(one == told[0] for one in told):
        return {"files": told[0]}
    if all(one.get("kind") == "image" for one in told):
        turned = any(one["turned"] for one in told)
        return {"files": {"kind": "image", **_agreed(told), "turned": turned}}
    strange = [name for name in names if not kinds[name]] or names
    return {"oddities": [{"kind": "unknown files", "examples": strange[:1]}]}


def _agreed(told: list[dict[str, Any]]) -> dict[str, Any]:
    """The properties that all images share."""
    return {key: value for key, value in told[0].items() if all(one.get(key) == value for one in told)}


def _kind(content: bytes) -> dict[str, Any]:
    """What kind of file it is; empty if it is of no kind that can be fed."""
    from assay_validation.jobs.images import describe_image

    if content.startswith(b"\x93NUMPY"):
        import io

        from assay_validation.jobs.npz_files import read_header

        return {"kind": "array", "shape": list(read_header(io.BytesIO(content), INDEX).shape)}
    image = describe_image(content)
    if image:
        return image
    try:
        content.decode()
    except UnicodeDecodeError:
        return {}
    return {"kind": "text"}


def _is_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(2) == b"PK"


def _zip(file: IO[bytes]) -> Iterator[Entry]:
    _bound_entries(file)
    with ZipFile(file) as archive:
        for one in archive.infolist():
            if one.is_dir():
                continue
            mode = one.external_attr >> 16
            if one.flag_bits & 1 or (mode & 0o170000) not in (0, 0o100000):
                raise RefusalError(f"{one.filename!r} is no plain file", "unsafe_archive")
            yield plain_name(one.filename), one.file_size, lambda one=one: archive.open(one)  # type: ignore[misc]


def _bound_entries(file: IO[bytes]) -> None:
    """Refuse too many entries before Python loads them all into memory; the file's end holds their number."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _MOST_ZIP_COMMENT))
    end = file.read()
    place = end.rfind(_ZIP_END)
    directory_bytes = int.from_bytes(end[place + 12 : place + 16], "little") if place >= 0 else 0
    count = int.from_bytes(end[place + 10 : place + 12], "little") if place >= 0 else 0
    if directory_bytes == 0xFFFF_FFFF or count == 0xFFFF:  # then a zip64 record before it has the numbers
        record = end.rfind(b"PK\6\6")
        count = int.from_bytes(end[record + 32 : record + 40], "little") if record >= 0 else MAX_FILES + 1
        directory_bytes = int.from_bytes(end[record + 40 : record + 48], "little") if record >= 0 else 0
    if count > MAX_FILES or directory_bytes > MAX_FILES * 512:
        raise _too_many()


def _tar(file: IO[bytes]) -> Iterator[Entry]:
    file.seek(0)
    head = file.read(len(_XZ))
    file.seek(0)
    plain: Any = file
    if head.startswith(b"\x1f\x8b"):
        plain = gzip.GzipFile(fileobj=file)
    elif head == _XZ:
        plain = lzma.LZMAFile(file)  # noqa: SIM115 - it is closed with the archive
    with tarfile.open(fileobj=plain, mode="r|", bufsize=_CHUNK, errorlevel=2) as archive:
        for one in archive:
            archive.members = []  # type: ignore[attr-defined]  # for a stream, Python would keep them all
            if one.isdir():
                continue
            if not one.isreg() or one.issparse():
                raise RefusalError(f"{one.name!r} is no plain file", "unsafe_archive")
            yield plain_name(one.name), one.size, lambda one=one: _extracted(archive, one)  # type: ignore[misc]


def _extracted(archive: tarfile.TarFile, one: tarfile.TarInfo) -> IO[bytes]:
    opened = archive.extractfile(one)
    assert opened is not None  # it is a plain file
    return opened


def _too_many() -> RefusalError:
    return RefusalError(f"the archive has more than {MAX_FILES} files", "too_many_files", most=MAX_FILES)
