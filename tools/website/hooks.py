"""What the site has beyond the files of docs/: pages made from the catalog, parsers and docstrings.

MkDocs calls these functions while it builds (https://www.mkdocs.org/user-guide/plugins/#events).
"""

import re
from typing import Any

from api_pages import MODULES, api_pages
from command_pages import command_pages
from gallery_pages import examples, gallery_pages, title_and_text
from links import PAGES, ROOT, rewrite, sources
from lists import indent_lists
from method_pages import OTHER_CARDS, method_pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

from restorekit.catalog import all_methods
from restorekit.cli.main import COMMANDS

_CODE = re.compile(r"<code>[^<]*</code>")


def on_config(config: MkDocsConfig) -> None:
    """Put the made pages where the navigation names them with a star."""
    config.nav = _expanded(config.nav)
    # GitHub's anchors, so that links work there and here.
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the made pages, and one for each file of the repository that a page links to."""
    made = {
        place: (path, (ROOT / path).read_text(encoding="utf-8"))
        for path, place in PAGES.items()
        if files.get_file_from_path(place) is None
    }
    made |= method_pages() | gallery_pages()
    written = {f"docs/{file.src_uri}": file.content_string for file in files.documentation_pages()}
    origins = written | dict(made.values())
    pages = {place: rewrite(text, path, place) for place, (path, text) in made.items()}
    pages |= {f"source/{path}.md": text for path, text in sources(origins).items()}
    for place, text in {**pages, **command_pages(), **api_pages()}.items():
        files.append(File.generated(config, place, content=text))


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Let links lead to the pages that stand for files, and lists look as on GitHub."""
    place = page.file.src_uri
    if place.startswith("source/"):
        return markdown
    linked = markdown if page.file.generated_by else rewrite(markdown, f"docs/{place}", place)
    return indent_lists(linked)


def on_page_content(html: str, **_: Any) -> str:
    """Take the backslash out of code in tables, as GitHub does."""
    return _CODE.sub(lambda code: code[0].replace("\\|", "|"), html)


def _expanded(nav: Any) -> Any:
    if isinstance(nav, dict):
        return {title: _expanded(inner) for title, inner in nav.items()}
    if isinstance(nav, list):
        return [one for inner in nav for one in _starred(inner)]
    return nav


def _starred(item: Any) -> list[Any]:
    if item == "methods/*":
        methods = sorted(all_methods().values(), key=lambda method: method.name.lower())
        named = {method.name: f"methods/{method.id}.md" for method in methods}
        named |= {title: f"methods/{card}.md" for card, title in OTHER_CARDS.items()}
    elif item == "gallery/*":
        named = {title_and_text(one)[0]: f"gallery/{one.stem}.md" for one in examples()}
    elif item == "reference/commands/*":
        named = {name: f"reference/commands/{name}.md" for name in COMMANDS}
    elif item == "reference/api/*":
        named = {title: f"reference/api/{name}.md" for name, (title, _) in MODULES.items()}
    else:
        return [_expanded(item)]
    return [{title: place} for title, place in named.items()]
