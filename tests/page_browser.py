"""A real Chromium, with what the tests of the page need beyond Selenium's own methods."""

import json
import shutil

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_programs():
    """Return the paths of Chromium and its driver, or None if either is missing."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class PageBrowser(webdriver.Chrome):
    """One browser with one window; use it as a context manager.

    Args:
        profile: An empty folder for its files.
    """

    def __init__(self, profile):
        browser, driver = find_programs()
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # With the driver's path given, Selenium looks for none and downloads none.
        super().__init__(options, webdriver.ChromeService(driver))

    def find(self, selector):
        return self.find_element(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        """Run the body of a function in the page and return what it returns."""
        return self.execute_script(script, *arguments)

    def choose(self, selector, value):
        """Choose an option of a select that may be outside the window."""
        self.run(
            """const select = document.querySelector(arguments[0]);
            select.value = arguments[1];
            select.dispatchEvent(new Event("change", {bubbles: true}));""",
            selector,
            value,
        )

    def column(self, title, table=".board:not([hidden]) table", what="firstChild.textContent"):
        """Return the contents of the cells of a column, top to bottom."""
        return self.run(
            f"""const table = document.querySelector(arguments[1]);
            const heads = [...table.tHead.rows[0].cells];
            const index = heads.findIndex((cell) => cell.textContent.startsWith(arguments[0]));
            return [...table.tBodies[0].rows].map((row) => row.cells[index].{what});""",
            title,
            table,
        )

    def wait_for(self, condition, seconds=10):
        """Wait until an expression is true in the page."""
        script = f"return Boolean({condition})"
        WebDriverWait(self, seconds, 0.02).until(lambda page: page.run(script))

    def drag(self, selector, start, end):
        """Drag across an element, between two fractions of its width (0 to 1)."""
        element = self.find(selector)
        xs = [round((fraction - 0.5) * element.size["width"]) for fraction in (start, end)]
        actions = webdriver.ActionChains(self, duration=0)
        actions.move_to_element_with_offset(element, xs[0], 0).click_and_hold()
        actions.move_to_element_with_offset(element, xs[1], 0).release().perform()

    def resize(self, width, height):
        """Set the size of the page in pixels, which may be smaller than a window can be."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def emulate(self, **features):
        """Set preferences of the system, as in ``prefers_color_scheme='dark'``."""
        wanted = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def console(self):
        """Return the page's complaints since the last call."""
        return self.get_log("browser")

    def requests(self):
        """Return the addresses that were requested since the last call."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self.get_log("performance")
        ]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
