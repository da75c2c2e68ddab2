import pytest
from leaderboard_samples import sample_results, spread

from restorekit.catalog import published_numbers
from restorekit.errors import DataError
from restorekit.leaderboard import paper_tables
from restorekit.leaderboard.render.cells import EMPTY

METHODS = ["DDN", "RESCAN", "NLEDN", "ReHEN", "PReNet", "SSIR", "DCSFN"]


@pytest.fixture(scope="module")
def references():
    return published_numbers()


def tables(references, *results):
    report = paper_tables(references, {f"{n}.json": result for n, result in enumerate(results)})
    return [chapter.tables[0] for chapter in report.chapters]


def column(table, title):
    (found,) = [one for one in table.columns if one.title == title]
    return dict(zip(texts(table.columns[0]), texts(found), strict=True))


def texts(column):
    return [cell.text() for cell in column.cells]


def best(column):
    return {index for index, cell in enumerate(column.cells) if cell.best}


def test_without_results_all_cells_of_ours_are_empty(references):
    first, second = tables(references)
    assert sorted(texts(first.columns[0])) == sorted(METHODS)
    assert sorted(texts(second.columns[0])) == sorted(METHODS)
    ours = [c for table in (first, second) for c in table.columns if "restorekit" in c.title]
    assert len(ours) == 4
    for one in ours:
        assert set(texts(one)) == {EMPTY}
        assert {cell.sort_by for cell in one.cells} == {None}
        assert not best(one)


def test_the_papers_numbers(references):
    first, second = tables(references)
    assert column(first, "Rain100H, paper")["DCSFN"] == "28.81 / 0.90"
    assert column(first, "Rain100L, paper")["SSIR"] == "32.37 / 0.92"
    assert column(first, "Rain1200, paper")["ReHEN"] == "32.51 / 0.91"
    assert column(second, "NIQE, paper")["DCSFN"] == "3.54"
    for table in (first, second):
        index = texts(table.columns[0]).index("DCSFN")
        papers = [one for one in table.columns if one.title.endswith("paper")]
        assert all(best(one) == {index} for one in papers)


def test_a_results_file_fills_its_cell_and_no_other(references):
    results = sample_results("prenet", spread(27.5), ssim=spread(0.88, deviation=0.01))
    first, second = tables(references, results)
    cells = column(first, "Rain100H, restorekit")
    assert cells.pop("PReNet") == "27.50 / 0.8800 (-0.39)"
    assert set(cells.values()) == {EMPTY}
    assert set(column(first, "Rain100L, restorekit").values()) == {EMPTY}
    assert set(column(second, "NIQE, restorekit").values()) == {EMPTY}


@pytest.mark.parametrize(
    "results",
    [
        sample_results("PReNet", spread(27.5), protocols=("rgb_u8",)),
        sample_results("PReNet", spread(27.5, count=100)),
        sample_results("PReNet", spread(27.5, count=100), name="rain100h", version="old"),
        sample_results("PReNet (mine)", spread(27.5)),
    ],
)
def test_other_protocols_images_and_methods_fill_nothing(references, results):
    first, _ = tables(references, results)
    for one in first.columns:
        if "restorekit" in one.title:
            assert set(texts(one)) == {EMPTY}


def test_two_results_for_one_cell_are_refused(references):
    with pytest.raises(DataError, match=r"0\.json and 1\.json have different numbers of 'dcsfn'"):
        tables(
            references,
            sample_results("DCSFN", spread(28.5)),
            sample_results("DCSFN", spread(28.6)),
        )


def test_niqe_says_on_which_photographs(references):
    results = sample_results("DCSFN", None, niqe={"1": 3.5, "2": 3.7}, name="internet")
    _, second = tables(references, results)
    cells = column(second, "NIQE, restorekit (official, 2 images of internet)")
    assert cells.pop("DCSFN") == "3.60"
    assert set(cells.values()) == {EMPTY}
    other = sample_results("DDN", None, niqe={"1": 4.0}, name="mine", print_of="b")
    with pytest.raises(DataError, match="NIQE of different photographs"):
        tables(references, results, other)
