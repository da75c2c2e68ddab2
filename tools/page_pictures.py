#!/usr/bin/env python3
"""Takes pictures of the page of `restorekit serve`: page_pictures.py PHOTOGRAPH OUT.

Needs Chromium with its driver, and the extras web and tests. Writes OUT/serve.jpg, as on a
desk, and OUT/serve_phone.jpg, as on a phone.
"""

import base64
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

FIELD = "#photograph input[type=file]"
STATUS = "return document.querySelector('#photograph-status textarea').value"
#: Name, width and height of the window, and how far down the page is scrolled.
VIEWS = [("serve", 1100, 860, 0), ("serve_phone", 390, 900, 520)]


def main(photograph: Path, out: Path) -> None:
    """Serve the page, restore the photograph on it, and write the pictures."""
    command = [sys.executable, "-m", "restorekit.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            line = next(iter(server.stdout or ()))
            take(line.split()[0], photograph.resolve(), out)
        finally:
            server.terminate()


def take(address: str, photograph: Path, out: Path) -> None:
    """Write the pictures of the page at an address."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("headless", "no-sandbox", "disable-gpu", f"user-data-dir={profile}"):
            options.add_argument(f"--{flag}")
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        with webdriver.Chrome(options, service) as page:
            for name, width, height, scroll in VIEWS:
                size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
                page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                page.get(address)
                wait = WebDriverWait(page, 120)
                wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, FIELD))
                page.find_element(By.CSS_SELECTOR, FIELD).send_keys(str(photograph))
                wait.until(lambda page: "Restored" in page.execute_script(STATUS))
                time.sleep(2)
                page.execute_script(f"scrollTo(0, {scroll})")
                kind = {"format": "jpeg", "quality": 88}
                picture = page.execute_cdp_cmd("Page.captureScreenshot", kind)["data"]
                (out / f"{name}.jpg").write_bytes(base64.b64decode(picture))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
