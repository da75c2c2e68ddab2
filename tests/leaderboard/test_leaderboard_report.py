"""Reports: every format shows the same sentences and marks, and no text becomes code."""

import base64
import csv
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from restorekit.leaderboard import Chapter, Figure, Report, Table, write_report
from restorekit.leaderboard.render.cells import Cell, Column, Item, Number, Text, cell, second_of

NASTY = """</p><script>alert(1)</script>`<b>\\input{x}&|"'"""


def made(text):
    numbers = Column(
        "psnr",
        "PSNR",
        (
            Cell((Item((Number(28.0, 2, plus_minus=0.25),)),), 28.0, best=True),
            Cell((Item((Number(27.0, 2),)),), 27.0, second=True),
            Cell((Item((Text("–"),)),), hint=f"run {text}"),
        ),
        highest_first=True,
    )
    names = Column("method", "method", tuple(cell(Text(one)) for one in ("A", text, "C")), True)
    chapter = Chapter(
        f"Table {text}",
        lead=("What it shows.",),
        tables=(Table((names, numbers)),),
        figures=(Figure(f"Curves {text}", b"\x89PNG-bytes", ("c.png", "c.pdf")),),
        notes=("Fill it with `restorekit study run x/t`.", f"Of {text}."),
    )
    return Report(f"Title {text}", f"Lead {text}.", (chapter,), ("The end.",))


@pytest.fixture(params=["x", NASTY], ids=["tame", "nasty"])
def written(request, tmp_path):
    files = write_report(tmp_path, "report", made(request.param), [["a"], ["=1+1"]])
    return {file.suffix: file.read_text() for file in files}


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_marks_and_embeds(written):
    page = Elements(written[".html"])
    classes = [attributes.get("class", "") for tag, attributes in page.tags if tag == "td"]
    assert classes == ["number best", "number second", "number"]
    (code,) = [index for index, (tag, _) in enumerate(page.tags) if tag == "code"]
    assert page.tags[code - 1][0] == "p"
    assert "restorekit study run x/t" in page.words
    (image,) = [attributes for tag, attributes in page.tags if tag == "img"]
    assert base64.b64decode(image["src"].partition(",")[2]) == b"\x89PNG-bytes"
    assert sum(tag == "script" for tag, _ in page.tags) == 2  # its data and its code


def test_markdown_marks_and_links(written):
    text = written[".md"]
    assert "**28.00 ± 0.25**" in text
    assert "`restorekit study run x/t`" in text
    assert "[PDF](c.pdf)" in text
    assert "<script" not in text


def test_latex_marks_and_escapes(written):
    text = written[".tex"]
    assert r"\textbf{28.00 $\pm$ 0.25}" in text
    assert r"\underline{27.00}" in text
    assert r"\texttt{restorekit study run x/t}" in text
    assert r"\input" not in text
    # Every brace that is not escaped is closed.
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text.replace(r"\\", "")):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(written, tmp_path):
    document = (
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs,adjustbox}"
        r"\begin{document}" + written[".tex"] + r"\end{document}"
    )
    (tmp_path / "d.tex").write_text(document)
    subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )


def test_csv_runs_no_formula(written):
    assert list(csv.reader(written[".csv"].splitlines())) == [["a"], ["'=1+1"]]


@pytest.mark.parametrize(
    ("values", "higher", "expected"),
    [
        ([1.0, 3.0, 2.0], True, [False, False, True]),
        ([1.0, 3.0, 2.0], False, [False, False, True]),
        ([1.0, 1.0, 3.0, 2.0], True, [False, False, False, True]),
        ([1.0, 3.0, None], True, [False, False, False]),
    ],
)
def test_second_best_needs_a_third(values, higher, expected):
    assert second_of(values, higher) == expected
