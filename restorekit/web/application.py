"""Put the page together, and keep it to this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restorekit.io.extras import optional_package

from .leaderboard import add_leaderboard_tab, leaderboard_page
from .networks import Networks
from .photographs import add_photograph_tab
from .results import Results
from .videos import add_video_tab

#: Gradio's own page names fonts and pictures of other hosts. With this header, a browser contacts
#: only the server itself, whatever the page says.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
    )
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
#: Seconds between two sweeps of uploads, and the age from which they are removed.
_SWEEP, _AGE = 60, 3600
_CSS = """
footer { display: none !important; }
.gradio-container { max-width: 1100px !important; margin: 0 auto; }
iframe.leaderboard { width: 100%; height: 80vh; border: 1px solid #8888; }
"""

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Settings:
    """What a page offers and accepts.

    Attributes:
        models: Names or files of the networks to choose from, the default first.
        work_folder: Folder for results, which belongs to the page. Gradio puts uploads into a
            folder of its own (``GRADIO_TEMP_DIR``).
        device: Where networks run; by default a GPU where there is one.
        leaderboard: A folder that `restorekit leaderboard --out` wrote, to be shown.
        host: Address that is served.
        port: Its port.
        max_megabytes: Largest upload.
        max_megapixels: Largest photograph, and largest frame of a video.
    """

    models: tuple[str, ...]
    work_folder: Path
    device: str | None = None
    leaderboard: Path | None = None
    host: str = "127.0.0.1"
    port: int = 7860
    max_megabytes: int = 200
    max_megapixels: float = 50.0


def make_app(settings: Settings) -> Any:
    """Return the page as an ASGI application (FastAPI).

    Raises:
        MissingDependencyError: If Gradio cannot be imported.
        DataError: If the folder of the leaderboard has none.
        CheckpointError: If a network's file is missing, or the default one cannot be used.
    """
    gradio = optional_package("gradio", "web", "The page")
    from fastapi import FastAPI
    from fastapi.responses import FileResponse

    board = leaderboard_page(settings.leaderboard) if settings.leaderboard else None
    networks = Networks(settings.models, settings.device)
    networks.check()
    results = Results(settings.work_folder, _AGE)
    with gradio.Blocks(
        title="restorekit", analytics_enabled=False, delete_cache=(_SWEEP, _AGE)
    ) as blocks:
        gradio.Markdown(
            "# restorekit\nRemoves rain from photographs and videos. Everything is computed on the "
            "machine that serves this page, and uploads are removed within "
            f"{_AGE // 3600} hour."
        )
        with gradio.Tab("Photograph"):
            add_photograph_tab(networks, results, settings.max_megapixels)
        with gradio.Tab("Video"):
            add_video_tab(networks, results, settings.max_megapixels)
        if board is not None:
            with gradio.Tab("Leaderboard"):
                add_leaderboard_tab()
    blocks.queue(max_size=20, default_concurrency_limit=1)

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    if board is not None:
        app.add_api_route("/leaderboard.html", lambda: FileResponse(board), methods=["GET"])
    app.add_middleware(_Guard, host=settings.host)
    gradio.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        max_file_size=f"{settings.max_megabytes}mb",
        allowed_paths=[str(settings.work_folder)],
        ssr_mode=False,
        enable_monitoring=False,
        theme=_theme(),
        css=_CSS,
    )
    return app


def _theme() -> Any:
    """Return Gradio's theme with the fonts of the reader's system."""
    import gradio

    font = ["system-ui", "sans-serif"]
    return gradio.themes.Default(font=font, font_mono=["ui-monospace", "monospace"])


class _Guard:
    """Adds headers, and on the loopback address refuses requests for other hosts' names.

    Another site could otherwise reach this page under a name that resolves to 127.0.0.1.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], host: str) -> None:
        self._app = app
        self._names = {host, "localhost", "127.0.0.1", "[::1]"} if is_loopback(host) else None

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._names is not None and _host_of(scope) not in self._names:
            await send({"type": "http.response.start", "status": 421, "headers": []})
            await send({"type": "http.response.body", "body": b"This host is not served here."})
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(scope: _Scope) -> str:
    value: str = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    return value.rpartition("]")[0] + "]" if value.startswith("[") else value.partition(":")[0]
