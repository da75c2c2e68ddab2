"""The documentation site: what is made for it, its navigation, and the check of its links."""

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest
import yaml

from restorekit.catalog import all_methods
from restorekit.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


@pytest.fixture
def website(monkeypatch):
    """Return a function that imports a script of tools/website, as MkDocs does."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "website"))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name in {path.stem for path in (ROOT / "tools" / "website").glob("*.py")}:
            del sys.modules[name]


def test_every_class_and_function_of_the_reference_has_an_example(website):
    # tests/test_docs.py runs them; those marked SKIP are not run and do not count.
    pages = website("api_pages")
    example = re.compile(r">>> (?!.*doctest: \+SKIP)")
    shown = {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for module in pages.MODULES
        for name in pages.public_names(module)
    }
    lacking = [
        name
        for name, one in shown.items()
        if (inspect.isclass(one) or inspect.isfunction(one))
        and not example.search(one.__doc__ or "")
    ]
    assert lacking == []


def navigated(nav):
    """Yield the pages of a navigation."""
    for item in nav:
        value = next(iter(item.values())) if isinstance(item, dict) else item
        if isinstance(value, list):
            yield from navigated(value)
        else:
            yield value


def test_navigation_has_every_page_once():
    listed = list(navigated(CONFIG["nav"]))
    assert len(listed) == len(set(listed))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert pages <= set(listed), "mkdocs.yml, nav"
    made = {"contributing.md", "changelog.md"}
    starred = {page for page in listed if page.startswith(("reference/", "methods/", "gallery/"))}
    assert set(listed) - pages <= made | starred


@pytest.mark.parametrize(
    ("target", "origin", "page", "expected"),
    [
        ("data.md#lmdb", "docs/training.md", "training.md", "data.md#lmdb"),
        ("../training.md", "docs/developer/soak.md", "developer/soak.md", "../training.md"),
        ("../configs/dcsfn/README.md", "docs/hub.md", "hub.md", "methods/dcsfn.md"),
        ("../ddn/README.md", "configs/ssir/README.md", "methods/ssir.md", "ddn.md"),
        ("../../docs/images/a.jpg", "configs/hub/README.md", "methods/hub.md", "../images/a.jpg"),
        ("docs/design.md#language", "CONTRIBUTING.md", "contributing.md", "design.md#language"),
        ("../setup.py", "docs/api.md", "api.md", "source/setup.py.md"),
        ("01_a.py", "docs/gallery/index.md", "gallery/index.md", "01_a.md"),
        ("https://doi.org/1", "docs/api.md", "api.md", "https://doi.org/1"),
        ("#here", "docs/api.md", "api.md", "#here"),
    ],
)
def test_links_lead_to_the_pages_that_stand_for_files(website, target, origin, page, expected):
    rewrite = website("links").rewrite
    assert rewrite(f"see [it]({target}).", origin, page) == f"see [it]({expected})."
    code = f"```python\nd[0]({target})\n```"
    assert rewrite(code, origin, page) == code


def test_a_file_name_as_text_of_a_link_becomes_the_title(website):
    rewrite = website("links").rewrite
    assert rewrite("[data.md](data.md#lmdb)", "docs/api.md", "api.md") == "[Data](data.md#lmdb)"
    text = "[docs/data.md](docs/data.md), [setup.py](setup.py)"
    expected = "[Data](data.md), [setup.py](source/setup.py.md)"
    assert rewrite(text, "CONTRIBUTING.md", "contributing.md") == expected


@pytest.mark.parametrize(
    ("github", "expected"),
    [
        ("* a\n  b\n\n  c\n\nd", "* a\n    b\n\n    c\n\nd"),
        (
            "1. a\n\n   ```text\n   x\n     y\n   ```\n",
            "1. a\n\n    ```text\n    x\n      y\n    ```\n",
        ),
        ("* a\n  * b\n    c\n* d", "* a\n    * b\n        c\n* d"),
        ("- a\n\n    b\n", "- a\n\n    b\n"),
        ("* a\n\n  b\n* c\n* d", "* a\n\n    b\n\n* c\n* d"),
        ("```text\n* a\n  b\n```", "```text\n* a\n  b\n```"),
        ("a\n\n    code\n", "a\n\n    code\n"),
    ],
)
def test_lists_are_indented_for_python_markdown(website, github, expected):
    indent_lists = website("lists").indent_lists
    assert indent_lists(github) == expected
    assert indent_lists(expected) == expected


def test_a_linked_file_becomes_a_page_with_its_text(website):
    (path, text), *others = website("links").sources({"docs/a.md": "[x](../setup.py)"}).items()
    assert path == "setup.py"
    assert others == []
    assert (ROOT / "setup.py").read_text(encoding="utf-8").strip() in text


def test_a_linked_binary_file_becomes_a_page_without_its_content(website):
    weights = "restorekit/hub/weights/derain-small.safetensors"
    pages = website("links").sources({"README.md": f"[weights]({weights})"})
    assert f"{(ROOT / weights).stat().st_size:,} bytes" in pages[weights]


def test_each_command_has_a_page_with_all_its_options(website):
    pages = website("command_pages").command_pages()
    assert len(pages) == 1 + len(COMMANDS)
    restore = pages["reference/commands/restore.md"]
    for option in ("--model", "--tile", "--dry-run"):
        assert restore.count(f"{option}") >= 2, option  # in the usage and in the table
    data = pages["reference/commands/data.md"]
    _, leaks = data.split("## restorekit data leaks")
    assert "TRAIN" in leaks.split("\n## ")[0]
    assert "| `leaks` |" in data
    assert "OUT/&lt;split>/lq" in data


def test_each_method_has_a_page_with_its_card(website):
    pages = website("method_pages").method_pages()
    for method in all_methods().values():
        card, text = pages[f"methods/{method.id}.md"]
        assert card == method.card
        assert f"{method.configs[0].parameters:,}" in text
        *_, last = (ROOT / card).read_text(encoding="utf-8").strip().splitlines()
        assert last in text


def test_the_python_reference_names_what_modules_offer(website):
    api = website("api_pages")
    for module in api.MODULES:
        offered = importlib.import_module(module)
        names = api.public_names(module)
        assert names
        assert [name for name in names if not hasattr(offered, name)] == []


def test_the_check_finds_broken_links_and_assets_of_other_hosts(website, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#x">b</a><a href="b.html#gone">b</a>'
        '<a href="missing.html">c</a><a href="https://example.org">fine</a>'
        '<script src="https://cdn.example.org/x.js"></script>'
    )
    (site / "b.html").write_text('<h2 id="x">X</h2><img src="lost.png">')
    (site / "s.css").write_text("@import url(https://fonts.example.org/f.css);")
    found = list(website("check").findings(site))
    assert len(found) == 5
    for part in ("#gone", "missing.html", "cdn.example.org", "lost.png", "fonts.example.org"):
        assert sum(part in line for line in found) == 1
