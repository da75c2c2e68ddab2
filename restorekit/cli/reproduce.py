"""Check that everything a training depended on is at hand, train it again, and compare the weights.

Exit status 0: the weights are the same, bit for bit; 1: they differ; 2: it cannot be trained again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorekit.errors import ConfigError, DataError, RestoreKitError
from restorekit.io.terminal import counted

if TYPE_CHECKING:
    from restorekit.certificate import Certificate
    from restorekit.certificate.check import Difference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit reproduce``."""
    parser.add_argument("run", help="work folder of a training, or its run.json")
    parser.add_argument("--check", action="store_true", help="check only, and train nothing")
    parser.add_argument(
        "--work-dir",
        metavar="D",
        help="folder to train in; new or empty (default: <run>_again)",
    )
    # For the processes that this command starts.
    parser.add_argument(
        "--launcher", choices=("none", "pytorch"), default="none", help=argparse.SUPPRESS
    )


def run(args: argparse.Namespace) -> None:
    """Check, train and compare as ``args`` say."""
    import cv2

    from restorekit.certificate import find_certificate, read_certificate
    from restorekit.engine.reproduction import check_all, train_again

    # The check decodes images before the training forks its loaders, and a fork leaves OpenCV's
    # threads behind, for which its copy would wait without end.
    cv2.setNumThreads(0)
    file = find_certificate(args.run)
    certificate = read_certificate(file)
    folder = file.resolve().parent
    work_dir = Path(args.work_dir or folder.with_name(f"{folder.name}_again"))
    if args.launcher != "none":
        train_again(certificate, work_dir, args.launcher)
        return
    if not args.check:
        _require_new(work_dir)
    differences = check_all(certificate, folder)
    _show(certificate, differences)
    refused = [one for one in differences if one.refused]
    if refused:
        more = f"; {len(refused) - 1} more things are missing or differ" if refused[1:] else ""
        raise DataError(f"{args.run} cannot be trained again: {refused[0]}{more}.")
    if args.check:
        sys.stdout.write("Everything is at hand to train it again.\n")
        return
    _train(args, certificate, work_dir)
    _compare(args.run, certificate, folder, work_dir, [d for d in differences if not d.harmless])


def _require_new(work_dir: Path) -> None:
    if work_dir.exists() and (not work_dir.is_dir() or any(work_dir.iterdir())):
        raise ConfigError(f"--work-dir {work_dir} is not empty: name a new folder.")


def _show(certificate: Certificate, differences: Sequence[Difference]) -> None:
    legs = certificate.legs
    last = legs[-1].last or "?"
    sys.stdout.write(
        f"{last} iterations in {counted(len(legs), 'leg')}, seed "
        f"{certificate.seed}, {counted(legs[-1].processes, 'process')} with "
        f"{counted(legs[-1].threads, 'thread')} each\n"
    )
    for one in differences:
        kind = "refused" if one.refused else "note" if one.harmless else "warning"
        sys.stdout.write(f"{kind}: {one}\n")


def _train(args: argparse.Namespace, certificate: Certificate, work_dir: Path) -> None:
    from restorekit.engine.reproduction import start_processes, train_again

    leg = certificate.legs[-1]
    if leg.processes == 1:
        train_again(certificate, work_dir)
        return
    status = start_processes(
        ["reproduce", args.run, "--work-dir", str(work_dir)], leg.processes, leg.threads
    )
    if status == 130:
        raise KeyboardInterrupt
    if status:
        raise RestoreKitError(
            f"The {leg.processes} processes ended with status {status}; see their messages above."
        )


def _compare(
    run: str,
    certificate: Certificate,
    folder: Path,
    work_dir: Path,
    reasons: Sequence[Difference],
) -> None:
    """Say whether the weights are the same; end with status 1 if not."""
    from restorekit.certificate import read_certificate
    from restorekit.certificate.weights import compare_weights
    from restorekit.engine.reproduction import final_checkpoint

    again = read_certificate(work_dir)
    if certificate.outcome is None or again.outcome is None:
        raise DataError(f"{work_dir} has no completed training to compare.")
    if certificate.outcome.weights == again.outcome.weights:
        sys.stdout.write(
            f"The weights are those of {run}, bit for bit (sha256 {again.outcome.weights}).\n"
        )
        return
    before, after = (
        _weights(final_checkpoint(one, where))
        for one, where in ((certificate, folder), (again, work_dir))
    )
    sys.stdout.write(f"The weights differ from those of {run}")
    found = None if before is None or after is None else compare_weights(before, after)
    if found is None:
        sys.stdout.write("; by how much is unknown without its last checkpoint")
    else:
        sys.stdout.write(
            f" by at most {found.largest:.3g} (in {found.name}; {found.relative:.2g} of its "
            "largest value)"
        )
    named = ", ".join(dict.fromkeys(one.what for one in reasons))
    why = f"may come from: {named}" if named else "has no known reason: please report it"
    sys.stdout.write(f". This {why}.\n")
    sys.exit(1)


def _weights(content: Mapping[str, Any] | None) -> Any:
    return None if content is None else content["state_dict"]
