#!/usr/bin/env python3
"""Take the screenshots of the documentation: screenshots.py [NAME…].

Needs Chromium with its driver, and the extras web, demo and tests. Names, and what is written to
docs/images (by default all):

  serve        serve.jpg and serve_phone.jpg: the page of `restorekit serve`
  leaderboard  leaderboard.png: the page that `restorekit leaderboard` writes
  terminal     terminal.svg: commands and what they print
"""

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
COMMAND = [sys.executable, "-m", "restorekit.cli"]
#: Photographs that come with scikit-image.
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
FIELD = "#photograph input[type=file]"
STATUS = "return document.querySelector('#photograph-status textarea').value"
#: Name, width and height of the window, and how far down the page is scrolled.
VIEWS = [("serve", 1100, 860, 0), ("serve_phone", 390, 900, 520)]
#: Columns of the terminal, and what is typed into it.
COLUMNS = 92
TYPED = [
    "restorekit data synthesize clean rainy --preset rain100l",
    "restorekit restore rainy/lq -o restored",
    "restorekit evaluate --pred restored --gt rainy/gt --lq rainy/lq --protocol rgb_u8",
]


def write_photographs(folder: Path) -> None:
    """Write three parts of each photograph into a folder."""
    from skimage import data

    folder.mkdir(parents=True)
    for name in PHOTOGRAPHS:
        for part in range(3):
            cut = getattr(data, name)()[40 * part : 40 * part + 180, 60 * part : 60 * part + 270]
            Image.fromarray(cut).save(folder / f"{name}-{part + 1}.png")


def run(command: str, folder: Path) -> str:
    """Run a command of restorekit in a folder, and return what it prints."""
    done = subprocess.run(  # noqa: S603
        [*COMMAND, *command.split()[1:]],
        cwd=folder,
        env={**os.environ, "COLUMNS": str(COLUMNS)},
        text=True,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Yield a Chromium."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("headless", "no-sandbox", "disable-gpu", f"user-data-dir={profile}"):
            options.add_argument(f"--{flag}")
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        with webdriver.Chrome(options, service) as page:
            yield page


def resize(page: webdriver.Chrome, width: int, height: int) -> None:
    """Set the size of the page in pixels."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def picture(page: webdriver.Chrome) -> Image.Image:
    """Return what the window shows."""
    data = page.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    return Image.open(BytesIO(base64.b64decode(data))).convert("RGB")


def serve(folder: Path) -> None:
    """Restore a photograph on the page, on a desk and on a telephone."""
    run("restorekit data synthesize clean rainy --preset rain1400", folder)
    photograph = folder / "rainy" / "lq" / "astronaut-1.png"
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, browser() as page:  # noqa: S603
        try:
            address = next(iter(server.stdout or ())).split()[0]
            for name, width, height, scroll in VIEWS:
                resize(page, width, height)
                page.get(address)
                wait = WebDriverWait(page, 120)
                wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, FIELD))
                page.find_element(By.CSS_SELECTOR, FIELD).send_keys(str(photograph))
                wait.until(lambda page: "Restored" in page.execute_script(STATUS))
                time.sleep(2)
                page.execute_script(f"scrollTo(0, {scroll})")
                picture(page).save(IMAGES / f"{name}.jpg", quality=88)
        finally:
            server.terminate()


def leaderboard(folder: Path) -> None:
    """Rank the shipped network and three filters, and show the page."""
    import cv2
    import numpy as np

    filters = {
        "Median": lambda image: cv2.medianBlur(image, 3),
        "Opening": lambda image: cv2.morphologyEx(image, cv2.MORPH_OPEN, np.ones((1, 5))),
        "Bilateral": lambda image: cv2.bilateralFilter(image, 7, 50, 3),
    }
    run("restorekit data synthesize clean rainy --preset rain100l", folder)
    run("restorekit restore rainy/lq -o results/derain-small", folder)
    for method, restore in filters.items():
        (folder / "results" / method).mkdir(parents=True)
        for file in (folder / "rainy" / "lq").iterdir():
            restored = restore(cv2.imread(str(file)))
            cv2.imwrite(str(folder / "results" / method / file.name), restored)
    for method in ("derain-small", *filters):
        run(
            f"restorekit evaluate --pred results/{method} --gt rainy/gt --lq rainy/lq "
            f"--protocol rgb_u8 --method {method} --out results/{method}.json",
            folder,
        )
    results = " ".join(f"results/{method}.json" for method in ("derain-small", *filters))
    command = f"restorekit leaderboard {results} results/rainy_input.json --out board"
    run(f"{command} --images gt=rainy/gt", folder)
    with browser() as page:
        resize(page, 960, 800)
        page.get((folder / "board" / "leaderboard.html").as_uri())
        top = "return Math.floor(document.querySelector('#images').getBoundingClientRect().top)"
        resize(page, 960, page.execute_script(top))
        time.sleep(2)
        colours = picture(page).quantize(64, dither=Image.Dither.NONE)
        colours.save(IMAGES / "leaderboard.png", optimize=True)


def terminal(folder: Path) -> None:
    """Type commands, and draw what they print as SVG that loads no font."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for command in TYPED:
        console.print(Text("$ ", style="bold green") + Text(command, style="bold"))
        console.print(Text.from_ansi(run(command, folder).rstrip()), highlight=False)
    drawn = console.export_svg(title="restorekit", unique_id="terminal")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    (IMAGES / "terminal.svg").write_text(drawn.rstrip() + "\n", encoding="utf-8")


SCREENSHOTS = {"serve": serve, "leaderboard": leaderboard, "terminal": terminal}


def main(names: list[str]) -> None:
    """Take screenshots."""
    for name in names or SCREENSHOTS:
        with tempfile.TemporaryDirectory() as temporary:
            # Its name is that of the test set in tables.
            folder = Path(temporary) / "photographs"
            write_photographs(folder / "clean")
            SCREENSHOTS[name](folder)


if __name__ == "__main__":
    main(sys.argv[1:])
