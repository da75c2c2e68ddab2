"""A page for each example of the gallery: its text, its picture, its code and what it prints."""

import ast
from pathlib import Path

from links import ROOT, place_of

GALLERY = ROOT / "docs" / "gallery"


def examples() -> list[Path]:
    """Return the scripts of the gallery, in order."""
    return sorted(GALLERY.glob("*.py"))


def title_and_text(script: Path) -> tuple[str, str]:
    """Return the title of an example, and the Markdown that explains it."""
    docstring = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    title, _, text = docstring.partition("\n\n")
    return title, text


def gallery_pages() -> dict[str, tuple[str, str]]:
    """Return a script and its page's text, by the page's place on the site."""
    origins = [(script, script.relative_to(ROOT).as_posix()) for script in examples()]
    return {place_of(origin): (origin, _page(script, origin)) for script, origin in origins}


def _page(script: Path, origin: str) -> str:
    title, text = title_and_text(script)
    _, _, code = script.read_text(encoding="utf-8").removeprefix('"""').partition('"""\n\n')
    printed = script.with_suffix(".txt").read_text(encoding="utf-8")
    return (
        f"# {title}\n\n{text}\n\n![{title}]({script.stem}.webp)\n\n"
        f'```python title="{origin}"\n{code}```\n\nIt prints:\n\n```text\n{printed}```\n'
    )
