"""Measure a folder of images that any program restored, and write results.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.cli.measuring import (
    add_metrics,
    add_processes,
    add_protocols,
    chosen_measures,
    chosen_protocols,
    report_left_out,
    write_all,
)
from restorekit.errors import ConfigError
from restorekit.io.files import require_writable
from restorekit.io.terminal import counted, text_table

if TYPE_CHECKING:
    from restorekit.evaluation.results import MeasuredQuantity, Results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit evaluate``."""
    parser.add_argument("--pred", required=True, metavar="D", help="folder of restored images")
    parser.add_argument("--gt", metavar="D", help="folder of clean images")
    parser.add_argument(
        "--lq",
        metavar="D",
        help="folder of rainy images: they are measured too, and the results rank beside those of "
        "`restorekit test`",
    )
    parser.add_argument(
        "--pairs",
        default="auto",
        metavar="RULE",
        help="how the name of a restored image leads to its clean one: auto (default: an obvious "
        "way), same, prefix, or a template such as 'norain-{id}.png'",
    )
    add_protocols(
        parser,
        "measure against the clean images under this protocol; repeatable, or 'all' (default "
        "where --gt is given and no --metric)",
    )
    add_metrics(
        parser,
        "take this measure (default without --gt: one that needs no clean images); "
        "repeatable, `restorekit list measures` shows all",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="explain why the first protocol and each of the others differ on these images",
    )
    parser.add_argument(
        "--per-image", action="store_true", help="show the values of every image, not means only"
    )
    parser.add_argument("--method", metavar="NAME", help="name in tables (default: the folder's)")
    parser.add_argument(
        "--dataset", metavar="NAME", help="name of the test set, unless the catalog knows it"
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="results file; the rainy input's are written beside it as rainy_input.json",
    )
    add_processes(parser)
    add_plugin(parser, "protocols and measures")


def run(args: argparse.Namespace) -> None:
    """Measure, show the table, and write what was asked for."""
    from restorekit.evaluation.folder import evaluate_folder
    from restorekit.metrics.explain import Explanation
    from restorekit.metrics.measures import DEFAULT_WITHOUT_GT

    load_plugins(args)
    if args.out:
        require_writable(args.out, "--out", example="results.json")
    names, metrics = args.protocol, args.metric
    if not names and not metrics:
        names, metrics = (["all"], []) if args.gt else ([], [DEFAULT_WITHOUT_GT])
    protocols = chosen_protocols(names)
    explanations = []
    if args.explain:
        explanations = [Explanation.between(protocols[0], other) for other in protocols[1:]]
        if not explanations:
            raise ConfigError(
                "--explain compares protocols: give two or more with --protocol, or 'all'."
            )
    measured = {one.name: one for explained in explanations for one in explained.protocols()}
    report_left_out([args.pred], [args.gt, args.lq])
    evaluation = evaluate_folder(
        args.pred,
        args.gt,
        args.lq,
        pairing=args.pairs,
        protocols=protocols,
        extra_protocols=[one for one in measured.values() if one not in protocols],
        measures=chosen_measures(metrics),
        method=args.method,
        dataset=args.dataset,
        processes=args.processes,
    )
    out = Path(args.out or "results.json")
    results = {str(out): evaluation.results}
    if evaluation.rainy_input is not None:
        results[str(out.with_name("rainy_input.json"))] = evaluation.rainy_input
    if args.per_image:
        sys.stdout.write(f"\n{_images_table(evaluation.results)}")
    sys.stdout.write(f"\n{_table(list(results.values()))}\n")
    values: dict[str, dict[str, float]] = {}
    for image in evaluation.images:
        for key, value in image.pred.items():
            if not isinstance(value, str):
                values.setdefault(key, {})[image.name] = value
    sizes = [image.size for image in evaluation.images]
    for explained in explanations:
        sys.stdout.write(f"{explained.text(values, sizes)}\n\n")
    if args.out:
        write_all(results)
        sys.stdout.write(f"Results: {' and '.join(results)}\n")


def _images_table(results: Results) -> str:
    """Return the values, one line an image, one column a quantity."""
    from restorekit.metrics.measures import fine_digits

    columns = {
        (f"{one.label} {_taken(one)}" if one.variant else f"{one.title} {one.protocol or ''}"): {
            name: f"{value:.{fine_digits(one)}f}" for name, value in one.images.items()
        }
        for one in results.measures.values()
    }
    names = dict.fromkeys(name for values in columns.values() for name in values)
    rows = [[name, *(values.get(name, "–") for values in columns.values())] for name in names]
    title = ["image", *map(str.rstrip, columns)]
    return text_table(title, rows, right=range(1, len(title)))


def _taken(quantity: MeasuredQuantity) -> str:
    """Return the protocol or the variant, without which a number says nothing."""
    return quantity.protocol or (f"({quantity.variant})" if quantity.variant else "")


def _table(results: Sequence[Results]) -> str:
    """Return the means, one line a quantity, one column a method."""
    from restorekit.metrics.measures import fine_digits

    first = results[0]
    rows = []
    for key, one in first.measures.items():
        found = [result.measures.get(key) for result in results]
        rows.append(
            [
                one.protocol or f"{one.measure} {_taken(one)}".rstrip(),
                one.title,
                *("–" if r is None else f"{r.mean:.{fine_digits(r)}f}" for r in found),
            ]
        )
    title = ["protocol", "measure", *(result.method for result in results)]
    dataset = first.dataset
    version = f" ({dataset.version})" if dataset.version else ""
    lines = [
        f"{dataset.name}{version}: {counted(dataset.num_images, 'image')}, fingerprint "
        f"{dataset.fingerprint[:12]}\n\n",
        text_table(title, rows, right=range(2, len(title))),
    ]
    for result in results:
        for measured in result.measures.values():
            left_out = measured.left_out
            if left_out:
                image, reason = next(iter(left_out.items()))
                lines.append(
                    f"\n{measured.label} of {result.method} is the mean of "
                    f"{len(measured.images)} images; {len(left_out)} have none: {image}: "
                    f"{reason}\n"
                )
    return "".join(lines)
