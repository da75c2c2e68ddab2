"""Write a trained network as one file that states where it comes from and what it scores.

The file holds weights and plain facts only. FACTS is a YAML file with the keys summary, licence
and trained_on (a list of name, images, licences and listing), and perhaps recipe, seed and card; a
network file that states its facts needs none. With --index, the file goes into weights/ beside the
index, which gives it a name for --model; the environment variable RESTOREKIT_HUB makes the index
known.
"""

from __future__ import annotations

import argparse
import json
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
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("-o", "--out", type=Path, metavar="F", help="the file, .safetensors")
    target.add_argument(
        "--index", type=Path, metavar="F", help="an index (YAML) to name it in; made if missing"
    )
    parser.add_argument("--name", help="what --model will call it; with --index")
    parser.add_argument("--facts", type=Path, metavar="F", help="what only you know (YAML)")
    parser.add_argument(
        "--results",
        action="append",
        default=[],
        metavar="F",
        help="results.json of this checkpoint, or rainy_input.json of the same test set, whose "
        "means become facts of the file; repeatable",
    )
    parser.add_argument(
        "--measured",
        type=Path,
        metavar="F",
        help="other numbers: a JSON list of objects with data, protocol, input and restored",
    )
    add_plugin(parser, "a network")


def run(args: argparse.Namespace) -> None:
    """Publish, and print the file with its hash.

    Raises:
        ConfigError: If --index and --name are not given together.
    """
    from restorekit.catalog.files import read_yaml
    from restorekit.errors import ConfigError
    from restorekit.hub.index import Facts
    from restorekit.hub.publish import publish_file, publish_in_index
    from restorekit.io.files import require_writable, sha256

    load_plugins(args)
    if (args.index is None) != (args.name is None):
        raise ConfigError(
            "--index and --name belong together: the index gives the network its name."
        )
    facts = None if args.facts is None else read_yaml(args.facts, Facts)
    measured = _numbers(args)
    if args.index is not None:
        file = publish_in_index(args.checkpoint, args.index, args.name, facts, measured)
    else:
        file = args.out
        require_writable(file, "-o", example="network.safetensors")
        publish_file(args.checkpoint, file, facts, measured)
    sys.stdout.write(f"{file}\nsha256: {sha256(file)}\nsize: {file.stat().st_size}\n")


def _numbers(args: argparse.Namespace) -> list[Measured] | None:
    """Return the numbers that are given, or None without any.

    Raises:
        DataError: If a file cannot be read or does not fit.
    """
    from restorekit.errors import DataError
    from restorekit.evaluation.results import read_results
    from restorekit.hub.index import Measured
    from restorekit.io.records import to_record

    if not args.results and args.measured is None:
        return None
    numbers = measured_of({path: read_results(path) for path in args.results}, args.checkpoint)
    if args.measured is not None:
        try:
            content = json.loads(args.measured.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"--measured {args.measured} cannot be read: {error}.") from error
        numbers += to_record(content, list[Measured], str(args.measured))
    return numbers


def measured_of(results: dict[str, Results], checkpoint: Path) -> list[Measured]:
    """Return the means of results files, one record for each test set and protocol.

    Args:
        results: The results by their files.
        checkpoint: The checkpoint that they have to be of.

    Raises:
        DataError: If one is of another checkpoint.
    """
    from restorekit.checkpoints.io import require_file
    from restorekit.errors import DataError
    from restorekit.evaluation.schema import RAINY_INPUT
    from restorekit.hub.index import Measured
    from restorekit.io.files import sha256

    restored = [(path, one) for path, one in results.items() if one.method != RAINY_INPUT]
    inputs = {one.dataset.fingerprint: one for one in results.values() if one.method == RAINY_INPUT}
    digest = sha256(require_file(checkpoint)) if restored else ""
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
