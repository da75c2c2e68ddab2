#!/usr/bin/env python3
"""Writes docs/model_zoo.md from what the metafiles in configs/ say: model_zoo.py, no arguments."""

import os
from collections.abc import Iterable
from pathlib import Path

from restorekit.cli.model_zoo import Method, ZooConfig, read_zoo
from restorekit.io.files import write_text

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
operations of convolutions and matrix products on one image of 256×256 pixels, of the network as its
paper and the released code compute it; some are computed with fewer here.
"""


def model_zoo(configs: str | os.PathLike[str]) -> str:
    """Return the page as Markdown, with links as from a folder beside ``configs``.

    Args:
        configs: The folder with a ``metafile.yml`` in a folder for each method.
    """
    zoo = read_zoo(configs)
    overview = _table(
        ("method", "paper", "year", "parameters", "MACs", "converter"),
        (
            (
                f"[{method.name}](#{method.name.lower()})",
                f"[{method.paper}]({method.url})",
                f"{method.year} ({method.venue})",
                *_size(method.configs[0]),
                f"`{method.converter}`",
            )
            for method in zoo
        ),
    )
    return "\n".join([_HEAD, overview, *map(_section, zoo)])


def _section(method: Method) -> str:
    links = ", ".join(
        (
            f"[Model card](../{method.card})",
            f"[code](../{method.code})",
            f"[released code]({method.released_code})",
        )
    )
    configs = _table(
        ("config", "parameters", "MACs", "recipe"),
        ((_config(config), *_size(config), config.recipe) for config in method.configs),
    )
    published = _table(
        ("config", "dataset", "version", "protocol", "PSNR", "SSIM", "source"),
        (
            (
                _config(config),
                number.dataset,
                number.version,
                f"`{number.protocol}`",
                number.psnr,
                number.ssim,
                number.source,
            )
            for config in method.configs
            for number in config.published
        ),
    )
    return f"## {method.name}\n\n{links}.\n\n{configs}\nPublished:\n\n{published}".rstrip() + "\n"


def _config(config: ZooConfig) -> str:
    return f"[{config.name}](../{config.path})"


def _size(config: ZooConfig) -> tuple[str, str]:
    return f"{config.parameters:,}", f"{config.macs / 1e9:.2f} G"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    write_text(PAGE, model_zoo(ROOT / "configs"))
