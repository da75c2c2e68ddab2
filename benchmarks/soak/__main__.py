"""Try thousands of malformed files: python -m benchmarks.soak --count 2000.

Each kind of file runs in its own process, so that a crash of the interpreter is noticed too. The
exit status is 0 if every file was read or refused in one sentence.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
from typing import Any

from .cases import ATTACKS
from .run import Outcome, run_attack

_HEADING = """\
| kind | tried | read | refused | tracebacks | executed | slowest | memory |
|---|--:|--:|--:|--:|--:|--:|--:|
"""


def main() -> int:
    """Run the attacks and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=ATTACKS, help="repeatable; default: all")
    args = parser.parse_args()
    sys.stdout.write(_HEADING)
    passed = True
    for name in args.kind or ATTACKS:
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(sender, name, args.count, args.seed))
        process.start()
        sender.close()
        try:
            outcome, megabytes = receiver.recv()
        except EOFError:
            process.join()
            sys.stdout.write(f"| {name} | ended with status {process.exitcode} |\n")
            passed = False
            continue
        process.join()
        passed &= outcome.passed
        sys.stdout.write(f"{_row(name, outcome, megabytes)}\n")
        sys.stdout.flush()
        for where, number in outcome.failures.most_common():
            sys.stderr.write(f"{name}: {number} × {where}\n")
    return 0 if passed else 1


def _run(sender: Any, name: str, count: int, seed: int) -> None:
    # Silence what image decoders print; Python's own errors still reach the terminal.
    sys.stderr = os.fdopen(os.dup(2), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    outcome = run_attack(name, count, seed)
    sender.send((outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def _row(name: str, outcome: Outcome, megabytes: int) -> str:
    cells = (
        name,
        f"{outcome.tried:,}",
        f"{outcome.read:,}",
        f"{outcome.refused:,}",
        f"{outcome.failures.total():,}",
        outcome.executed,
        f"{outcome.seconds:.1f} s",
        f"{megabytes:,} MB",
    )
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
