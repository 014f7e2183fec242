"""Images, texts and arrays as files of an archive: declared, or refused by name."""

import io
import itertools
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from prepared import prepare
from sklearn.datasets import load_digits, load_sample_images

from assay.manifests.evaluation import DataMapping, InputMapping
from assay_validation.jobs import RefusalError, archives
from assay_validation.jobs.archives import describe_files, index_of
from assay_validation.jobs.images import mask

Files = Iterable[tuple[str, bytes]]
KINDS = ("zip", "tar", "tar.gz", "tar.xz")


def pack(path: Path, files: Files, kind: str = "zip") -> Path:
    """An archive of *files* in their order."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files:
                packed.writestr(name, content)
        return path
    form: Any = {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz"}[kind]
    with tarfile.open(path, form) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def encoded(pixels: Any, form: str = "PNG", mode: str | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(np.asarray(pixels))
    (image.convert(mode) if mode else image).save(file, form, **options)
    return file.getvalue()


def image_input(**files: Any) -> InputMapping:
    fields = {"kind": "image", "height": 4, "width": 5, **files}
    dtype = fields.pop("dtype", "float32")
    return InputMapping.model_validate(
        {"name": "image", "columns": ["file"], "files": fields, "dtype": dtype}
    )


def mapping(one: InputMapping, **fields: Any) -> DataMapping:
    return DataMapping(format="archive", inputs=(one,), label="y", classes=("0", "1"), **fields)


def index(names: Iterable[str]) -> tuple[str, bytes]:
    rows = [f"{name},{place % 2}" for place, name in enumerate(names)]
    return "index.csv", "\n".join(["file,y", *rows, ""]).encode()


def fault(folder: Path, files: Files, one: InputMapping, kind: str = "zip") -> dict[str, Any]:
    with pytest.raises(RefusalError) as refused:
        prepare(pack(folder / "data", files, kind), mapping(one))
    (only,) = refused.value.faults
    return only


PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["PNG", "BMP"])
def test_images_are_fed_in_the_order_of_the_index(kind, form, tmp_path):
    """Whatever the order of the files; one of them is two rows."""
    names = ["b/2.img", "a.img", "c.img", "a.img"]
    files = [(name, encoded(PIXELS[place], form)) for place, name in enumerate(["a.img", "b/2.img", "c.img"])]
    data = pack(tmp_path / "data", [*files, index(names)], kind)
    rows = PIXELS[[1, 0, 2, 0]]
    _, arrays = prepare(data, mapping(image_input(layout="nhwc", dtype="uint8")))
    assert np.array_equal(arrays["clean-0"], rows)
    assert arrays["truth"].tolist() == [0, 1, 0, 1]
    _, arrays = prepare(data, mapping(image_input(scale="1/255")), ("clean", "nudged", "noisy"))
    scaled = rows.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    assert np.array_equal(arrays["clean-0"], scaled)
    assert np.array_equal(arrays["nudged-0"], scaled)  # they are from a set of 256 values
    assert not np.array_equal(arrays["noisy-0"], scaled)


def test_grey_images_and_palettes(tmp_path):
    grey, three = PIXELS[0, :, :, 0], Image.fromarray(PIXELS[0]).quantize(8)
    file = io.BytesIO()
    three.save(file, "PNG")
    data = pack(tmp_path / "data", [index(["a", "b"]), ("a", encoded(grey)), ("b", encoded(grey))])
    _, arrays = prepare(data, mapping(image_input(channels=1)))
    assert np.array_equal(arrays["clean-0"][0, 0], grey)
    data = pack(tmp_path / "data", [index(["a"]), ("a", file.getvalue())])
    _, arrays = prepare(data, mapping(image_input(layout="nhwc")))
    assert np.array_equal(arrays["clean-0"][0], np.asarray(three.convert("RGB")))


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_are_compared_whatever_form_their_accents_have(forms, tmp_path):
    packed, named = (unicodedata.normalize(form, "Zürich.png") for form in forms)
    grey = PIXELS[0, :, :, 0]
    data = pack(tmp_path / "data", [index([named]), (packed, encoded(grey))])
    _, arrays = prepare(data, mapping(image_input(channels=1)))
    assert np.array_equal(arrays["clean-0"][0, 0], grey)
    with data.open("rb") as file:
        assert "files" in describe_files(file, {"i": [named]})["i"]


def test_images_of_another_size_only_where_that_is_declared(tmp_path):
    files = [index(["a"]), ("a", encoded(np.full((40, 50, 3), 7, np.uint8)))]
    assert fault(tmp_path, files, image_input()) == {
        "code": "file_shape",
        "name": "file",
        "found": 1,
        "row": 1,
    }
    _, arrays = prepare(pack(tmp_path / "data", files), mapping(image_input(resize=True)))
    assert (arrays["clean-0"] == 7).all()
    assert arrays["clean-0"].shape == (1, 3, 4, 5)


PLAIN = {"depth": 8, "turned": False}


def turned(orientation: int = 6, form: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(PIXELS[0], form, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_images_are_turned_where_that_is_declared(form, orientation, tmp_path):
    made = turned(orientation, form)
    meant = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(made))))
    data = pack(tmp_path / "data", [index(["a"]), ("a", made)])
    size = {"height": meant.shape[0], "width": meant.shape[1]}
    _, arrays = prepare(data, mapping(image_input(layout="nhwc", upright=True, **size)))
    assert np.array_equal(arrays["clean-0"][0], meant)
    with data.open("rb") as file:
        told = {"kind": "image", "channels": 3, "depth": 8, "turned": orientation > 1, **size}
        assert describe_files(file, {"i": ["a"]}) == {"i": {"files": told}}


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float16"])
def test_grey_images_of_16_bits(dtype, tmp_path):
    deep = np.random.default_rng(0).integers(0, 2**16, (4, 5), dtype=np.uint16)
    deep[0, :2] = 0, 65_535
    data = pack(tmp_path / "data", [index(["a"]), ("a", encoded(deep))])
    scale = "1" if dtype == "uint16" else "1/65535"
    one = image_input(channels=1, depth=16, scale=scale, dtype=dtype)
    _, arrays = prepare(data, mapping(one))
    expected = deep if dtype == "uint16" else (deep.astype(np.float32) / np.float32(65_535)).astype(dtype)
    assert np.array_equal(arrays["clean-0"][0, 0], expected)
    with data.open("rb") as file:
        assert describe_files(file, {"i": ["a"]})["i"]["files"]["depth"] == 16
    shallow = [index(["a"]), ("a", encoded(deep.astype(np.uint8)))]
    assert fault(tmp_path, shallow, one)["code"] == "image_depth"


@pytest.mark.parametrize(
    "files",
    [
        {"depth": 16, "channels": 3},
        {"depth": 16, "channels": 1, "resize": True},
        {"depth": 16, "channels": 1, "scale": "1/255"},
        {"scale": "1/65535"},
        {"depth": 16, "channels": 1, "dtype": "uint8"},
        {"dtype": "uint16"},
        {"depth": 16, "channels": 1, "dtype": "float16"},
    ],
)
def test_images_that_no_order_declares(files):
    with pytest.raises(ValueError, match=r"bits|pixels"):
        image_input(**files)


def animated() -> bytes:
    file, frames = io.BytesIO(), [Image.fromarray(one) for one in PIXELS]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


def bomb() -> bytes:
    """A few KB that say they are an image of 10^10 pixels."""
    honest = bytearray(encoded(np.zeros((1, 1), np.uint8)))
    honest[16:24] = (100_000).to_bytes(4) + (100_000).to_bytes(4)
    honest[29:33] = zlib.crc32(honest[12:29]).to_bytes(4)
    return bytes(honest)


def plain_png(pixels: Any, bits: int, colours: int) -> bytes:
    """A PNG file of *pixels* [height, bytes of a line], stored as they are; Pillow writes no such depths."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", 5, 4, bits, colours, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(line) for line in pixels)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in parts)


def deep_colours(colours: int, channels: int) -> bytes:
    return plain_png(np.arange(4 * 5 * channels * 2, dtype=np.uint8).reshape(4, -1), 16, colours)


@pytest.mark.parametrize(("bits", "most"), [(1, 2), (2, 4), (4, 16), (8, 256)])
@pytest.mark.parametrize("colours", [0, 3])
def test_masks_hold_the_places_that_are_stored(colours, bits, most):
    places = np.random.default_rng(0).integers(0, most, (4, 5), dtype=np.uint8)
    digits = np.unpackbits(places[:, :, None], axis=2)[:, :, 8 - bits :].reshape(4, -1)
    content = plain_png(np.packbits(digits, axis=1), bits, colours)
    if colours:  # a palette has to be there
        image = Image.fromarray(places)
        image.putpalette(list(range(256)) * 3)
        file = io.BytesIO()
        image.save(file, "PNG", bits=bits)
        content = file.getvalue()
    assert np.array_equal(mask(content, {"width": 5, "height": 4}), places)


IMAGES: dict[str, tuple[Any, str]] = {
    "grey": (lambda: encoded(PIXELS[0, :, :, 0]), "image_colours"),
    "transparent": (lambda: encoded(PIXELS[0], mode="RGBA"), "image_colours"),
    "grey and transparent": (lambda: encoded(PIXELS[0], mode="LA"), "image_colours"),
    "CMYK": (lambda: encoded(PIXELS[0], "JPEG", mode="CMYK"), "image_colours"),
    "16 bits": (lambda: encoded(PIXELS[0, :, :, 0].astype(np.uint16) * 255), "image_depth"),
    "colours of 16 bits": (lambda: deep_colours(2, 3), "image_depth"),
    "transparent and of 16 bits": (lambda: deep_colours(6, 4), "image_depth"),
    "grey, transparent and of 16 bits": (lambda: deep_colours(4, 2), "image_depth"),
    "turned": (turned, "image_turned"),
    "animated": (animated, "image_animated"),
    "cut short": (lambda: encoded(PIXELS[0])[:-30], "file_unreadable"),
    "a GIF": (lambda: encoded(PIXELS[0], "GIF"), "file_unreadable"),
    "a TIFF": (lambda: encoded(PIXELS[0], "TIFF"), "file_unreadable"),
    "text": (lambda: b"no image", "file_unreadable"),
    "nothing": (lambda: b"", "file_unreadable"),
    "a wrong checksum": (lambda: encoded(PIXELS[0]).replace(b"IDAT", b"IDAt"), "file_unreadable"),
    "huge": (bomb, "file_too_large"),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_that_are_not_as_declared(kind, tmp_path):
    make, code = IMAGES[kind]
    files = [index(["ok", "bad", "bad"]), ("ok", encoded(PIXELS[0])), ("bad", make())]
    one = image_input(resize=kind == "huge")
    assert fault(tmp_path, files, one) == {"code": code, "name": "file", "found": 2, "row": 2}


TEXT = InputMapping.model_validate(
    {"name": "text", "columns": ["file"], "files": {"kind": "text"}, "dtype": "string"}
)


@pytest.mark.parametrize("kind", KINDS)
def test_texts(kind, tmp_path):
    files = [("a.txt", "grün\n\nx".encode()), ("b.txt", b""), index(["b.txt", "a.txt", "a.txt"])]
    _, arrays = prepare(pack(tmp_path / "data", files, kind), mapping(TEXT))
    assert arrays["clean-0"].tolist() == [[""], ["grün\n\nx"], ["grün\n\nx"]]


def test_a_text_in_another_encoding(tmp_path):
    found = fault(tmp_path, [index(["a"]), ("a", "grün".encode("cp1252"))], TEXT)
    assert (found["code"], found["row"]) == ("file_unreadable", 1)


def array(**fields: Any) -> InputMapping:
    one = {"name": "X", "columns": ["file"], "files": {"kind": "array"}, "shape": [2, 3], **fields}
    return InputMapping.model_validate(one)


def saved(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, value, **options)
    return file.getvalue()


def test_arrays(tmp_path):
    rows = np.random.default_rng(0).normal(size=(3, 2, 3))
    files = [index(["a", "b", "c"])]
    files += [(name, saved(np.asfortranarray(row))) for name, row in zip("abc", rows, strict=True)]
    data = pack(tmp_path / "data", files)
    _, arrays = prepare(data, mapping(array(dtype="float64")), ("clean", "nudged"))
    assert np.array_equal(arrays["clean-0"], rows)
    moved = np.abs(arrays["nudged-0"] - rows)
    assert moved.max() > 0
    assert moved.max() < 1e-5


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (np.zeros((3, 2)), "file_shape"),
        (np.array([{}] * 6).reshape(2, 3), "file_unreadable"),
        (np.full((2, 3), "x"), "not_numeric"),
        (np.full((2, 3), np.nan), "not_finite"),
    ],
)
def test_arrays_that_are_not_as_declared(value, code, tmp_path):
    files = [index(["a", "b"]), ("a", saved(np.zeros((2, 3)))), ("b", saved(value, allow_pickle=True))]
    found = fault(tmp_path, files, array())
    assert (found["code"], found["row"] if code != "not_numeric" else 2) == (code, 2)


# --- the archive itself ------------------------------------------------------------------------------------

GOOD = [index(["a"]), ("a", b"text")]


def linked(kind: bytes) -> Any:
    def make(path: Path) -> None:
        with tarfile.open(path, "w") as tar:
            member = tarfile.TarInfo("a")
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)

    return make


def linked_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        member = zipfile.ZipInfo("a")
        member.external_attr = 0o120777 << 16
        packed.writestr(member, "/etc/passwd")


def encrypted(path: Path) -> None:
    pack(path, [("a", b"text")])
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.find(signature) + place] |= 1
    path.write_bytes(content)


UNSAFE: dict[str, Any] = {
    **{
        f"{name!r} in a {kind}": lambda path, name=name, kind=kind: pack(path, [(name, b"x"), *GOOD], kind)
        for name in ("../a", "/etc/passwd", "a/../../b", "a\\b", "C:/x", "a//b", "./../b")
        for kind in ("zip", "tar")
    },
    "a symbolic link": linked(tarfile.SYMTYPE),
    "a hard link": linked(tarfile.LNKTYPE),
    "a device": linked(tarfile.CHRTYPE),
    "a pipe": linked(tarfile.FIFOTYPE),
    "a link in a zip": linked_zip,
    "an encrypted file": encrypted,
}


@pytest.mark.parametrize("kind", UNSAFE)
def test_archives_that_lead_out_of_themselves(kind, tmp_path):
    UNSAFE[kind](tmp_path / "data")
    with pytest.raises(RefusalError) as refused:
        prepare(tmp_path / "data", mapping(TEXT))
    assert refused.value.faults == ({"code": "unsafe_archive"},)


@pytest.mark.parametrize("form", ["zip", "tar", "gztar", "xztar", "GNU tar", "GNU tar, posix"])
def test_folders_as_tools_pack_them(form, tmp_path):
    """With entries for folders, and what macOS leaves in them."""
    folder = tmp_path / "folder"
    (folder / "texts" / "more").mkdir(parents=True)
    (folder / "__MACOSX").mkdir()
    for name, content in (
        index(["texts/more/a", "b"]),
        ("texts/more/a", "Grüße".encode()),
        ("b", b"b"),
        (".DS_Store", b"\0\0\0\1Bud1"),
        ("__MACOSX/._b", b"\0\5\26\7"),
        ("._index.csv", b"\0\5\26\7"),
    ):
        (folder / name).write_bytes(content)
    if form.startswith("GNU"):
        kind = "posix" if "posix" in form else "gnu"
        subprocess.run(
            ["tar", "czf", "data.tgz", f"--format={kind}", "-C", "folder", "."], cwd=tmp_path, check=True
        )
        packed = tmp_path / "data.tgz"
    else:
        packed = Path(shutil.make_archive(str(tmp_path / "data"), form, folder))
    assert prepare(packed, mapping(TEXT))[1]["clean-0"][:, 0].tolist() == ["Grüße", "b"]


@pytest.mark.parametrize("front", ["", "./"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_as_find_writes_them(kind, front, tmp_path):
    """With ./ in front, in the table, in the archive, or in both."""
    files = [index(["./a", "deep/b"]), (f"{front}a", b"1"), (f"{front}deep/b", b"2")]
    found = prepare(pack(tmp_path / "data", files, kind), mapping(TEXT))[1]["clean-0"]
    assert found.tolist() == [["1"], ["2"]]
    with (tmp_path / "data").open("rb") as file:
        assert archives.describe_files(file, {"file": ["./a"]}) == {"file": {"files": {"kind": "text"}}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_with_too_little_or_too_much(kind, tmp_path, monkeypatch):
    assert fault(tmp_path, [("a", b"x")], TEXT, kind) == {"code": "no_index"}
    assert fault(tmp_path, [("in/index.csv", GOOD[0][1]), GOOD[1]], TEXT, kind) == {"code": "no_index"}
    assert fault(tmp_path, [GOOD[1], *GOOD], TEXT, kind)["code"] == "file_repeated"
    missing = fault(tmp_path, [index(["a", "b", "c"]), ("a", b"")], TEXT, kind)
    assert missing == {"code": "file_missing", "name": "file", "found": 2, "row": 2}
    gap = fault(tmp_path, [index(["a", ""]), ("a", b"")], TEXT, kind)
    assert gap == {"code": "empty_cells", "name": "file", "found": 1, "row": 2}
    monkeypatch.setattr(archives, "MAX_FILES", 3)
    many = [index(["a"]), *((str(n), b"") for n in range(5))]
    assert fault(tmp_path, many, TEXT, kind) == {"code": "too_many_files", "most": 3}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_unpacks_to_far_more_is_not_unpacked(kind, tmp_path):
    found = fault(tmp_path, [index(["a"]), ("a", bytes(archives.MAX_FILE_BYTES + 1))], TEXT, kind)
    assert found == {"code": "file_too_large", "name": "file", "found": 1, "row": 1}


def test_a_zip_that_lies_about_a_size(tmp_path):
    pack(tmp_path / "data", [index(["a"]), ("a", b"x" * 1000)])
    content = (tmp_path / "data").read_bytes()
    (tmp_path / "data").write_bytes(content.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(RefusalError):
        prepare(tmp_path / "data", mapping(TEXT))


def test_ten_million_entries_are_counted_before_they_are_read(tmp_path):
    end = b"PK\5\6" + bytes(4) + b"\xff\xff\xff\xff" + (2**31).to_bytes(4, "little") + bytes(6)
    (tmp_path / "data").write_bytes(b"PK\3\4" + bytes(100) + end)
    with pytest.raises(RefusalError) as refused, (tmp_path / "data").open("rb") as file:
        index_of(file)
    assert refused.value.faults[0]["code"] == "too_many_files"


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\3\4 no zip", b"\x1f\x8b no gzip", b"\xfd7zXZ\0 no xz", b"no tar" * 200]
)
def test_what_is_no_archive(content, tmp_path):
    (tmp_path / "data").write_bytes(content)
    with pytest.raises(RefusalError) as refused:
        prepare(tmp_path / "data", mapping(TEXT))
    assert refused.value.faults[0]["code"] in ("data_unreadable", "no_index")


# --- what is found -----------------------------------------------------------------------------------------


def test_what_files_are_is_found(tmp_path):
    digits = load_digits().images[:30].astype(np.uint8)
    files = [(f"{n}.png", encoded(one)) for n, one in enumerate(digits)]
    data = pack(tmp_path / "data", [*files, ("t.txt", b"text"), ("a.npy", saved(np.zeros((2, 3))))])
    with data.open("rb") as file:
        found = describe_files(
            file, {"i": [name for name, _ in files], "t": ["t.txt"], "a": ["a.npy"], "n": ["none"], "e": []}
        )
    assert found == {
        "i": {"files": {"kind": "image", "height": 8, "width": 8, "channels": 1, **PLAIN}},
        "t": {"files": {"kind": "text"}},
        "a": {"files": {"kind": "array", "shape": [2, 3]}},
    }


def test_photographs_of_different_sizes(tmp_path):
    photographs = [encoded(one, "JPEG", quality=90) for one in load_sample_images().images]
    photographs.append(encoded(load_sample_images().images[0][::2], "JPEG"))
    names = [f"{n}.jpg" for n in range(3)]
    files = [index(names), *zip(names, photographs, strict=True)]
    data = pack(tmp_path / "data", files, "tar.gz")
    with data.open("rb") as file:
        assert describe_files(file, {"file": names}) == {
            "file": {"files": {"kind": "image", "width": 640, "channels": 3, **PLAIN}}
        }
    _, arrays = prepare(data, mapping(image_input(height=224, width=224, resize=True, scale="1/255")))
    assert arrays["clean-0"].shape == (3, 3, 224, 224)
    assert 0.1 < arrays["clean-0"].mean() < 0.9


DECODE = """
import hashlib, sys
from pathlib import Path
from assay_validation.jobs.images import pixels
files = {"height": 224, "width": 224, "channels": 3, "resize": True}
found = hashlib.sha256()
for path in sorted(Path(sys.argv[1]).iterdir()):
    found.update(pixels(path.read_bytes(), files).tobytes())
print(found.hexdigest())
"""


def test_a_jpeg_is_the_same_pixels_with_and_without_vector_instructions(tmp_path):
    """Of every quality, subsampling and order of scans."""
    images = [Image.fromarray(one) for one in load_sample_images().images]
    for place, (quality, subsampling, scans) in enumerate(
        itertools.product((30, 75, 95), (0, 1, 2), (False, True))
    ):
        images[place % 2].save(
            tmp_path / f"{place}.jpg", quality=quality, subsampling=subsampling, progressive=scans
        )
    told = {
        subprocess.run(
            [sys.executable, "-c", DECODE, str(tmp_path)],
            env={**os.environ, **instructions},
            capture_output=True,
            check=True,
        ).stdout
        for instructions in ({}, {"JSIMD_FORCENONE": "1"}, {"JSIMD_FORCESSE2": "1"})
    }
    assert len(told) == 1
