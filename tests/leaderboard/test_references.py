import math

import pytest

from restorekit.catalog import all_datasets
from restorekit.errors import DataError
from restorekit.evaluation.results import DatasetRecord
from restorekit.leaderboard import load_references
from restorekit.metrics.protocols import PROTOCOLS

#: The average that PromptRestorer's Table 1 itself prints behind each line.
AVERAGES = """
DerainNet 22.48/.796  SSIR 22.88/.744  DID-MDN 24.58/.770  UMRL 28.02/.880  RESCAN 28.59/.857
PReNet 29.42/.897  MSPFN 30.75/.903  DCSFN 31.00/.915  MPRNet 32.73/.921  SPAIR 32.91/.926
Uformer 32.18/.915  MAXIM-2S 33.24/.933  Restormer 33.96/.935  SFNet 33.56/.929
PromptRestorer 34.05/.936
"""


@pytest.fixture(scope="module")
def references():
    return load_references()


def only(references, dataset, protocol, method):
    (found,) = [n for n in references.find(dataset, protocol) if n.method == method]
    return found


def test_lines_have_the_averages_that_their_source_prints(references):
    words = AVERAGES.split()
    for method, printed in zip(words[::2], words[1::2], strict=True):
        line = [n for n in references.table("promptrestorer-1") if n.method == method]
        assert len(line) == 5
        for measure, average, error in zip(
            ("psnr", "ssim"),
            printed.split("/"),
            (0.015, 0.0015),
            strict=True,  # its own rounding
        ):
            values = [number.value(measure) for number in line]
            assert math.fsum(values) / 5 == pytest.approx(float(average), abs=error), method


@pytest.mark.parametrize(
    ("dataset", "protocol", "method", "printed"),
    [
        ("rain200h", "rgb_float", "DDN", {"psnr": "22.26", "ssim": "0.69"}),
        ("rain1200", "rgb_float", "DCSFN", {"psnr": "33.19", "ssim": "0.93"}),
        ("rain200h", "rgb_float", "DCSFN (K=4)", {"psnr": "28.59", "ssim": "0.9036"}),
        ("rain200h", "rgb_u8", "DCSFN", {"psnr": "28.28", "ssim": "0.895"}),
        ("rain800", "rgb_u8", "ECNet+LL", {"psnr": "26.13", "ssim": "0.852"}),
        ("rain100l-old", "matlab_y_double", "PReNet", {"psnr": "37.48", "ssim": "0.979"}),
        ("rain200l", "matlab_y_double", "RESCAN", {"psnr": "38.43", "ssim": "0.982"}),
        ("rain100l-old", "rgb_float_valid", "ReHEN", {"psnr": "37.41", "ssim": "0.980"}),
        ("spa", "matlab_y_u8", "NeRD-Rain", {"psnr": "49.58", "ssim": "0.9940"}),
        ("rain1400", "matlab_y_double", "IDT", {"psnr": "33.84", "ssim": "0.9549"}),
        ("rain1400", "matlab_y_u8", "IDT", {"psnr": "33.80", "ssim": "0.9407"}),
        ("rain1400-mspfn", "basicsr_y", "Restormer", {"psnr": "34.2170", "ssim": "0.9451"}),
    ],
)
def test_numbers_keep_their_decimals(references, dataset, protocol, method, printed):
    assert only(references, dataset, protocol, method).printed == printed


def test_every_table_is_there(references):
    tables = {number.table for number in references.numbers}
    assert len(tables) == 20
    counts = {table: len(references.table(table)) for table in tables}
    assert counts["derain-toolbox"] == 19 * 5 - 1
    assert counts["drsformer-1"] == 16 * 5
    assert counts["promptrestorer-1"] == 15 * 5


def test_protocols_are_known_or_said_to_be_unknown(references):
    named = {number.protocol for number in references.numbers}
    assert named - {None} <= set(PROTOCOLS)
    unknown = {number.table for number in references.numbers if number.protocol is None}
    assert unknown == {
        "dcsfn-2",
        "rescan-readme",
        "ddn-pytorch",
        "mspfn-7",
        "fsnet-19",
        "clearview",
    }


def test_datasets_are_those_of_the_catalog(references):
    known = {}
    for entry in all_datasets().values():
        for version in entry.splits["test"].versions if "test" in entry.splits else ():
            name = "-".join(filter(None, [entry.name, version.version or entry.version]))
            known[name] = version.pairs
    for dataset in references.datasets.values():
        if dataset.images is not None:
            assert known[dataset.id] == dataset.images


def test_agreeing_sources_are_one_number_with_the_most_decimals(references):
    found = only(references, "rain200h", "rgb_float", "DCSFN")
    assert found.printed == {"psnr": "28.81", "ssim": "0.9040"}
    assert found.sources == tuple(f"DCSFN (ACM MM 2020), Table {n}" for n in (1, 3, 4, 5, 6))
    # 26.45/0.846 and 26.45/0.8458 are the same, too, but by different protocols.
    assert only(references, "rain100h-old", "rgb_float_valid", "RESCAN").printed["ssim"] == "0.846"
    # These two differ: both stay.
    rescans = [
        n for n in references.find("rain100h-old", "matlab_y_double") if n.method == "RESCAN"
    ]
    assert [number.printed["psnr"] for number in rescans] == ["28.88", "28.64"]


@pytest.mark.parametrize(
    ("record", "dataset"),
    [
        ({"name": "rain200h"}, "rain200h"),
        ({"name": "Rain200H"}, "rain200h"),
        ({"name": "rain100h", "version": "new"}, "rain200h"),
        ({"name": "rain100h", "version": "old", "num_images": 100}, "rain100h-old"),
        ({"name": "test2800", "num_images": 2800}, "rain1400-mspfn"),
    ],
)
def test_dataset_is_the_one_that_results_name(references, record, dataset):
    found, reason = references.dataset_of(
        DatasetRecord(**{"fingerprint": "0" * 64, "num_images": 200, **record})
    )
    assert found.id == dataset
    assert reason == ""


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"name": "rain200h", "num_images": 10}, "its 200 test images, and these results about 10"),
        ({"name": "rain100h"}, "has the versions rain100h-old, rain100h-mspfn"),
        ({"name": "rain100h", "version": "unknown"}, "No published numbers are known"),
        ({"name": "rain200"}, "No published numbers are known for a dataset 'rain200'"),
    ],
)
def test_dataset_is_never_guessed(references, record, reason):
    found, told = references.dataset_of(
        DatasetRecord(**{"fingerprint": "0" * 64, "num_images": 200, **record})
    )
    assert found is None
    assert reason in told


def test_a_known_fingerprint_decides_over_names(references):
    known = all_datasets()
    (crops,) = [f for f in known["rain100h-old"].fingerprints if f.version == "mspfn"]
    record = {"name": "rain200h", "num_images": 100, "fingerprint": crops.sha256}
    assert references.dataset_of(DatasetRecord(**record))[0].id == "rain100h-mspfn"
    (training,) = [f for f in known["rain800"].fingerprints if f.split == "train"]
    record = {"name": "rain800", "num_images": 100, "fingerprint": training.sha256}
    assert references.dataset_of(DatasetRecord(**record))[0] is None


GOOD = """
datasets:
  rain12: {name: rain12, images: 12, title: Rain12}
tables:
  - id: one
    source: A paper
    protocol: rgb_u8
    measures: psnr/ssim
    columns: [rain12]
    rows:
      A: [30.10/0.900]
      B: [~]
"""


def test_a_file_of_ones_own_is_read(tmp_path):
    (tmp_path / "mine.yml").write_text(GOOD)
    (number,) = load_references(tmp_path / "mine.yml").numbers
    assert (number.method, number.dataset, number.protocol) == ("A", "rain12", "rgb_u8")
    assert number.printed == {"psnr": "30.10", "ssim": "0.900"}
    assert number.value("psnr") == 30.1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rgb_u8", "rgb_u9", "tables.one.protocol is 'rgb_u9', .* Did you mean 'rgb_u8'"),
        ("columns: [rain12]", "columns: [rain21]", "tables.one.columns is 'rain21', which is not"),
        ("psnr/ssim", "psnr/sim", "tables.one.measures is 'sim', .* Did you mean 'ssim'"),
        ("30.10/0.900", "30.10/x", r"tables.one.rows\['A'\] must be a number, not 'x'"),
        ("[30.10/0.900]", "[30.1, 30.2]", r"tables.one.rows\['A'\] has 2 cells for 1 columns"),
        ("30.10/0.900", "30.1/0.9/4", "has '30.1/0.9/4', but only the measures psnr, ssim"),
        ("    source: A paper\n", "", "tables.one.source must be a text"),
        ("    source", "    sauce: x\n    source", "tables.one.sauce is not a key. Did you mean"),
        ("name: rain12", "name: rain13", "datasets.rain12 must be called 'rain13'"),
        ("images: 12", "images: twelve", "datasets.rain12.images must be a number"),
        ("tables:", "tabels:", "the file.tabels is not a key. Did you mean 'tables'"),
        ("rows:", "rows: [", "cannot be read"),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path, old, new, message):
    assert old in GOOD
    (tmp_path / "mine.yml").write_text(GOOD.replace(old, new))
    with pytest.raises(DataError, match=f"mine.yml.*{message}"):
        load_references(tmp_path / "mine.yml")
