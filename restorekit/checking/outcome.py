"""How checks are run, and their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from restorekit.errors import RestoreKitError, one_line

_Part = TypeVar("_Part")
#: A check takes what it checks, and raises :class:`CheckError` with a sentence.
Check: TypeAlias = Callable[[_Part], None]


class CheckError(RestoreKitError):
    """A part does not do what every part of its kind must do."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check.

    Attributes:
        part: Name of the part.
        check: What it must do.
        failure: Why it fails; empty if it passes.
    """

    part: str
    check: str
    failure: str = ""


def run_checks(part: str, checks: Mapping[str, Check[_Part]], subject: _Part) -> list[Outcome]:
    """Run every check, even after others have failed.

    Args:
        part: Name of the part.
        checks: The checks, by what the part must do.
        subject: What each check takes.
    """
    outcomes = []
    for name, check in checks.items():
        failure = ""
        try:
            check(subject)
        except CheckError as error:
            failure = str(error)
        # A part may fail in any way, and the others are still checked.
        except Exception as error:
            failure = describe(error)
        outcomes.append(Outcome(part, name, failure))
    return outcomes


def describe(error: Exception) -> str:
    """Return the class and the message of an error in one line."""
    return f"{type(error).__name__}: {one_line(str(error)) or 'no message'}"


def require(condition: object, failure: str) -> None:
    """Raise :class:`CheckError` with ``failure`` unless ``condition`` holds."""
    if not condition:
        raise CheckError(failure)
