"""Whether a results file says what it must, consistently; errors name the file and the key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

from restorekit.errors import DataError

SCHEMA = "restorekit.results/1"
_MEASURES = ("psnr", "ssim")
_COSTS = ("parameters", "macs_per_pixel", "seconds_per_image", "peak_memory_mb")


def check_results(results: Any, source: str) -> None:
    """Check the content of a results file.

    Args:
        results: The parsed content.
        source: The file it came from, for messages.

    Raises:
        DataError: At the first thing that is wrong.
    """
    check = _Checker(source)
    content = check.mapping(results, "the file")
    check.schema(content.get("schema"))
    check.text(content, "method")
    num_images = check.dataset(content)
    for key in ("config", "checkpoint"):
        if key in content:
            check.file_record(content, key)
    if "protocols" in content:
        check.protocols(content, num_images)
    for name, measure in check.optional_mapping(content, "no_reference").items():
        key = f"no_reference.{name}"
        check.measure(measure, key, num_images)
        check.text(measure, "variant", key)
    for name, value in check.optional_mapping(content, "cost").items():
        if name in _COSTS and not (_is_number(value) and 0 <= value < math.inf):
            check.fail(f"cost.{name}", f"must be a number, 0 or more, not {value!r}")
    for key in ("settings", "environment"):
        check.optional_mapping(content, key)


class _Checker:
    """Checks parts of one file; ``source`` is the file."""

    def __init__(self, source: str) -> None:
        self.source = source

    def fail(self, key: str, problem: str) -> None:
        raise DataError(f"{self.source}: {key} {problem}.")

    def mapping(self, value: Any, key: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.fail(key, f"must be a JSON object, not {_short(value)}")
        content: Mapping[str, Any] = value
        return content

    def optional_mapping(
        self, content: Mapping[str, Any], key: str, where: str = ""
    ) -> Mapping[str, Any]:
        return self.mapping(content[key], where + key) if key in content else {}

    def schema(self, value: Any) -> None:
        if value != SCHEMA:
            self.fail(
                "schema",
                f"must be {SCHEMA!r}, not {_short(value)}: this is no results file, or one of "
                "another version of restorekit",
            )

    def text(self, content: Mapping[str, Any], key: str, where: str = "") -> None:
        value = content.get(key)
        if not isinstance(value, str) or not value:
            self.fail(f"{where}.{key}".lstrip("."), f"must be a text, not {_short(value)}")

    def file_record(self, content: Mapping[str, Any], key: str) -> None:
        record = self.mapping(content[key], key)
        self.text(record, "path", key)
        self.text(record, "sha256", key)
        if not re.fullmatch(r"[0-9a-f]{64}", record["sha256"]):
            self.fail(f"{key}.sha256", f"must be 64 hex digits, not {_short(record['sha256'])}")

    def dataset(self, content: Mapping[str, Any]) -> int:
        dataset = self.mapping(content.get("dataset"), "dataset")
        self.text(dataset, "name", "dataset")
        self.text(dataset, "fingerprint", "dataset")
        if "version" in dataset:
            self.text(dataset, "version", "dataset")
        number = dataset.get("num_images")
        if not isinstance(number, int) or number < 1:
            self.fail("dataset.num_images", f"must be 1 or more, not {_short(number)}")
        for name, count in self.optional_mapping(dataset, "leaks", "dataset.").items():
            if not isinstance(count, int) or count < 1:
                self.fail(f"dataset.leaks.{name}", f"must be 1 or more, not {_short(count)}")
        return int(dataset["num_images"])

    def protocols(self, content: Mapping[str, Any], num_images: int) -> None:
        protocols = self.mapping(content["protocols"], "protocols")
        for name, value in protocols.items():
            key = f"protocols.{name}"
            measures = self.mapping(value, key)
            for measure in _MEASURES:
                if measure not in measures:
                    self.fail(f"{key}.{measure}", "is missing")
                self.measure(measures[measure], f"{key}.{measure}", num_images)
            if measures["psnr"]["images"].keys() != measures["ssim"]["images"].keys():
                self.fail(key, "must give psnr and ssim for the same images")

    def measure(self, value: Any, key: str, num_images: int) -> None:
        measure = self.mapping(value, key)
        images = self.mapping(measure.get("images"), f"{key}.images")
        for name, number in images.items():
            self.number(number, f"{key}.images[{name!r}]")
        left_out = self.optional_mapping(measure, "left_out", f"{key}.")
        if len(images) + len(left_out) != num_images or not images:
            without = f" ({len(left_out)} left out)" if left_out else ""
            self.fail(
                f"{key}.images",
                f"has {len(images)} images{without}, and dataset.num_images says {num_images}",
            )
        self.number(measure.get("mean"), f"{key}.mean")
        mean = math.fsum(images.values()) / len(images)
        if not math.isclose(measure["mean"], mean, rel_tol=1e-9, abs_tol=1e-6):
            self.fail(f"{key}.mean", f"is {measure['mean']}, and the mean of its images is {mean}")

    def number(self, value: Any, key: str) -> None:
        if not _is_number(value):
            self.fail(key, f"must be a number, not {_short(value)}")
        if not math.isfinite(value):
            self.fail(key, f"must be finite, not {value}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
