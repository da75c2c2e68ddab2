"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        subject: What was looked at.
        state: ``ok``, ``note`` (it works and could be better) or ``problem`` (it is broken).
        about: What was found.
        remedy: What to do; empty if nothing is to be done.
    """

    subject: str
    state: Literal["ok", "note", "problem"]
    about: str
    remedy: str = ""
