"""Fetch published weights into the cache: only on request, resumable, verified."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from restorekit.errors import CheckpointError, ConfigError, OutputError
from restorekit.io.files import sha256, sole_writer, why_not_written

from .index import Published, find
from .locate import path_of, require_intact

#: Schemes of the addresses that weights may be fetched from.
SCHEMES = ("https", "file")
_BLOCK = 1 << 18
#: Seconds without an answer after which a server counts as lost.
_TIMEOUT = 30.0
#: Errors of a server or a connection that fails.
_LOST = (
    *(urllib.error.URLError, http.client.HTTPException),
    *(TimeoutError, ConnectionError, ssl.SSLError),
)


def fetch(name: str, *, again: bool = False) -> Path:
    """Download a published network into the cache and return its file.

    The part that an interrupted call has received is kept, and the next call continues there.

    Args:
        name: Name of the model.
        again: Replace the file if it exists, for instance because it is damaged.

    Raises:
        UnknownNameError: If no model has that name.
        ConfigError: If its address is not ``https://`` or ``file://``.
        CheckpointError: If the address does not answer, or what it sends is not the model.
        OutputError: If the cache cannot be written.

    Example:
        >>> fetch("derain-small").name  # part of the package: nothing is fetched
        'derain-small.safetensors'
    """
    model = find(name)
    target = path_of(model)
    if target.is_file() and not (again and model.url):
        require_intact(target, model)
        return target
    if not model.url:
        require_intact(target, model)
    partial = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with sole_writer(target.parent):
            _receive(model, partial)
            _accept(model, partial)
            partial.replace(target)
    except OSError as error:
        if isinstance(error, OutputError) or error.errno is None:
            raise
        raise OutputError(f"{target} cannot be written: {why_not_written(error)}.") from error
    return target


def _receive(model: Published, partial: Path) -> None:
    """Append what is missing to the partial file."""
    there = partial.stat().st_size if partial.is_file() else 0
    if there >= model.size:
        return
    try:
        with contextlib.closing(_open(model.url, there)) as answer:
            continues = getattr(answer, "status", None) == 206
            if there and not continues and model.url.startswith("file:"):
                answer.read(there)
                continues = True
            with partial.open("ab" if continues else "wb") as file:
                # A byte more than announced is enough to refuse the rest.
                left = model.size + 1 - (there if continues else 0)
                while left > 0 and (block := answer.read(min(_BLOCK, left))):
                    file.write(block)
                    left -= len(block)
    except _LOST as error:
        reason = getattr(error, "reason", None) or error
        raise CheckpointError(
            f"{model.url} does not answer ({reason}): try again later; the part received is kept."
        ) from error


def _accept(model: Published, partial: Path) -> None:
    """Refuse a partial file that is not the model; keep it only where the rest may follow."""
    size = partial.stat().st_size
    if size < model.size:
        raise CheckpointError(
            f"{model.url} sent {size} of the {model.size} bytes of {model.name}: fetch it again to "
            "continue."
        )
    if size > model.size or sha256(partial) != model.sha256:
        partial.unlink()
        raise CheckpointError(
            f"{model.url} sent something other than {model.name}: its size or SHA-256 is not that "
            "of the index; nothing was kept."
        )


def _open(url: str, start: int) -> Any:
    """Open an address at a byte; refuse schemes other than :data:`SCHEMES`."""
    _require_scheme(url)
    request = urllib.request.Request(url)  # noqa: S310  the scheme is checked
    if start:
        request.add_header("Range", f"bytes={start}-")
    opener = urllib.request.build_opener(_Redirects)
    return opener.open(request, timeout=_TIMEOUT)


def _require_scheme(url: str) -> None:
    if urllib.parse.urlsplit(url).scheme not in SCHEMES:
        raise ConfigError(f"{url} cannot be fetched: weights come by https:// or file:// only.")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never to a scheme that is less safe than https."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        _require_scheme(newurl)
        if urllib.parse.urlsplit(newurl).scheme == "file":
            raise ConfigError(f"{req.full_url} leads to {newurl}, a file of this machine.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
