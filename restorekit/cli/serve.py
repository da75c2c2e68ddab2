"""Serve a page on which anyone restores photographs and videos in a browser.

Only this machine reaches it, unless --host says otherwise. The page asks no other host for
anything, and uploads are removed.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit serve``."""
    parser.add_argument(
        "-m",
        "--model",
        action="append",
        metavar="NAME|FILE",
        help="network to offer, a published one or a file; repeatable, the first is the default "
        "(default: all published ones that are on this machine)",
    )
    parser.add_argument(
        "--leaderboard",
        metavar="D",
        help="folder that `restorekit leaderboard --out D` wrote, to show in a tab",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to serve (default: 127.0.0.1, this machine only; 0.0.0.0 lets everybody on "
        "the network use it, without a password)",
    )
    parser.add_argument(
        "--port", type=int, default=7860, help="port (default: 7860; 0 takes a free one)"
    )
    parser.add_argument("--device", help="cpu, cuda, cuda:1 … (default: a GPU if there is one)")
    parser.add_argument(
        "--max-megabytes",
        type=int,
        default=200,
        metavar="N",
        help="largest upload (default: 200)",
    )
    parser.add_argument(
        "--max-megapixels",
        type=float,
        default=50,
        metavar="N",
        help="largest photograph or frame (default: 50)",
    )


def run(args: argparse.Namespace) -> None:
    """Serve until interrupted."""
    with tempfile.TemporaryDirectory(prefix="restorekit-serve-") as folder:
        # Gradio reads these when it is imported. Uploads go with the folder at the end.
        os.environ["GRADIO_TEMP_DIR"] = str(Path(folder) / "uploads")
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        _serve(args, Path(folder))


def _serve(args: argparse.Namespace, folder: Path) -> None:
    from restorekit.errors import ConfigError
    from restorekit.web import Settings, make_app

    for option in ("max_megabytes", "max_megapixels"):
        if not getattr(args, option) > 0:
            name = option.replace("_", "-")
            raise ConfigError(f"--{name} {getattr(args, option)} must be more than 0.")
    models = tuple(args.model or _published())
    if not models:
        raise ConfigError("No published network is on this machine: name a file with --model.")
    listening = _listen(args.host, args.port)
    with listening:
        port = listening.getsockname()[1]
        settings = Settings(
            models=models,
            work_folder=folder / "results",
            device=args.device,
            leaderboard=Path(args.leaderboard) if args.leaderboard else None,
            host=args.host,
            port=port,
            max_megabytes=args.max_megabytes,
            max_megapixels=args.max_megapixels,
        )
        app = make_app(settings)

        import uvicorn

        shown = f"[{args.host}]" if ":" in args.host else args.host
        sys.stdout.write(f"http://{shown}:{port} (Ctrl-C ends it)\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


def _published() -> list[str]:
    """Return the published networks whose files are on this machine, the default first."""
    from restorekit.errors import RestoreKitError
    from restorekit.hub import locate, published_models

    found = []
    for name in published_models():
        try:
            locate(name)
        except RestoreKitError:
            continue
        found.append(name)
    return found


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, before networks are loaded.

    Raises:
        ConfigError: If the address cannot be served.
    """
    from restorekit.errors import ConfigError

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"--host {host} --port {port} cannot be served ({reason}): choose another port, or "
            "--port 0 for a free one."
        ) from error
