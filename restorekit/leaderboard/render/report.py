"""A report of any subject: chapters with tables, figures and sentences.

Markdown, LaTeX and the HTML page each write it in their own way. In sentences, text between
backticks is code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .cells import Column


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: The columns.
        title: What distinguishes it from the other tables of its chapter; may be empty.
    """

    columns: tuple[Column, ...]
    title: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        caption: The sentences below it.
        png: Its pixels as a PNG file, which the page embeds.
        files: Names of its files beside the report, such as PNG, SVG and PDF.
    """

    caption: str
    png: bytes
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A part of a report.

    Attributes:
        title: Its heading.
        lead: The sentences above its tables.
        tables: Its tables.
        figures: Its figures.
        notes: The paragraphs below.
    """

    title: str
    lead: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A report.

    Attributes:
        title: Its title.
        lead: The sentence below the title.
        chapters: Its parts.
        notes: The paragraphs at the end.
    """

    title: str
    lead: str
    chapters: tuple[Chapter, ...]
    notes: tuple[str, ...] = ()


def with_code(text: str, words: Callable[[str], str], code: Callable[[str], str]) -> str:
    """Write a sentence, its words by one function and what is between backticks by another.

    Both get text without spaces at its ends.
    """
    written = []
    for index, part in enumerate(re.split(r"`([^`]+)`", text)):
        core = part.strip()
        before, after = (part[:1].isspace(), part[-1:].isspace()) if core else (bool(part), False)
        inner = (code if index % 2 else words)(core) if core else ""
        written.append(f"{' ' * before}{inner}{' ' * after}")
    return "".join(written)
