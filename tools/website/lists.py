"""Indent what belongs to a list item as Python-Markdown wants it: by four spaces."""

import re

_MARKER = re.compile(r"(?:[*-]|\d+\.) +(?=\S)")
_STEP = 4


def indent_lists(text: str) -> str:
    """Return Markdown in which every level of a list is indented by four spaces.

    GitHub takes the width of the marker, which is two for ``*`` and three for ``1.``.
    """
    lines: list[str] = []
    # For each open level of a list: the indent of its text here, and the one it gets.
    levels = [(0, 0)]
    fresh = in_fence = has_paragraphs = False
    for line in text.split("\n"):
        words = line.lstrip(" ")
        indent = len(line) - len(words)
        if not words:
            lines.append("")
            has_paragraphs |= len(levels) > 1
            continue
        if not in_fence:
            while len(levels) > 1 and indent < levels[-1][0]:
                levels.pop()
            # The first line under a marker shows how far its text is really indented.
            if fresh and len(levels) > 1 and indent - levels[-1][0] < _STEP:
                levels[-1] = (indent, levels[-1][1])
        here, wanted = levels[-1]
        moved = wanted + max(indent - here, 0)
        marker = None if in_fence else _MARKER.match(words)
        # After an item of several paragraphs, the next one needs an empty line before it.
        if marker and has_paragraphs and lines[-1]:
            lines.append("")
        lines.append(" " * moved + words)
        if marker:
            levels.append((indent + len(marker[0]), moved + _STEP))
            has_paragraphs = False
        fresh = bool(marker)
        if words.startswith("```"):
            in_fence = not in_fence
    return "\n".join(lines)
