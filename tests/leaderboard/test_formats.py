"""Tables as Markdown, CSV and LaTeX: what they say, and that nothing breaks out of them."""

import csv
import io
import re

import pytest
from leaderboard_samples import PROTOCOL, sample_results, spread

from restorekit.catalog import published_numbers
from restorekit.leaderboard import (
    RAINY_INPUT,
    make_sections,
    markdown,
    rank_all,
    to_csv,
)
from restorekit.leaderboard.render.cells import Item, Number, difference
from restorekit.leaderboard.render.latex import escape_latex, latex
from restorekit.leaderboard.render.markdown import escape_markdown
from restorekit.leaderboard.render.page import board_page

NASTY = r"A|B <b>&amp;_x_ 50% $y$ #1 {z} \input{f} ~^ `c` *d* [e](f) & g_h"


@pytest.fixture(scope="module")
def rankings():
    rows = {
        "1.json": sample_results("DCSFN", spread(28.70, seed=1)),
        "2.json": sample_results(NASTY, spread(28.2, seed=2)),
        "3.json": sample_results(RAINY_INPUT, spread(14.0, seed=3)),
    }
    return rank_all(rows)


def cells_of(table):
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def test_markdown_shows_interval_test_and_published_number(rankings):
    text = markdown(make_sections(rankings, published_numbers()))
    table = [line for line in text.split("\n\n")[2].splitlines() if line.startswith("|")]
    head, _, first, second, last = cells_of(table)
    row = dict(zip(head, first, strict=True))
    assert re.fullmatch(r"28\.70 ± 0\.\d\d", row["PSNR (dB), rgb_float"])
    assert row["over the next (dB)"] == "+0.50"
    assert row["published PSNR / SSIM"] == "28.81 / 0.9040 [1, 2, 3, 4, 5]"
    assert row["gap PSNR / SSIM"].startswith("-0.11 / ")
    assert row["gap PSNR / SSIM"].endswith(" !")
    assert len(second) == len(last) == len(head)
    assert "[1] DCSFN (ACM MM 2020), Table 1" in text
    assert "Wilcoxon" in text
    assert "published" not in markdown(make_sections(rankings)).lower()


def test_csv_gives_published_numbers_lines_of_their_own(rankings):
    rows = list(csv.DictReader(io.StringIO(to_csv(make_sections(rankings, published_numbers())))))
    assert {row["protocol"] for row in rows} == {PROTOCOL}
    measured, published = rows[0], rows[1]
    assert (measured["kind"], measured["method"]) == ("measured", "DCSFN")
    assert float(measured["psnr_low"]) < float(measured["psnr"]) < float(measured["psnr_high"])
    assert float(measured["over_next"]) == pytest.approx(0.5)
    assert 0 <= float(measured["over_next_p"]) <= 1
    assert (published["kind"], published["psnr"], published["ssim"]) == (
        "published",
        "28.81",
        "0.9040",
    )
    assert float(published["gap_psnr"]) == pytest.approx(-0.11)
    assert rows[2]["method"] == NASTY
    assert [row["kind"] for row in rows[4:]] == ["published"] * (len(rows) - 4)
    assert all(row["gap_psnr"] == "" for row in rows[4:])


FORMULAS = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_csv_cells_are_no_formulas(formula):
    samples = {
        "a.json": sample_results(
            formula,
            {"i": -30.0, "j": -28.5},
            name=formula,
            version=formula,
            settings={"device": formula},
        )
    }
    rows = list(csv.reader(io.StringIO(to_csv(make_sections(rank_all(samples))))))
    texts = dict(zip(*rows, strict=True))
    for key in ("method", "dataset", "version", "device"):
        assert texts[key] == f"'{formula.strip()}"
    # Numbers stay numbers, whatever their sign.
    assert float(texts["psnr"]) == -29.25


@pytest.mark.parametrize(
    "control", ["\x1b[31m", "\x07", "\x9b31m", "\x00", "\u202e", "\u2066", "\udcff"]
)
def test_names_do_not_control_a_terminal(control):
    samples = {"a.json": sample_results(f"A{control}B", {"i": 30.0}, name=f"n{control}m")}
    sections = make_sections(rank_all(samples))
    for text in (markdown(sections), to_csv(sections), latex(sections)):
        assert control[0] not in text
        assert "A\N{REPLACEMENT CHARACTER}" in text
        text.encode()
    board_page(sections, {}).encode()


def test_numbers_are_shown_with_their_sign_and_digits():
    assert Number(-0.004, 2, signed=True).text() == "+0.00"
    assert Number(-1.25, 2).text("−") == "−1.25"
    assert Number(6422547, grouped=True).text() == "6,422,547"
    assert Number(2.5e-7, significant=3).text("−") == "2.5e-07"
    assert Item((Number(1.0, 2, plus_minus=0.25),), difference(-0.5, 1)).text() == (
        "1.00 ± 0.25 (-0.5)"
    )


def test_markdown_escapes_what_would_mean_something():
    escaped = escape_markdown("a|b <i> &lt; _x_ y_z `c` *d* [e](f) 1 < 2\n# g")
    assert escaped == r"a\|b &lt;i> &amp;lt; \_x\_ y_z \`c\` \*d\* [e\](f) 1 < 2 # g"


def test_latex_is_balanced_whatever_the_names_are(rankings):
    text = latex(make_sections(rankings, published_numbers()))
    code = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    # What is escaped is text; what is left is LaTeX's own.
    bare = re.sub(r"\\[{}$&#_%]", "", code)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    begun = re.findall(r"\\begin\{(\w+)\}", bare)
    assert begun == ["table", "adjustbox", "tabular"]
    assert re.findall(r"\\end\{(\w+)\}", bare) == begun[::-1]
    body = bare.split(r"\midrule")[1].split(r"\bottomrule")[0]
    rows = [row for row in body.split("\\\\\n") if row.strip()]
    assert len(rows) == 3
    columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", bare)[1])
    assert {row.count("&") for row in rows} == {columns - 1}
    known = r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}"
    known += r"|\\(textbf|pm|toprule|midrule|bottomrule|begin|end|caption|label|centering|par)\b"
    known += r"|\\(footnotesize|smallskip|setlength|tabcolsep|linewidth)\b|\\\\"
    assert "\\" not in re.sub(known, "", bare)


def test_latex_prints_characters_as_they_are():
    assert escape_latex("a_b & 5%") == r"a\_b \& 5\%"
    assert escape_latex("±0.1 − 1") == r"$\pm$0.1 $-$ 1"
    assert escape_latex("τ of 1") == r"$\tau$ of 1"
    assert escape_latex("rain-12, 1---5") == "rain-12, 1-{}-{}-5"
    assert escape_latex("\\{x}") == r"\textbackslash{}\{x\}"


def test_latex_points_out_the_best(rankings):
    (line,) = [line for line in latex(make_sections(rankings)).splitlines() if "textbf" in line]
    assert line.strip().startswith("DCSFN & \\textbf{28.70")
