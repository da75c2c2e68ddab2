"""Write a trained network as one file that states where it comes from and what it scores.

The file holds weights and plain facts only. FACTS is a YAML file with the keys summary, licence
and trained_on (a list of name, images, licences and listing), and perhaps recipe, seed and card.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins

if TYPE_CHECKING:
    from restorekit.evaluation.schema import Results
    from restorekit.hub.index import Measured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit publish``."""
    parser.add_argument("checkpoint", type=Path, help="checkpoint of a training, or a network file")
    parser.add_argument(
        "-o", "--out", required=True, type=Path, metavar="F", help="the file, .safetensors"
    )
    parser.add_argument(
        "--facts", required=True, type=Path, metavar="F", help="what only you know (YAML)"
    )
    parser.add_argument(
        "--results",
        action="append",
        default=[],
        metavar="F",
        help="results.json of this checkpoint, or rainy_input.json of the same test set, whose "
        "means become facts of the file; repeatable",
    )
    add_plugin(parser, "a network")


def run(args: argparse.Namespace) -> None:
    """Publish, and print the file with its hash."""
    from restorekit.catalog.files import read_yaml
    from restorekit.evaluation.results import read_results
    from restorekit.hub.publish import Card, publish_file
    from restorekit.io.files import require_writable, sha256

    load_plugins(args)
    require_writable(args.out, "-o", example="network.safetensors")
    card = read_yaml(args.facts, Card)
    results = {path: read_results(path) for path in args.results}
    measured = measured_of(results, args.checkpoint)
    publish_file(args.checkpoint, args.out, card, measured)
    sys.stdout.write(f"{args.out}\nsha256: {sha256(args.out)}\nsize: {args.out.stat().st_size}\n")


def measured_of(results: dict[str, Results], checkpoint: Path) -> list[Measured]:
    """Return the means of results files, one record for each test set and protocol.

    Args:
        results: The results by their files.
        checkpoint: The checkpoint that they have to be of.

    Raises:
        DataError: If one is of another checkpoint.
    """
    from restorekit.errors import DataError
    from restorekit.evaluation.schema import RAINY_INPUT
    from restorekit.hub.index import Measured
    from restorekit.io.files import sha256

    restored = [(path, one) for path, one in results.items() if one.method != RAINY_INPUT]
    inputs = {one.dataset.fingerprint: one for one in results.values() if one.method == RAINY_INPUT}
    digest = sha256(checkpoint) if restored else ""
    records = []
    for path, one in restored:
        if one.checkpoint is None or one.checkpoint.sha256 != digest:
            raise DataError(
                f"{path} was not measured with {checkpoint}: run `restorekit test CONFIG "
                f"{checkpoint}` and give its results.json."
            )
        dataset = one.dataset
        before = inputs.get(dataset.fingerprint)
        images = f"{dataset.num_images} image{'s' if dataset.num_images > 1 else ''}"
        data = f"{dataset.name} ({images}, fingerprint {dataset.fingerprint[:16]})"
        protocols = dict.fromkeys(_protocol(key) for key in one.measures)
        records += [
            Measured(
                data=data,
                protocol=protocol or "none",
                input={} if before is None else _means(before, protocol),
                restored=_means(one, protocol),
            )
            for protocol in protocols
        ]
    return records


def _protocol(key: str) -> str:
    """Return the protocol or variant in a key ``measure/protocol``."""
    return key.partition("/")[2]


def _means(results: Results, protocol: str) -> dict[str, float]:
    measures: Sequence[tuple[str, float]] = [
        (quantity.measure, quantity.mean)
        for key, quantity in results.measures.items()
        if _protocol(key) == protocol
    ]
    return dict(measures)
