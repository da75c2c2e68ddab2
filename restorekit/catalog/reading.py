"""Reading the files of the catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from restorekit.errors import did_you_mean

from .fields import Fields
from .records import (
    Distribution,
    KnownDataset,
    KnownFingerprint,
    Layout,
    Place,
    Size,
    Split,
    SplitVersion,
)

LAYOUTS_FILE = "layouts.yml"
_KINDS = (("lq", "gt"), ("side_by_side",), ("list",), ("images",))
_SPLITS = ("train", "val", "test")
_FORMATS = ("", "PNG", "JPEG")


def read_layouts(file: Path) -> dict[str, Layout]:
    """Read ``layouts.yml``.

    Raises:
        DataError: If it cannot be used; the message names the file and the key.
    """
    whole = Fields.read(file)
    return {name: _layout(name, whole.one(name)) for name in whole.keys}


def read_dataset(file: Path, layouts: Mapping[str, Layout]) -> KnownDataset:
    """Read the file of a dataset.

    Raises:
        DataError: If it cannot be used; the message names the file and the key.
    """
    fields = Fields.read(file)
    name, version = fields.text("name"), fields.text("version", "")
    dataset_id = "-".join(filter(None, [name, version]))
    if file.stem != dataset_id:
        fields.fail("name", f"and version make {dataset_id!r}, and so must its file be called")
    splits = {key: _split(key, one, version) for key, one in fields.sub("splits")}
    if not splits:
        fields.fail("splits", "must name at least one")
    dataset = KnownDataset(
        id=dataset_id,
        name=name,
        version=version,
        title=fields.text("title"),
        folder=fields.text("folder", dataset_id),
        splits=splits,
        distributions=tuple(_distribution(one, layouts) for one in fields.each("distributions")),
        fingerprints=tuple(
            _fingerprint(one, version, splits) for one in fields.each("fingerprints")
        ),
        aliases=fields.texts("aliases"),
        paired=fields.flag("paired", True),
        format=_one_of(fields, "format", _FORMATS),
        paper=fields.text("paper"),
        get=fields.texts("get"),
        licence=fields.text("licence", ""),
        protocol=fields.text("protocol", ""),
        train_on=fields.texts("train_on"),
        notes=fields.texts("notes"),
        sources=fields.texts("sources"),
    )
    if not dataset.sources:
        fields.fail("sources", "is missing: say where the facts are known from")
    fields.done()
    return dataset


def _layout(name: str, fields: Fields) -> Layout:
    kinds = [keys for keys in _KINDS if any(fields.has(key) for key in keys)]
    if len(kinds) != 1:
        fields.fail("", "must have lq and gt, or one of side_by_side, list and images")
    values = {key: fields.text(key) for key in kinds[0]}
    layout = Layout(name=name, about=fields.text("about"), **values)
    if layout.side_by_side:
        _one_of(fields, "side_by_side", ("left", "right"))
    if layout.lq.count("{id}") != layout.gt.count("{id}") or layout.lq.count("{id}") > 1:
        fields.fail("gt", "must have {id} in it, once, if lq has it, and only then")
    fields.done()
    return layout


def _split(name: str, fields: Fields, version: str) -> Split:
    if name not in _SPLITS:
        fields.fail("", f"is no split: use one of {', '.join(_SPLITS)}")
    own = replace(_version(fields), version=version)
    others = []
    for one in fields.each("also"):
        others.append(replace(_version(one), version=one.text("version", version)))
        one.done()
    split = Split(name, (own, *others), _range(fields, "clean"))
    fields.done()
    return split


def _version(fields: Fields) -> SplitVersion:
    return SplitVersion(
        version="",
        pairs=fields.count("pairs"),
        sizes=tuple(_size(fields, text) for text in fields.texts("sizes")),
        duplicates=fields.count("duplicates", 0),
        about=fields.text("about", ""),
    )


def _distribution(fields: Fields, layouts: Mapping[str, Layout]) -> Distribution:
    places = {}
    for split, one in fields.sub("splits"):
        names = one.texts("layout")
        for name in names:
            if name not in layouts:
                one.fail("layout", f"is {name!r}, which is no layout.{did_you_mean(name, layouts)}")
        places[split] = Place(tuple(layouts[name] for name in names), one.texts("folders"))
        one.done()
    distribution = Distribution(fields.text("name"), places, fields.text("source"))
    fields.done()
    return distribution


def _fingerprint(fields: Fields, version: str, splits: Mapping[str, Split]) -> KnownFingerprint:
    known = KnownFingerprint(
        split=_one_of(fields, "split", tuple(splits)),
        version=fields.text("version", version),
        pairs=fields.count("pairs"),
        sha256=fields.text("sha256"),
        source=fields.text("source"),
    )
    if not re.fullmatch("[0-9a-f]{64}", known.sha256):
        fields.fail("sha256", f"must be 64 hexadecimal digits, not {known.sha256!r}")
    expected = [v.pairs for v in splits[known.split].versions if v.version == known.version]
    if known.pairs not in expected:
        fields.fail("pairs", f"is {known.pairs}, but the split has {expected} in that version")
    fields.done()
    return known


def _one_of(fields: Fields, key: str, allowed: tuple[str, ...]) -> str:
    value = fields.text(key, "" if "" in allowed else None)
    if value not in allowed:
        fields.fail(key, f"is {value!r}, but must be one of {', '.join(filter(None, allowed))}")
    return value


def _size(fields: Fields, text: str) -> Size:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        fields.fail("sizes", f"has {text!r}, which is not of the form 481x321")
    return int(found[1]), int(found[2])


def _range(fields: Fields, key: str) -> tuple[int, int] | None:
    text = fields.text(key, "")
    if not text:
        return None
    found = re.fullmatch(r"(\d+)-(\d+)", text)
    if found is None:
        fields.fail(key, f"is {text!r}, which is not of the form 1-900")
    return int(found[1]), int(found[2])
