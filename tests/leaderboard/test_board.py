import csv
import io

import pytest
from leaderboard_samples import PROTOCOL, sample_results, spread

from restorekit.catalog import published_numbers
from restorekit.leaderboard import (
    RAINY_INPUT,
    make_sections,
    markdown,
    rank_all,
    to_csv,
)
from restorekit.leaderboard.board import build_board
from restorekit.leaderboard.statistics import wilcoxon_p_values


def board_of(*results, references=None, protocol=PROTOCOL):
    numbered = {f"{number}.json": result for number, result in enumerate(results)}
    (ranking,) = rank_all(numbered, (protocol,))
    return build_board(ranking, references)


@pytest.fixture(scope="module")
def references():
    return published_numbers()


def test_neighbours_are_compared_image_by_image():
    best, second = spread(31.0, seed=1), spread(30.8, seed=2)
    board = board_of(
        sample_results("B", second),
        sample_results("A", best),
        sample_results(RAINY_INPUT, spread(25.0, seed=3)),
    )
    over = [row.over_next for row in board.rows]
    assert over[0].difference == pytest.approx(0.2)
    differences = [best[name] - second[name] for name in best]
    assert [over[0].p_value] == wilcoxon_p_values([differences])
    assert over[1].difference == pytest.approx(5.8)
    assert over[2] is None


def test_every_measure_has_its_interval():
    (line,) = board_of(sample_results("A", spread(31.0))).rows
    for measure in ("psnr", "ssim"):
        low, high = line.intervals[measure]
        assert low < line.entry.mean(measure) < high
    (line,) = board_of(sample_results("A", {"a": 31.0})).rows
    assert line.intervals == {"psnr": None, "ssim": None}


def test_images_of_other_names_are_ranked_and_not_compared():
    renamed = {f"x{name}": value for name, value in spread(30.0).items()}
    board = board_of(sample_results("A", spread(31.0)), sample_results("B", renamed))
    assert [row.entry.method for row in board.rows] == ["A", "B"]
    assert [row.over_next for row in board.rows] == [None, None]


def test_a_published_number_stands_beside_the_same_method_data_and_protocol(references):
    board = board_of(
        sample_results("dcsfn", spread(28.79)),
        sample_results("DCSFN-small", spread(29.0)),
        references=references,
    )
    mine, dcsfn = board.rows
    assert mine.published == ()
    (match,) = dcsfn.published
    assert match.published.printed == {"psnr": "28.81", "ssim": "0.9040"}
    assert match.gaps["psnr"] == pytest.approx(-0.02)
    assert match.gaps["ssim"] == pytest.approx(dcsfn.entry.mean("ssim") - 0.904)
    assert board.source_numbers(match.published) == (1, 2, 3, 4, 5)
    assert {number.method for number in board.unmeasured} >= {"DDN", "PReNet", "DCSFN (LSTM)"}
    assert "DCSFN" not in {number.method for number in board.unmeasured}
    values = [number.value("psnr") for number in board.unmeasured]
    assert values == sorted(values, reverse=True)


def test_numbers_by_another_protocol_or_on_other_data_do_not_stand_beside(references):
    results = sample_results("DCSFN", spread(28.8), protocols=(PROTOCOL, "matlab_y_u8"))
    board = board_of(results, references=references, protocol="matlab_y_u8")
    assert board.rows[0].published == ()
    assert "20 under rgb_float" in board.note
    other = sample_results("DCSFN", spread(28.8), name="rain200x")
    assert "No published numbers are known" in board_of(other, references=references).note
    sample = sample_results("DCSFN", spread(28.8, count=10))
    assert "these results over 10" in board_of(sample, references=references).note


@pytest.mark.parametrize(("psnr", "far"), [(28.91, False), (28.911, True), (28.709, True)])
def test_gaps_above_a_tenth_are_pointed_out(references, psnr, far):
    board = board_of(sample_results("DCSFN", spread(psnr)), references=references)
    assert board.rows[0].published[0].is_far is far


def test_two_checkpoints_of_a_method_both_have_its_published_number(references):
    first, second = (
        sample_results("DCSFN", spread(mean), checkpoint={"path": "x", "sha256": sha * 64})
        for mean, sha in ((28.8, "a"), (28.7, "b"))
    )
    board = board_of(first, second, references=references)
    assert [row.entry.method for row in board.rows] == ["DCSFN (aaaaaaaa)", "DCSFN (bbbbbbbb)"]
    assert [len(row.published) for row in board.rows] == [1, 1]


def test_niqe_is_ranked_from_the_lowest():
    numbered = {
        "a.json": sample_results("A", None, niqe={"1": 4.0, "2": 4.2}, name="internet"),
        "b.json": sample_results("B", None, niqe={"1": 3.0, "2": 3.4}, name="internet"),
    }
    for protocols in ((), ("niqe",)):
        (ranking,) = rank_all(numbered, protocols)
        assert ranking.criterion == "niqe (official)"
        assert [(entry.rank, entry.method) for entry in ranking.entries] == [(1, "B"), (2, "A")]
    assert build_board(ranking).rows[0].over_next.difference == pytest.approx(-0.9)


def test_methods_that_were_trained_on_test_images_are_pointed_out():
    leaks = {"test_images": 12, "train_images": 30, "pairs": 34}
    leaky = sample_results("A", spread(31.0), leaks=leaks)
    both = {"a.json": leaky, "b.json": sample_results("B", spread(30.0))}
    text = markdown(make_sections(rank_all(both)))
    assert "| test images trained on |" in text
    (row,) = [line for line in text.splitlines() if line.startswith("|    1 | A")]
    assert " 12 ! |" in row
    (line,) = list(csv.DictReader(io.StringIO(to_csv(make_sections(rank_all(both))))))[:1]
    assert line["test_images_trained_on"] == "12"
    assert "trained on" not in markdown(make_sections(rank_all({"b.json": both["b.json"]})))
