"""Errors of records name the file, the key and the value; msgspec itself decides what fits."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from restorekit.errors import DataError
from restorekit.io.records import to_record


class Inner(Struct, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=0)]


class Outer(Struct):
    by_name: dict[Annotated[str, Meta(pattern="^[a-z]+$")], Inner]
    several: tuple[Inner, ...] = ()


def test_what_fits_is_converted():
    record = to_record({"by_name": {"a": {"number": 3}}, "more": 1}, Outer, "f")
    assert record == Outer({"a": Inner(3)})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], ["the file", "[]"]),
        ({}, ["by_name", "missing"]),
        ({"by_name": {"a": {"number": 1}, "b": {"number": "2"}}}, ["by_name.b.number", "'2'"]),
        ({"by_name": {"a": {"number": -1}}}, ["by_name.a.number", "-1", "0 or more"]),
        ({"by_name": {"a": {"number": 1}, "B2": {"number": 1}}}, ["by_name.B2", "'B2'"]),
        (
            {"by_name": {}, "several": [{"number": 1}, {"numbr": 1}]},
            ["several.1.numbr", "'number'"],
        ),
        ({"by_name": {"a": {}}}, ["by_name.a.number", "missing"]),
        ({"by_name": {"\ud800": {"number": 1}}}, [r"'\ud800'"]),
        ({"\ud800": 1}, [r"'\ud800'"]),
    ],
)
def test_what_does_not_fit_is_named(content, words):
    with pytest.raises(DataError) as caught:
        to_record(content, Outer, "file.yml")
    assert all(word in str(caught.value) for word in ["file.yml", *words]), caught.value
