#!/usr/bin/env python3
"""Writes docs/model_zoo.md from what the metafiles in configs/ say: model_zoo.py, no arguments."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from restorekit.files import write_text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "model_zoo.md"

_HEAD = """\
# Model zoo

Which methods there are, what their configs train, and what was published for them. This page is
written by `tools/model_zoo.py` from `configs/*/metafile.yml`: change those, then run it.

Published numbers are those of the source that is named, not measured here, and only numbers of the
same dataset version and the same protocol can be compared: [protocols.md](protocols.md),
[datasets.md](datasets.md). A converter turns the authors' checkpoints into ours by
`restorekit convert NAME IN OUT`: [checkpoints.md](checkpoints.md). MACs are multiply-accumulate
operations of convolutions and matrix products on one image of 256×256 pixels.
"""


def model_zoo(configs: str | os.PathLike[str]) -> str:
    """Return the page as Markdown, with links as from a folder beside ``configs``.

    Args:
        configs: The folder with a ``metafile.yml`` in a folder for each method.
    """
    zoo = [_read(path) for path in sorted(Path(configs).glob("*/metafile.yml"))]
    zoo.sort(key=lambda method: (method[0]["Paper"]["Year"], method[0]["Name"]))
    overview = _table(
        ("method", "paper", "year", "parameters", "MACs", "converter"),
        (_overview_row(*method) for method in zoo),
    )
    return "\n".join([_HEAD, overview, *(_section(*method) for method in zoo)])


def _read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the collection and the models of a metafile, every number as it is spelled."""
    # Plain strings: as a number, the SSIM 0.9040 would lose a digit that was published.
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return content["Collections"][0], content["Models"]


def _overview_row(collection: dict[str, Any], models: list[dict[str, Any]]) -> Iterable[str]:
    paper = collection["Paper"]
    # The first model is the method as in its paper; variants come after.
    return (
        f"[{collection['Name']}](#{collection['Name'].lower()})",
        f"[{paper['Title']}]({paper['URL']})",
        f"{paper['Year']} ({paper['Venue']})",
        _parameters(models[0]),
        _macs(models[0]),
        f"`{collection['Converter']}`" if "Converter" in collection else "–",
    )


def _section(collection: dict[str, Any], models: list[dict[str, Any]]) -> str:
    name = collection["Name"]
    links = ", ".join(
        (
            f"[Model card](../{collection['README']})",
            f"[code](../{collection['Code']})",
            f"[released code]({collection['ReleasedCode']})",
        )
    )
    configs = _table(
        ("config", "parameters", "MACs", "recipe"),
        ((_config(m), _parameters(m), _macs(m), m["Recipe"]) for m in models),
    )
    published = _table(
        ("config", "dataset", "version", "protocol", "PSNR", "SSIM", "source"),
        (_published_row(m, p) for m in models for p in m.get("Published", ())),
    )
    return f"## {name}\n\n{links}.\n\n{configs}\nPublished:\n\n{published}".rstrip() + "\n"


def _published_row(model: dict[str, Any], numbers: dict[str, str]) -> Iterable[str]:
    version, protocol = numbers.get("Version", "–"), f"`{numbers['Protocol']}`"
    measured = (numbers["PSNR"], numbers["SSIM"], numbers["Source"])
    return (_config(model), numbers["Dataset"], version, protocol, *measured)


def _config(model: dict[str, Any]) -> str:
    return f"[{model['Name']}](../{model['Config']})"


def _parameters(model: dict[str, Any]) -> str:
    return f"{int(model['Parameters']):,}"


def _macs(model: dict[str, Any]) -> str:
    return f"{int(model['MACs at 256x256']) / 1e9:.2f} G"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    write_text(PAGE, model_zoo(ROOT / "configs"))
