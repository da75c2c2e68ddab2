#!/usr/bin/env python3
"""Check a built site: check.py FOLDER.

Every link between its pages leads to a file, and to an anchor that is there; and no page loads
anything from another host. Exit status 1 if something was found.
"""

import posixpath
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes that make a browser load something, by element.
_LOADS = {
    "script": ("src",),
    "img": ("src",),
    "iframe": ("src",),
    "source": ("src",),
    "video": ("src",),
    "link": ("href",),
}
#: What a stylesheet loads.
_STYLE_LOADS = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"'\s]+")


class _Page(HTMLParser):
    """What a page links to, loads, and has anchors for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element's links and anchors."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        # Addresses of the site itself are for search engines; nothing loads them.
        if not (tag == "link" and values.get("rel") in {"canonical", "prev", "next"}):
            self.loads |= {values[name] for name in _LOADS.get(tag, ()) if name in values}


def findings(site: Path) -> Iterator[str]:
    """Yield what is wrong with a built site, a line for each."""

    @cache
    def page(path: Path) -> _Page:
        return _Page(path.read_text(encoding="utf-8"))

    for path in sorted(site.rglob("*.html")):
        where = path.relative_to(site).as_posix()
        for address in sorted(page(path).loads):
            if re.match(r"(https?:)?//", address):
                yield f"{where} loads {address} from another host"
        for address in sorted(page(path).links | page(path).loads):
            parts = urlsplit(address)
            # The page for missing addresses is shown at any of them, so its links are absolute.
            if parts.scheme or parts.netloc or where == "404.html":
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(where), parts.path))
            file = site / unquote(target) if parts.path else path
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file():
                yield f"{where} links to {address}, which is not there"
            elif _is_missing(parts.fragment, file, page):
                yield f"{where} links to {address}: no such anchor"
    for path in sorted(site.rglob("*.css")):
        for found in _STYLE_LOADS.finditer(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)} loads {found[0]}"


def _is_missing(fragment: str, file: Path, page: Callable[[Path], _Page]) -> bool:
    if not fragment or file.suffix != ".html":
        return False
    return unquote(fragment) not in page(file).anchors | {"__top"}


if __name__ == "__main__":
    wrong = list(findings(Path(sys.argv[1])))
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    sys.exit(bool(wrong))
