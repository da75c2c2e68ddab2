"""One table of several test sets."""

from leaderboard_samples import sample_results

from restorekit.evaluation.results import RAINY_INPUT
from restorekit.leaderboard import across_test_sets


def table(results):
    files = {f"{number}.json": one for number, one in enumerate(results)}
    columns = across_test_sets(files)
    return {column.title: [cell.text() for cell in column.cells] for column in columns}, columns


def test_each_set_is_shown_under_its_first_criterion():
    one, two = {"a": 30.0, "b": 32.0}, {"c": 20.0}
    shown, columns = table(
        [
            sample_results(RAINY_INPUT, {"a": 25.0, "b": 25.0}, {"a": 0.7, "b": 0.9}),
            sample_results("Mine", one, {"a": 0.9, "b": 0.8}),
            sample_results("Mine", two, {"c": 0.5}, name="rain12", print_of="b", version="old"),
            # The same images again.
            sample_results("Mine", {"a": 1.0, "b": 1.0}, name="copy"),
        ]
    )
    assert list(shown.values()) == [
        ["Mine", RAINY_INPUT],
        ["31.00 / 0.8500", "25.00 / 0.8000"],
        ["20.00 / 0.5000", "–"],
    ]
    assert list(shown)[2].startswith("rain12 (old), ")
    assert [cell.best for cell in columns[1].cells] == [True, False]


def test_without_ground_truth_less_niqe_is_better():
    both = [
        sample_results(name, None, niqe={"a": value}) for name, value in (("Mine", 3), ("Other", 4))
    ]
    shown, columns = table(both)
    assert list(shown.values())[1] == ["3.000", "4.000"]
    assert [cell.best for cell in columns[1].cells] == [True, False]
