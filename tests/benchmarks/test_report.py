from __future__ import annotations

import argparse
import json
from functools import partial

import contenders
import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.timing import Round

BENCHMARK = report.Benchmark(
    name="naps",
    title="4 naps",
    contenders={
        "short": partial(contenders.sleeps, 0.02),
        "long": partial(contenders.sleeps, 0.08),
    },
    comparisons=[("short", "long"), ("short", "not there")],
    unit="nap",
    units=4,
    show_memory=True,
)


def arguments(*options):
    parser = argparse.ArgumentParser()
    report.add_arguments(parser, rounds=2)
    report.add_device_argument(parser)
    return parser.parse_args(options)


def test_times_and_ratios_are_printed_and_written(tmp_path, capsys):
    file = tmp_path / "naps.json"
    found = report.run(arguments("--json", str(file)), BENCHMARK)
    assert json.loads(file.read_text()) == found
    assert found["benchmark"] == "naps"
    assert found["settings"] == {"rounds": 2, "threads": None, "device": "cpu"}
    assert {"torch", "cpu_count", "processor"} <= set(found["environment"])
    short = found["contenders"]["short"]
    # Four naps a round.
    assert 0.005 <= short["seconds"] < 0.02
    assert len(short["rounds"]) == 2
    (ratio,) = found["ratios"]
    assert (ratio["ours"], ratio["reference"]) == ("short", "long")
    assert 0 < ratio["lowest"] <= ratio["time"] <= ratio["highest"] < 1
    text = capsys.readouterr().out
    assert "4 naps; medians of 2 interleaved rounds" in text
    assert "ms a nap" in text
    assert "memory, MB" in text
    assert "short / long" in text
    assert f"{ratio['time']:.3f}" in text
    assert f"Results: {file}" in text


def test_ratios_are_of_rounds_that_ran_together():
    ours = [Round(seconds, 0) for seconds in (1.0, 10.0, 2.0)]
    other = [Round(seconds, 0) for seconds in (2.0, 40.0, 4.0)]
    ratio = report._ratio("ours", "other", ours, other)
    assert (ratio["time"], ratio["lowest"], ratio["highest"]) == (0.5, 0.25, 0.5)


def test_memory_on_a_gpu_is_shown_where_there_is_one():
    found = {
        "ours": [Round(1.0, 0, 2**20), Round(2.0, 2**22, 2**21)],
        "other": [Round(1.0, 0, 2**23), Round(2.0, 0, 2**22)],
    }
    results = report._results(arguments(), BENCHMARK, found)
    assert results["contenders"]["ours"]["memory_mb"] == 4
    assert results["contenders"]["ours"]["device_memory_mb"] == 2
    assert results["contenders"]["other"]["device_memory_mb"] == 8
    assert "on the GPU, MB" in report._text(results, show_memory=True)
    assert "MB" not in report._text(results, show_memory=False)


@pytest.mark.parametrize("option", ["--rounds", "--threads"])
def test_numbers_that_cannot_be_used(option, capsys):
    assert main(["metrics", option, "0"]) == 2
    assert f"{option} is 0, but must be at least 1" in capsys.readouterr().err
