"""Where each file of the repository stands on the site, and links between them."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: Files outside docs/ that are pages of their own, and where.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)(?P<target>[^)\s#]+)(?=[)#\s])")
#: A link whose text is the name of a file, as is usual on GitHub.
_FILE_LINK = re.compile(r"\[(?:[\w.-]+/)*[\w.-]+\.md\]\((?P<target>[^)\s#:]+\.md)(?=[)#])")


def place_of(path: str) -> str:
    """Return the page, or the file of docs/, that stands for a file of the repository."""
    if path.startswith("docs/"):
        # Of the scripts of the gallery, the pages that show them.
        return re.sub(r"^docs/(gallery/\w+)\.py$", r"docs/\1.md", path).removeprefix("docs/")
    card = re.fullmatch(r"configs/([^/]+)/README\.md", path)
    return PAGES.get(path) or (f"methods/{card[1]}.md" if card else f"source/{path}.md")


def rewrite(text: str, origin: str, page: str) -> str:
    """Return Markdown whose relative links fit the site; file names become titles of pages.

    Args:
        text: Markdown of a file of the repository.
        origin: The file that its links are relative to.
        page: Where it stands on the site.
    """

    def linked(found: re.Match[str]) -> str:
        place = place_of(_resolve(found["target"], origin))
        return posixpath.relpath(place, posixpath.dirname(page) or ".")

    def titled(found: re.Match[str]) -> str:
        title = _title(_resolve(found["target"], origin))
        return f"[{title}]({found['target']}" if title else found[0]

    return "".join(
        part if is_code else _LINK.sub(linked, _FILE_LINK.sub(titled, part))
        for is_code, part in _split_code(text)
    )


def linked_files(text: str, origin: str) -> set[str]:
    """Return the files of the repository that Markdown links to."""
    return {
        _resolve(found["target"], origin)
        for is_code, part in _split_code(text)
        if not is_code
        for found in _LINK.finditer(part)
    }


def sources(origins: Mapping[str, str]) -> dict[str, str]:
    """Return a page for each file that is linked to and is none itself: its text by its path.

    Args:
        origins: Markdown by the file of the repository that it is of.
    """
    linked = set().union(*(linked_files(text, origin) for origin, text in origins.items()))
    outside = {path for path in linked if place_of(path).startswith("source/")}
    return {path: _source_page(path) for path in sorted(outside) if (ROOT / path).is_file()}


def _title(path: str) -> str | None:
    """Return the title of a page; None if there is none."""
    file = ROOT / path
    if not file.is_file():
        return None
    found = re.search(r"^# (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


def _source_page(path: str) -> str:
    language = {".py": "python", ".yml": "yaml", ".sh": "bash"}.get(Path(path).suffix, "text")
    content = (ROOT / path).read_bytes()
    try:
        text = content.decode("utf-8").rstrip("\n")
    except UnicodeDecodeError:
        text = f"A binary file of {len(content):,} bytes, in the repository."
    # Longer than any fence in the file itself.
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    head = f"---\nsearch:\n  exclude: true\nhide: [toc]\n---\n\n# {Path(path).name}\n\n`{path}`\n\n"
    return f"{head}{fence}{language}\n{text}\n{fence}\n"


def _resolve(target: str, origin: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))


def _split_code(text: str) -> Iterator[tuple[bool, str]]:
    end = 0
    for fence in _FENCE.finditer(text):
        yield False, text[end : fence.start()]
        yield True, fence[0]
        end = fence.end()
    yield False, text[end:]
