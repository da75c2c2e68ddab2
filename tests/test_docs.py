"""The documentation works: its code runs, its commands parse, and its links lead somewhere.

Every page is run in a folder of its own, with links to ``configs`` and ``tools`` and with four
training and two test pairs in ``data/mine``, as if they were the reader's. Blocks run in order
and share that folder; the Python ones share their names, too.

=============================  ====================================================
block                          what is done with it
=============================  ====================================================
``python title="FILE"``        written to FILE; a second one with that title is added;
                               so is ``yaml title="FILE"``
``python``                     run; with ``>>>``, its output is compared
``bash``                       run, and must end with status 0; ``--iters N`` runs four, and
                               a line that is just a command of restorekit runs in a fork
``console``                    not run: its commands and config files must exist
others                         nothing
=============================  ====================================================
"""

import doctest
import importlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from forks import Fork

from restorekit.cli.main import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
#: Packages that are optional, by the pages and modules that need them.
NEEDS = {
    "basicsr.md": ("basicsr",),
    "bridges.md": ("basicsr", "spandrel"),
    "videos.md": ("av",),
    "restorekit.inference.video": ("av",),
}
DOCTEST_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

FENCE = re.compile(r'(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?$')
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


@dataclass
class Block:
    """A fenced block; ``line`` is that of its fence, ``title`` the file it shows."""

    page: Path
    line: int
    language: str
    title: str | None
    text: str = ""

    @property
    def where(self):
        return f"{self.page.name}:{self.line}"


def blocks_of(page):
    """Return the fenced blocks of a page in order."""
    blocks, indent = [], None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if indent is not None and line.strip() == "```":
            indent = None
        elif indent is not None:
            blocks[-1].text += line.removeprefix(indent) + "\n"
        elif line.lstrip().startswith("```"):
            fence = FENCE.fullmatch(line)
            assert fence, f"{page.name}:{number}: {line!r} is no fence that this test knows"
            indent = fence["indent"]
            blocks.append(Block(page, number, fence["language"], fence["title"]))
    return blocks


def is_run(block):
    return block.language in {"python", "bash"} or block.title is not None


def pages_that_run():
    """Yield the pages with code; those that start programs take seconds."""
    for page in PAGES:
        blocks = [block for block in blocks_of(page) if is_run(block)]
        starts_programs = any(block.language == "bash" for block in blocks)
        marks = [pytest.mark.slow] if starts_programs else []
        if blocks:
            yield pytest.param(page, id=page.stem, marks=marks)


@pytest.mark.parametrize("page", list(pages_that_run()))
def test_code_of_page(page, tmp_path, pair_folder, monkeypatch):
    skip_without(page.name)
    for folder in ("configs", "tools"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    small_pairs(tmp_path, pair_folder)
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for block in filter(is_run, blocks_of(page)):
        if block.title:
            write(block, tmp_path)
        elif block.language == "bash":
            run_bash(block, tmp_path)
        elif block.text.startswith(">>>"):
            run_doctest(block, namespace)
        else:
            # Empty lines before it make tracebacks show the line of the page.
            code = compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True)
            exec(code, namespace)


def small_pairs(folder, pair_folder):
    pair_folder(folder / "data/mine/train", count=4, size=(96, 128))
    pair_folder(folder / "data/mine/test", count=2, size=(96, 128), seed=1)


def skip_without(name):
    for needed in NEEDS.get(name, ()):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")


def write(block, folder):
    file = folder / block.title
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(block.text)
    if file.suffix == ".py":
        compile(file.read_text(encoding="utf-8"), block.where, "exec")


def run_bash(block, folder):
    text = re.sub(r"--iters \d+", "--iters 4", block.text.replace("\\\n", " "))
    compound = re.search(r"^ *(for|cd) ", text, re.MULTILINE)
    for line in [text] if compound else text.splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program == "restorekit" and not compound and not re.search(r"[|&;<>$*`]", line):
            done = Fork(partial(main, arguments), folder).wait(600)
            assert_succeeded(done, block)
        else:
            run_in_bash(line, block, folder)


def run_in_bash(text, block, folder):
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert_succeeded(done, block)


def assert_succeeded(done, block):
    output = done.stdout[-3000:] + done.stderr[-3000:]
    assert done.returncode == 0, f"{block.where} ended with {done.returncode}:\n{output}"


def run_doctest(block, namespace):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=DOCTEST_OPTIONS)
    test = parser.get_doctest(block.text, namespace, block.where, str(block.page), block.line)
    report = []
    failed, _ = runner.run(test, out=report.append, clear_globs=False)
    namespace.update(test.globs)
    assert not failed, "".join(report)


def modules_with_examples():
    for file in sorted((ROOT / "restorekit").rglob("*.py")):
        # Examples that are not run, for want of a file that a reader has, count for nothing.
        if re.search(r">>> (?!.*doctest: \+SKIP)", file.read_text(encoding="utf-8")):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__")


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_in_docstrings(name, tmp_path, pair_folder, monkeypatch):
    skip_without(name)
    small_pairs(tmp_path, pair_folder)
    monkeypatch.chdir(tmp_path)
    # What an example means by a clean photograph.
    given = {"np": np, "torch": torch, "clean": np.full((48, 64, 3), 100, np.uint8)}
    module = importlib.import_module(name)
    results = doctest.testmod(module, extraglobs=given, optionflags=DOCTEST_OPTIONS)
    assert results.attempted > 0
    assert results.failed == 0


def shown_commands():
    """Yield each command of a console block, and the block."""
    for page in [*PAGES, *sorted((ROOT / "configs").rglob("*.md"))]:
        for block in blocks_of(page):
            if block.language == "console":
                text = block.text.replace("\\\n", " ")
                for line in text.splitlines():
                    if line.startswith("$ "):
                        yield pytest.param(line[2:], block, id=f"{block.where} {line[2:40]}")


@pytest.mark.parametrize(("line", "block"), list(shown_commands()))
def test_shown_command_exists(line, block):
    words = shlex.split(line, comments=True)
    if ">" in words:
        words = words[: words.index(">")]
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        del words[0]
    for word in words:
        if re.match(r"(configs|tools)/", word):
            assert (ROOT / word).exists(), f"there is no {word}"
    program, *arguments = words
    if program == "make":
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert next(word for word in arguments if "=" not in word) in targets
        return
    command = arguments_of_command(program, arguments)
    if command and command[0].startswith("-"):
        assert command[0] in {"--help", "--version"}
    elif command:
        parser = ArgumentParser(prog=program, exit_on_error=False)
        importlib.import_module(f"restorekit.cli.{command[0]}").add_arguments(parser)
        if program.startswith("tools/dist_"):
            parser.add_argument("--max-restarts", type=int)  # the launcher takes it out
        parser.parse_args(command[1:])


def arguments_of_command(program, arguments):
    """Return a command of restorekit with its arguments, or None if it is another program's."""
    if program == "restorekit":
        return arguments
    script = re.fullmatch(r"tools/(?:(dist|slurm)_)?(train|test)\.(?:sh|py)", program)
    if script is None:
        return None
    launcher, command = script.groups()
    rest = list(arguments)
    if launcher == "dist":
        number = rest.pop(1 if command == "train" else 2)
        assert number.isdigit(), f"the number of processes is {number}"
    elif launcher == "slurm":
        del rest[:2]
    return [command, *rest]


def linking_pages():
    others = [*ROOT.glob("*.md"), *(ROOT / "configs").rglob("*.md")]
    return sorted({*DOCS, *others})


@pytest.mark.parametrize("page", linking_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for found in LINK.finditer(text):
        target, _, anchor = found["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {found['target']}, which is not there"
        if anchor:
            assert anchor in anchors_of(file), f"{file.name} has no heading #{anchor}"


def anchors_of(page):
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_front_page_names_every_page_and_command():
    # On the site the navigation lists them (tests/test_website.py); on GitHub this page does.
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {found["target"] for found in LINK.finditer(index)}
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in DOCS}
    assert pages - {"index.md"} <= linked
    assert {name for name in COMMANDS if f"`restorekit {name}" not in index} == set()
