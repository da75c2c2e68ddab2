#!/usr/bin/env python3
"""Run the examples of the gallery, and keep what they draw and print: gallery.py [NAME…].

Each docs/gallery/NN_name.py runs in an empty folder. The picture.png that it draws becomes
NN_name.webp beside it, and what it prints NN_name.txt. Without names, all examples run. index.md
is written anew in any case; tools/website/gallery_pages.py makes the pages of the site.
"""

import ast
import contextlib
import io
import os
import runpy
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from PIL import Image

GALLERY = Path(__file__).resolve().parent.parent / "docs" / "gallery"
#: Quality of the pictures, as WebP counts it.
_QUALITY = 80
_INDEX = """\
# Gallery

Small examples with what they draw, each in seconds on one core. They need nothing but photographs
that come with scikit-image and the network that ships with restorekit. Copy one, or run
`python docs/gallery/01_render_rain.py`: it writes `picture.png` into the folder you are in.

<div class="grid cards" markdown>

{cards}

</div>
"""


@dataclass(frozen=True)
class Run:
    """What an example drew and printed."""

    picture: Image.Image
    printed: str


def run_example(script: Path, folder: Path) -> Run:
    """Run an example in a folder, in this process."""
    from matplotlib import pyplot

    printed = io.StringIO()
    with mpl.rc_context({"backend": "Agg"}), contextlib.redirect_stdout(printed):
        before = Path.cwd()
        os.chdir(folder)
        try:
            runpy.run_path(str(script), run_name="__main__")
        finally:
            os.chdir(before)
            pyplot.close("all")
    with Image.open(folder / "picture.png") as picture:
        return Run(picture.convert("RGB"), printed.getvalue().strip() + "\n")


def index() -> str:
    """Return the page that shows all examples."""
    cards = []
    for script in sorted(GALLERY.glob("*.py")):
        docstring = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
        title = docstring.partition("\n")[0]
        link = f"({script.name})"
        cards.append(f"- [![{title}]({script.stem}.webp)]{link}\n\n    [{title}]{link}")
    return _INDEX.format(cards="\n\n".join(cards))


def main(names: list[str]) -> None:
    """Run examples, and write their pictures and texts."""
    (GALLERY / "index.md").write_text(index(), encoding="utf-8")
    for script in sorted(GALLERY.glob("*.py")):
        if names and script.stem not in names:
            continue
        start = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            run = run_example(script, Path(folder))
        run.picture.save(script.with_suffix(".webp"), quality=_QUALITY, method=6)
        script.with_suffix(".txt").write_text(run.printed, encoding="utf-8")
        size = script.with_suffix(".webp").stat().st_size // 1000
        seconds = time.process_time() - start
        sys.stdout.write(f"{script.stem}: {seconds:.1f} s, {size} kB\n{run.printed}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
