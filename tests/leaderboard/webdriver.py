"""A real Chromium, driven over the WebDriver protocol, which is JSON over HTTP.

Needs the programs ``chromium`` and ``chromedriver`` (Debian's packages chromium and
chromium-driver) and no Python package.
"""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def find_programs():
    """Return the paths of Chromium and its driver, or None where either is missing."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """One browser with one window; use it as a context manager.

    Args:
        profile: An empty folder for its files.
    """

    def __init__(self, profile):
        browser, driver = find_programs()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._root = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._session = ""
        try:
            self._wait_until_ready()
            capabilities = {
                "browserName": "chrome",
                "goog:chromeOptions": {
                    "binary": browser,
                    "args": [*FLAGS, f"--user-data-dir={profile}"],
                },
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            }
            answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self._session = f"/session/{answer['sessionId']}"
        except BaseException:
            self._stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ask("DELETE", self._session)
        self._stop()

    def open(self, url):
        self._ask("POST", f"{self._session}/url", {"url": url})

    def run(self, script, *arguments):
        """Run the body of a function in the page and return what it returns."""
        content = {"script": script, "args": list(arguments)}
        return self._ask("POST", f"{self._session}/execute/sync", content)

    def click(self, selector):
        """Click the middle of an element, as a person would; it must not be covered."""
        self._element(selector, "click", {})

    def choose(self, selector, value):
        """Choose an option of a select."""
        self.run(
            """const select = document.querySelector(arguments[0]);
            select.value = arguments[1];
            select.dispatchEvent(new Event("change", {bubbles: true}));""",
            selector,
            value,
        )

    def column(self, title, table=".board:not([hidden]) table", what="firstChild.textContent"):
        """Return what the cells of a column say, top to bottom."""
        return self.run(
            f"""const table = document.querySelector(arguments[1]);
            const heads = [...table.tHead.rows[0].cells];
            const place = heads.findIndex((cell) => cell.textContent.startsWith(arguments[0]));
            return [...table.tBodies[0].rows].map((row) => row.cells[place].{what});""",
            title,
            table,
        )

    def wait_for(self, condition, seconds=10):
        """Wait until an expression is true in the page."""
        until = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < until, condition
            time.sleep(0.02)

    def press(self, selector, keys):
        """Give keys to an element."""
        self._element(selector, "value", {"text": keys})

    def drag(self, selector, start, end):
        """Drag across an element, from and to a share of its width (0 to 1)."""
        box = self.run(
            "return document.querySelector(arguments[0]).getBoundingClientRect()", selector
        )
        y = round(box["top"] + box["height"] / 2)
        xs = [round(box["left"] + share * box["width"]) for share in (start, end)]
        moves = [{"type": "pointerMove", "duration": 0, "x": x, "y": y} for x in xs]
        steps = [moves[0], {"type": "pointerDown", "button": 0}, moves[1]]
        steps.append({"type": "pointerUp", "button": 0})
        action = {"type": "pointer", "id": "mouse", "actions": steps}
        self._ask("POST", f"{self._session}/actions", {"actions": [action]})

    def resize(self, width, height):
        """Give the page so many pixels, also fewer than a window can have."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", size)

    def emulate(self, **features):
        """Pretend that the system asks for such colours: ``prefers_color_scheme='dark'``."""
        wanted = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self._devtools("Emulation.setEmulatedMedia", {"features": wanted})

    def console(self):
        """Return what the page complained about since the last call."""
        return self._ask("POST", f"{self._session}/se/log", {"type": "browser"})

    def requests(self):
        """Return the addresses that were asked for since the last call."""
        entries = self._ask("POST", f"{self._session}/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self._ask("GET", f"{self._session}/screenshot")))

    def _devtools(self, command, parameters):
        content = {"cmd": command, "params": parameters}
        self._ask("POST", f"{self._session}/goog/cdp/execute", content)

    def _element(self, selector, action, content):
        found = self._ask(
            "POST", f"{self._session}/element", {"using": "css selector", "value": selector}
        )
        self._ask("POST", f"{self._session}/element/{found[_ELEMENT]}/{action}", content)

    def _ask(self, method, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._root + path, data, headers, method=method)
        # The machine's proxy has nothing to do with its own programs.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()[:500]}") from error

    def _wait_until_ready(self):
        until = time.monotonic() + 30
        while True:
            try:
                if self._ask("GET", "/status")["ready"]:
                    return
            except OSError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.1)

    def _stop(self):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
