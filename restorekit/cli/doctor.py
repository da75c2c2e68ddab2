"""Look whether this machine is ready: packages, devices, disk, loading, several processes."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from restorekit.doctor import CHECKS, Finding
from restorekit.errors import ConfigError
from restorekit.io.terminal import text_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit doctor``."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> None:
    """Print what is found.

    Raises:
        ConfigError: If something is broken.
    """
    findings = [finding for check in CHECKS for finding in check()]
    if args.json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        sys.stdout.write(_text(findings))
    problems = [finding for finding in findings if finding.state == "problem"]
    if problems:
        raise ConfigError(
            f"{len(problems)} of {len(findings)} things are broken; the first: "
            f"{problems[0].subject}: {problems[0].about}. {problems[0].remedy}".rstrip()
        )


def _text(findings: list[Finding]) -> str:
    rows = [[one.subject, one.state, one.about, one.remedy] for one in findings]
    return text_table(["what", "state", "found", "what to do"], rows)
