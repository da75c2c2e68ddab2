import math
import shutil

import pytest

from restorekit.catalog import all_datasets, all_test_sets, published_numbers
from restorekit.catalog.files import FOLDER
from restorekit.errors import DataError
from restorekit.metrics.measures import find_measure
from restorekit.metrics.protocols import PROTOCOLS

#: The average that PromptRestorer's Table 1 itself prints behind each line.
AVERAGES = """
DerainNet 22.48/.796  SSIR 22.88/.744  DID-MDN 24.58/.770  UMRL 28.02/.880  RESCAN 28.59/.857
PReNet 29.42/.897  MSPFN 30.75/.903  DCSFN 31.00/.915  MPRNet 32.73/.921  SPAIR 32.91/.926
Uformer 32.18/.915  MAXIM-2S 33.24/.933  Restormer 33.96/.935  SFNet 33.56/.929
PromptRestorer 34.05/.936
"""


@pytest.fixture(scope="module")
def published():
    return published_numbers()


def only(published, dataset, protocol, method):
    (found,) = [n for n in published.find(dataset, protocol) if n.method == method]
    return found


def test_lines_have_the_averages_that_their_source_prints(published):
    words = AVERAGES.split()
    for method, printed in zip(words[::2], words[1::2], strict=True):
        line = [n for n in published.table("promptrestorer-1") if n.method == method]
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
        ("rain1400-mspfn", "y_float", "Restormer", {"psnr": "34.2170", "ssim": "0.9451"}),
    ],
)
def test_numbers_keep_their_decimals(published, dataset, protocol, method, printed):
    assert only(published, dataset, protocol, method).printed == printed


def test_every_table_is_there(published):
    tables = {number.table for number in published.numbers}
    assert len(tables) == 25
    counts = {table: len(published.table(table)) for table in tables}
    assert counts["derain-toolbox"] == 19 * 5 - 1
    assert counts["drsformer-1"] == 16 * 5
    assert counts["promptrestorer-1"] == 15 * 5


def test_protocols_are_known_or_said_to_be_unknown(published):
    named = {number.protocol for number in published.numbers}
    assert named - {None} <= set(PROTOCOLS)
    unknown = {number.table for number in published.numbers if number.protocol is None}
    assert unknown == {
        "dcsfn-2",
        "rescan-readme",
        "ddn-pytorch",
        "mspfn-7",
        "fsnet-19",
        "clearview",
        "fadformer-1-quoted",
        "sfhformer-1",
        "sfhformer-1-quoted",
    }


def test_measures_are_known(published):
    names = {name for number in published.numbers for name in number.printed}
    assert {find_measure(name).name for name in names} == names


def test_test_sets_are_those_of_the_catalog(published):
    strange = {number.dataset for number in published.numbers} - set(all_test_sets())
    unknown = {"rain100h-unknown", "rain100l-unknown", "rain800-unknown"}
    assert strange == {*unknown, "dcsfn-real", "agan"}


def test_agreeing_sources_are_one_number_with_the_most_decimals(published):
    found = only(published, "rain200h", "rgb_float", "DCSFN")
    assert found.printed == {"psnr": "28.81", "ssim": "0.9040"}
    assert found.sources == tuple(f"DCSFN (ACM MM 2020), Table {n}" for n in (1, 3, 4, 5, 6))
    # 26.45/0.846 and 26.45/0.8458 are the same, too, but by different protocols.
    assert only(published, "rain100h-old", "rgb_float_valid", "RESCAN").printed["ssim"] == "0.846"
    # These two differ: both stay.
    found = published.find("rain100h-old", "matlab_y_double")
    rescans = {number.printed["psnr"] for number in found if number.method == "RESCAN"}
    assert rescans == {"28.88", "28.64"}


def find(name, num_images=200, version="", fingerprint="0" * 64):
    return published_numbers().test_set_of(
        name, version, fingerprint=fingerprint, num_images=num_images
    )


@pytest.mark.parametrize(
    ("name", "version", "images", "dataset"),
    [
        ("rain200h", "", 200, "rain200h"),
        ("Rain200H", "", 200, "rain200h"),
        ("rain100h", "new", 200, "rain200h"),
        ("RainHeavy", "", 200, "rain200h"),
        ("rain100h", "old", 100, "rain100h-old"),
        ("rain800", "mspfn", 98, "rain800-mspfn"),
        ("test2800", "", 2800, "rain1400-mspfn"),
    ],
)
def test_the_test_set_is_the_one_that_results_name(name, version, images, dataset):
    found, reason = find(name, images, version)
    assert (found.id, found.images, reason) == (dataset, images, "")


@pytest.mark.parametrize(
    ("name", "version", "images", "words"),
    [
        ("rain200h", "", 10, ["200", "10"]),
        ("rain100h", "", 100, ["rain100h-old", "rain100h-mspfn"]),
        ("rain100h", "unknown", 100, ["'rain100h-unknown'"]),
        ("rain200", "", 200, ["'rain200'"]),
    ],
)
def test_the_test_set_is_never_guessed(name, version, images, words):
    found, reason = find(name, images, version)
    assert found is None
    assert all(word in reason for word in words)


def test_a_known_fingerprint_decides_over_names():
    known = all_datasets()
    (crops,) = [f for f in known["rain100h-old"].fingerprints if f.version == "mspfn"]
    assert find("rain200h", 100, fingerprint=crops.sha256)[0].id == "rain100h-mspfn"
    (training,) = [f for f in known["rain800"].fingerprints if f.split == "train"]
    assert find("rain800", 100, fingerprint=training.sha256)[0] is None


GOOD = """
one:
  source: A paper
  protocol: rgb_u8
  measures: [psnr, ssim]
  columns: [rain12]
  rows:
    A: [30.10/0.900]
    B: [~]
"""


@pytest.fixture
def folder(tmp_path):
    """A catalog with one table."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "published")
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "mine.yml").write_text(GOOD)
    return tmp_path


def test_a_source_is_one_file(folder):
    (number,) = published_numbers(folder).numbers
    assert (number.table, number.method, number.dataset) == ("one", "A", "rain12")
    assert number.protocol == "rgb_u8"
    assert number.printed == {"psnr": "30.10", "ssim": "0.900"}
    assert number.value("psnr") == 30.1
    assert number.value("niqe") is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("columns: [rain12]", "columns: [rain21]", ["one.columns", "'rain21'", "'rain12'"]),
        ("30.10/0.900", "30.10/x", ["one", "'30.10/x'", "'x'"]),
        ("[30.10/0.900]", "[30.1/0.9, 30.2/0.9]", ["one", "A", "2 cells", "1 columns"]),
        ("30.10/0.900", "30.1/0.9/4", ["'30.1/0.9/4'", "psnr, ssim"]),
        ("30.10/0.900", "30.10", ["one.rows.A.0", "30.1"]),
        ("  source: A paper\n", "", ["one.source", "missing"]),
        ("  source", "  sauce: x\n  source", ["one.sauce", "'source'"]),
        ("rows:", "notes: {C: x}\n  rows:", ["notes", "'C'"]),
        ("measures:", "measurez: [psnr]\n  measures:", ["one.measurez", "'measures'"]),
        ("rows:", "rows: [", ["cannot be read"]),
    ],
)
def test_an_error_names_the_file_and_the_key(folder, old, new, words):
    assert old in GOOD
    file = folder / "published" / "mine.yml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(DataError) as caught:
        published_numbers(folder)
    assert all(word in str(caught.value) for word in [str(file), *words]), caught.value


def test_a_table_stands_in_one_file(folder):
    (folder / "published" / "other.yml").write_text(GOOD)
    with pytest.raises(DataError, match=r"other\.yml.*'one'"):
        published_numbers(folder)
