"""What a model or data file of a few bytes can take outside of its jail: memory and disk are bounded."""

import resource

import numpy as np
import pytest
from hostile.graphs import BOOL, declared, node, written

from assay.manifests.evaluation import (
    DataMapping,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    ReportStatus,
    ResourceLimits,
)
from assay.manifests.reason import Code
from assay_validation.dataset import prepare
from assay_validation.errors import JobError
from assay_validation.evaluation import evaluate
from assay_validation.limits import MIB, Limits
from assay_validation.metrics import Predictions
from assay_validation.passes import Passes
from assay_validation.predictions import check_predictions, read_array
from assay_validation.sandbox import runner
from assay_validation.sandbox.runner import Job
from assay_validation.scratch import Scratch

ROWS = 15_000
LIMITS = Limits(memory_bytes=768 * MIB, cpu_seconds=20, wall_seconds=600)
GROWTH = 64 * MIB


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.csv"
    path.write_text("x,y\n" + "".join(f"{i % 7},{i % 2}\n" for i in range(ROWS)))
    return path


def spec(classes=("0", "1"), **output):
    mapping = DataMapping(
        format="csv", inputs=(InputMapping(name="x", columns=("x",)),), label="y", classes=classes
    )
    return EvaluationSpec(
        task="classification", metric="accuracy", data=mapping, output=OutputMapping(**output)
    )


def grown(report_of):
    """The report, and by how much this process has grown for it, at most."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = report_of()
    return report, 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def test_wide_answers_are_never_read(data, tmp_path):
    """A byte a number inside the jail, and eight outside."""
    nodes = [node("Cast", "x", "b", to=BOOL), node("Expand", "b wide", "p")]
    constants = {"wide": np.int64([1, 2048])}
    model = tmp_path / "model.onnx"
    model.write_bytes(written(*nodes, constants=constants, outputs=[declared("p", BOOL, ["n", 2048])]))
    report, growth = grown(lambda: evaluate(model, data, spec(probabilities="p"), LIMITS))
    assert [one.code for one in report.reasons] == [Code.WROTE_TOO_MUCH]
    assert growth < GROWTH


def test_data_to_which_no_answer_fits_is_refused_before_it_is_asked(data, tmp_path):
    """By whoever attests it, too: the developer is not blamed for the order."""
    model = tmp_path / "model.onnx"
    model.write_bytes(written(node("Sigmoid", "x", "p")))
    classes = tuple(map(str, range(1000)))
    report, growth = grown(lambda: evaluate(model, data, spec(classes, probabilities="p"), LIMITS))
    assert report.status is ReportStatus.CANNOT_OPEN
    assert [one.code for one in report.reasons] == [Code.DATA_TOO_COSTLY]
    assert growth < GROWTH


@pytest.mark.parametrize("dtype", [np.bool_, np.float16, np.int64, "U3"])
def test_an_array_is_read_up_to_its_limit(dtype, tmp_path):
    array = np.zeros((100, 3), dtype)
    np.save(tmp_path / "array.npy", array)
    size = array.size * max(8, array.itemsize)
    assert read_array(tmp_path / "array.npy", 100, size).shape == (100, 3)
    with pytest.raises(JobError, match="more than") as refusal:
        read_array(tmp_path / "array.npy", 100, size - 1)
    assert [one.code for one in refusal.value.reasons] == [Code.WROTE_TOO_MUCH]


def test_labels_that_all_differ_are_outside_the_classes():
    with pytest.raises(JobError) as refusal:
        check_predictions({"labels": np.arange(100_000) % 50_000 / 7}, ("0", "1"))
    assert [one.code for one in refusal.value.reasons] == [Code.LABEL_OUTSIDE]


def test_few_passes_are_in_memory_at_a_time():
    read = []

    def reading(name, files):
        read.append(files["labels"])
        return Predictions()

    passes = Passes({name: {"labels": name} for name in ("clean", "nudged", "noisy")}, reading)
    for name in ("clean", "nudged", "nudged", "noisy", "clean", "nudged"):
        assert passes[name] is passes[name]
    assert read == ["clean", "nudged", "noisy", "nudged"]
    assert list(passes) == ["clean", "nudged", "noisy"]


def test_what_a_job_writes_is_limited_together(tmp_path):
    """Each file is within its limit, and all of them are not."""
    (tmp_path / "writing_job.py").write_text(
        "import os, time\n"
        "def run(arguments, inputs, outputs):\n"
        "    for descriptor in outputs.values():\n"
        "        os.write(descriptor, bytes(700_000))\n"
        "    while arguments['stays']:\n"
        "        time.sleep(1)\n"
        "    return {}\n"
    )
    limits = Limits(file_bytes=MIB, memory_bytes=1 << 30, cpu_seconds=5, wall_seconds=300)
    with Scratch() as folder:
        for number, stays in ((5, False), (6, False), (6, True)):
            outputs = {str(i): folder / f"{number} {stays} {i}" for i in range(number)}
            job = Job("writing_job", {"stays": stays}, {}, outputs, import_from=(tmp_path,))
            if number == 5:
                assert runner.run(job, limits) == {}
                continue
            with pytest.raises(JobError, match="wrote more"):
                runner.run(job, limits)


def test_disk_is_not_taken_faster_than_it_is_watched(tmp_path):
    (tmp_path / "allocating_job.py").write_text(
        "import os\n"
        "def run(arguments, inputs, outputs):\n"
        "    try:\n"
        "        os.posix_fallocate(outputs['out'], 0, 1 << 20)\n"
        "    except PermissionError:\n"
        "        return {'refused': True}\n"
        "    return {}\n"
    )
    with Scratch() as folder:
        job = Job("allocating_job", {}, {}, {"out": folder / "out"}, import_from=(tmp_path,))
        assert runner.run(job, LIMITS) == {"refused": True}


def test_the_limits_grow_with_the_orders():
    larger = ResourceLimits(memory_bytes=8192 * MIB)
    assert Limits(**larger.model_dump()).answer_bytes == 2 * Limits().answer_bytes


def test_csv_needs_little_memory_beside_the_file(tmp_path):
    """Many cells, and a file that by itself is larger than the smallest limit."""
    names = [f"c{place}" for place in range(50)]
    row = ",".join(["0.125"] * 50) + ",1," + "n" * 60_000 + "\n"
    path = tmp_path / "data.csv"
    with path.open("w") as file:
        file.write(",".join([*names, "y", "notes"]) + "\n")
        for _ in range(90):
            file.write(row * 100)
    limits = Limits(memory_bytes=512 * MIB, data_bytes=1024 * MIB)
    assert path.stat().st_size > limits.memory_bytes
    mapping = DataMapping(format="csv", inputs=(InputMapping(name="x", columns=tuple(names)),), label="y")
    evaluation = EvaluationSpec(
        task="regression", metric="rmse", step=1, data=mapping, output=OutputMapping(values="p")
    )
    with Scratch() as folder:
        assert prepare(path, evaluation, limits, folder).counts.rows == 9_000
    path.unlink()
