"""How the columns of a file are fed, in an order that is written about it."""

import pytest

from assay.errors import InvalidInput
from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.node_report import DescribedColumn, FoundFiles
from assay.markets.order_inputs import AS_THEY_ARE, Pictures, inputs_of


def column(name: str, kind: str = "float", **more: object) -> DescribedColumn:
    return DescribedColumn.model_validate({"name": name, "type": kind, **more})


def fed(*columns: DescribedColumn, form: str = "csv", pictures: Pictures = AS_THEY_ARE) -> list[tuple]:
    inputs = inputs_of(form, list(columns), pictures)
    return [(one.name, len(one.columns), one.dtype, one.missing) for one in inputs]


def test_numbers_are_one_input():
    assert fed(column("a"), column("b", "integer"), column("c", "boolean")) == [("X", 3, "float32", None)]
    assert fed(column("a"), column("b", empty=2)) == [("X", 2, "float32", "nan")]
    assert fed() == []


def test_beside_texts_each_column_is_an_input_of_its_own():
    texts = (column("t", "text"), column("u", "text", empty=1), column("w", "time"), column("a", empty=1))
    assert fed(*texts) == [
        ("t", 1, "string", None),
        ("u", 1, "string", ""),
        ("w", 1, "int64", None),
        ("a", 1, "float32", "nan"),
    ]


def test_inputs_are_named_as_scikit_learns_converter_names_them():
    """Otherwise no model that it exports takes them."""
    pytest.importorskip("skl2onnx")
    from skl2onnx.common._topology import Topology

    names = ["monthly fee", "a.b", "a_b", "a b", "1st", "C (mm)", "größe", "x+y"]
    existing: set[str] = set()
    theirs = [Topology._generate_unique_name(name, existing) for name in names]
    assert [one[0] for one in fed(*(column(name, "text") for name in names))] == theirs
    (first, *_) = inputs_of("csv", [column(name, "text") for name in names])
    assert (first.name, first.columns) == ("monthly_fee", ("monthly fee",))


def test_of_very_many_columns_numbers_and_texts_are_an_input_each():
    many = [column(f"n{i}") for i in range(60)] + [column(f"t{i}", "text") for i in range(60)]
    assert fed(*many, column("w", "time")) == [
        ("numbers", 60, "float32", None),
        ("texts", 60, "string", None),
        ("w", 1, "int64", None),
    ]


def images(**found: object) -> DescribedColumn:
    return column("file", "text", files=FoundFiles.model_validate({"kind": "image", "depth": 8, **found}))


def test_images_of_different_sizes_are_resized_only_where_that_is_said():
    with pytest.raises(InvalidInput, match="different sizes") as refused:
        inputs_of("archive", [images(channels=3)])
    assert "--size 224x224" in refused.value.hint
    with pytest.raises(InvalidInput, match="all RGB"):
        inputs_of("archive", [images(height=8, width=8)])
    (one,) = inputs_of("archive", [images(channels=1, width=8)], Pictures((8, 9)))
    assert one.files is not None
    assert (one.row_shape, one.files.model_dump()["resize"]) == ((1, 8, 9), True)
    (one,) = inputs_of("archive", [images(height=8, width=9, channels=1)])
    assert one.files is not None
    assert one.files.model_dump()["resize"] is False


@pytest.mark.parametrize("dtype", ["uint8", "bool", "string"])
def test_noise_is_asked_for_only_where_something_changes(dtype):
    data = {"format": "csv", "inputs": [{"name": "x", "columns": ["x"], "dtype": dtype}], "label": "y"}
    spec = {
        "task": "classification",
        "metric": "accuracy",
        "criteria": [{"kind": "noise_robustness", "bound": 1}],
        "data": {**data, "classes": ["0", "1"]},
        "output": {"labels": "l"},
    }
    with pytest.raises(ValueError, match="needs an input of floats"):
        EvaluationSpec.model_validate(spec)


def test_what_is_done_to_images_is_said():
    with pytest.raises(InvalidInput, match="to be turned") as refused:
        inputs_of("archive", [images(height=8, width=9, channels=3, turned=True)])
    assert "--upright" in refused.value.hint
    (one,) = inputs_of("archive", [images(height=8, width=9, channels=3)], Pictures(upright=True))
    assert one.files is not None
    assert one.files.model_dump()["upright"] is True
    deep = images(height=8, width=9, channels=1, depth=16)
    (one,) = inputs_of("archive", [deep])
    assert one.files is not None
    assert one.files.model_dump(exclude_defaults=True).items() >= {"depth": 16, "scale": "1/65535"}.items()
    with pytest.raises(InvalidInput, match="not resized"):
        inputs_of("archive", [deep], Pictures((4, 4)))
    with pytest.raises(InvalidInput, match="different depths"):
        inputs_of("archive", [images(height=8, width=9, channels=1, depth=None)])
