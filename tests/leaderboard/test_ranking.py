import csv
import io
import random
import re

import pytest

from restorekit.errors import DataError
from restorekit.evaluation.results import parse_results
from restorekit.leaderboard import (
    RAINY_INPUT,
    make_sections,
    markdown,
    rank,
    rank_all,
    to_csv,
)


def results(method, psnr, ssim=0.9, protocols=("rgb_u8",), sha=None, **changes):
    """Return results of two images with these means."""
    dataset = {"name": "rain100l", "fingerprint": "1" * 64, "num_images": 2}
    content = {
        "schema": "restorekit.results/1",
        "method": method,
        "dataset": dataset | changes.pop("dataset", {}),
        "protocols": {
            protocol: {
                "psnr": {"mean": psnr, "images": {"a": psnr - 1, "b": psnr + 1}},
                "ssim": {"mean": ssim, "images": {"a": ssim, "b": ssim}},
            }
            for protocol in protocols
        },
        **changes,
    }
    if sha:
        content["checkpoint"] = {"path": "x.pth", "sha256": sha * 64}
    return parse_results(content, "a sample")


def numbered(*contents):
    return {f"{number}.json": content for number, content in enumerate(contents)}


def order(ranking):
    return [(entry.rank, entry.method) for entry in ranking.entries]


def test_methods_stand_by_psnr_then_ssim_in_whatever_order_they_come():
    rows = [
        results("C", 30.0, 0.91),
        results("A", 31.0, 0.80),
        results("D", 30.0, 0.90),
        results(RAINY_INPUT, 30.5, 0.70),
        results("E", 20.0, 0.99),
        results("B", 30.0, 0.91),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert order(rank(numbered(*rows), "rgb_u8")) == [
            (1, "A"),
            (None, RAINY_INPUT),
            (2, "B"),
            (2, "C"),
            (4, "D"),
            (5, "E"),
        ]


def test_the_gain_is_over_the_rainy_input():
    ranking = rank(numbered(results("A", 31.0), results(RAINY_INPUT, 25.5)), "rgb_u8")
    assert [ranking.gain(entry) for entry in ranking.entries] == [5.5, None]
    alone = rank(numbered(results("A", 31.0)), "rgb_u8")
    assert alone.gain(alone.entries[0]) is None


def test_different_images_are_not_ranked_together():
    other = results("B", 30.0, dataset={"fingerprint": "2" * 64})
    both = numbered(results("A", 31.0), other)
    for attempt in (lambda: rank(both, "rgb_u8"), lambda: rank_all(both)):
        with pytest.raises(DataError) as caught:
            attempt()
        message = str(caught.value)
        assert "0.json (rain100l, 2 images, fingerprint 111111111111)" in message
        assert "1.json (rain100l, 2 images, fingerprint 222222222222)" in message


def test_the_same_images_under_two_names_are_one_test_set():
    renamed = results("B", 30.0, dataset={"name": "Rain100L"})
    (ranking,) = rank_all(numbered(results("A", 31.0), renamed))
    assert order(ranking) == [(1, "A"), (2, "B")]


def test_different_test_sets_get_tables_of_their_own():
    other = results("A", 20.0, dataset={"name": "rain100h", "fingerprint": "2" * 64})
    version = results("A", 25.0, dataset={"version": "new", "fingerprint": "3" * 64})
    rankings = rank_all(numbered(results("A", 31.0), other, version, results("B", 32.0)))
    assert [order(ranking) for ranking in rankings] == [
        [(1, "B"), (2, "A")],
        [(1, "A")],
        [(1, "A")],
    ]


def test_protocols_are_not_mixed():
    both = numbered(
        results("A", 31.0, protocols=("rgb_u8", "basicsr_y")),
        results("B", 32.0, protocols=("basicsr_y", "rgb_float")),
    )
    assert [ranking.criterion for ranking in rank_all(both)] == ["basicsr_y"]
    with pytest.raises(DataError, match=r"1\.json has no numbers under 'rgb_u8', only"):
        rank_all(both, ("rgb_u8",))
    with pytest.raises(DataError, match="Did you mean 'basicsr_y'"):
        rank_all(both, ("basicsry",))
    none_shared = numbered(results("A", 31.0), results("B", 32.0, protocols=("basicsr_y",)))
    with pytest.raises(DataError, match=r"0\.json: rgb_u8; 1\.json: basicsr_y"):
        rank_all(none_shared)


def test_results_without_ground_truth_cannot_be_ranked():
    blind = results("A", 31.0, protocols=())
    with pytest.raises(DataError, match=r"0\.json: none"):
        rank_all(numbered(blind))


def test_a_result_given_twice_counts_once():
    rows = [results("A", 31.0, sha="a"), results(RAINY_INPUT, 25.0), results("B", 30.0, sha="b")]
    again = [results("A", 31.0, sha="a"), results(RAINY_INPUT, 25.0, settings={"device": "cpu"})]
    assert order(rank(numbered(*rows, *again), "rgb_u8")) == [
        (1, "A"),
        (2, "B"),
        (None, RAINY_INPUT),
    ]


def test_a_result_of_more_processes_is_the_same_result():
    rows = [
        results(
            "A", 31.0, sha="a", settings={"device": "cpu", "processes": count, "threads": count}
        )
        for count in (1, 2)
    ]
    assert order(rank(numbered(*rows), "rgb_u8")) == [(1, "A")]
    other = results("A", 31.0, sha="a", settings={"device": "cuda", "processes": 1})
    assert order(rank(numbered(*rows, other), "rgb_u8")) == [(1, "A"), (1, "A")]


def test_two_checkpoints_of_a_method_are_told_apart():
    rows = numbered(results("A", 31.0, sha="a"), results("A", 30.0, sha="b"), results("B", 29.0))
    assert order(rank(rows, "rgb_u8")) == [(1, "A (aaaaaaaa)"), (2, "A (bbbbbbbb)"), (3, "B")]


def test_one_method_with_two_numbers_is_refused():
    rows = numbered(results("A", 31.0, sha="a"), results("A", 30.0, sha="a"))
    with pytest.raises(DataError, match=r"0\.json and 1\.json hold different numbers .* 'A'"):
        rank(rows, "rgb_u8")


def ensemble_table():
    settings = {"device": "cpu", "dtype": "float32", "tile": None, "ensemble": False}
    cost = {"parameters": 6422547, "macs_per_pixel": 1117201.0, "seconds_per_image": 0.1234}
    rows = numbered(
        results("A|B", 31.006, 0.90126, sha="a", settings=settings, cost=cost),
        results("A|B", 32.0, sha="a", settings=settings | {"ensemble": True, "tile": 128}),
        results(RAINY_INPUT, 25.0),
    )
    return make_sections(rank_all(rows))


def test_markdown_has_protocol_and_test_set_beside_the_numbers():
    text = markdown(ensemble_table())
    assert text.startswith("## rain100l, protocol rgb_u8\n\n2 images, fingerprint 111111111111\n\n")
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in table}) == 1
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    assert cells[0] == [
        "rank",
        "method",
        "PSNR (dB), rgb_u8",
        "SSIM, rgb_u8",
        "over rainy input (dB)",
        "over the next (dB)",
        "p",
        "parameters",
        "MAC/pixel",
        "s/image",
        "run with",
    ]
    # Student's t with one degree of freedom: 12.71 times the standard error of 1 dB.
    assert cells[2][:5] == ["1", "A\\|B", "32.00 ± 12.71", "0.9000 ± 0.0000", "+7.00"]
    assert cells[2][-1] == "cpu, float32, tiles of 128, self-ensemble"
    assert cells[3] == [
        *["2", "A\\|B", "31.01 ± 12.71", "0.9013 ± 0.0000", "+6.01", "+6.01", "0.5"],
        *["6,422,547", "1,117,201", "0.123", "cpu, float32"],
    ]
    assert cells[4] == ["–", "Rainy input", "25.00 ± 12.71", "0.9000 ± 0.0000", *[""] * 7]


def test_columns_that_nobody_fills_are_left_out():
    header = markdown(make_sections(rank_all(numbered(results("A", 31.0))))).splitlines()[4]
    assert [cell.strip() for cell in header.split("|")[1:-1]] == [
        "rank",
        "method",
        "PSNR (dB), rgb_u8",
        "SSIM, rgb_u8",
    ]


def test_csv_has_the_full_numbers_and_whose_they_are():
    rows = list(csv.DictReader(io.StringIO(to_csv(ensemble_table()))))
    assert [row["psnr"] for row in rows] == ["32.0", "31.006", "25.0"]
    assert [row["rank"] for row in rows] == ["1", "2", ""]
    for row in rows:
        assert (row["dataset"], row["num_images"], row["protocol"]) == ("rain100l", "2", "rgb_u8")
        assert row["fingerprint"] == "1" * 64
    assert rows[1]["parameters"] == "6422547"
    assert rows[1]["checkpoint_sha256"] == "a" * 64
