"""The tab for photographs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from restorekit.errors import DataError, RestoreKitError, one_line
from restorekit.io.headers import IMAGE_SUFFIXES
from restorekit.io.photos import decoded_bytes, read_photo, write_photo

from .networks import QUEUE, Networks
from .results import Results

#: Longest side of the pictures in the page; the download has all pixels.
_PREVIEW = 1600
#: Bytes of a pixel of the largest kind, 16 bits and alpha.
_LARGEST_PIXEL = 8

Preview = npt.NDArray[np.uint8]


def add_photograph_tab(networks: Networks, results: Results, max_megapixels: float) -> None:
    """Add the components to the tab that is open."""
    import gradio

    def restore(
        path: str | None,
        model: str,
        strength: float,
        tile: str,
        progress: Any = gradio.Progress(),  # noqa: B008  how Gradio is asked for it
    ) -> tuple[Any, ...]:
        if path is None:
            return None, gradio.DownloadButton(interactive=False), "Choose a photograph first."
        progress(0, desc="Restoring")
        started = time.monotonic()
        try:
            before, after, target = restore_photograph(
                Path(path), networks, results, model, strength, tile, max_megapixels
            )
        except (RestoreKitError, MemoryError) as error:
            sentence = sentence_of(error, Path(path))
            return None, gradio.DownloadButton(value=None, interactive=False), sentence
        duration = time.monotonic() - started
        return (
            (before, after),
            gradio.DownloadButton(value=target, interactive=True),
            f"Restored with {model} in {duration:.1f} seconds. Drag the line to compare.",
        )

    with gradio.Row():
        with gradio.Column(scale=1, min_width=280):
            upload = gradio.File(
                label="Photograph", file_types=list(IMAGE_SUFFIXES), elem_id="photograph"
            )
            model, strength, tile = add_network_options(networks)
            button = gradio.Button("Restore", variant="primary", elem_id="restore-photograph")
        with gradio.Column(scale=2, min_width=280):
            status = gradio.Textbox(
                "Drop a photograph, or choose one.",
                label="What happens",
                lines=2,
                interactive=False,
                elem_id="photograph-status",
            )
            slider = gradio.ImageSlider(
                label="Before | after", interactive=False, elem_id="comparison", buttons=[]
            )
            # The line in the picture follows the mouse and fingers, but not keys.
            line = gradio.Slider(
                0, 100, 50, step=5, label="Line, also by arrow keys", elem_id="line"
            )
            download = gradio.DownloadButton(
                "Download", interactive=False, elem_id="download-photograph"
            )
    line.change(
        lambda percent: gradio.ImageSlider(slider_position=percent),
        line,
        slider,
        api_visibility="private",
        queue=False,
        show_progress="hidden",
    )
    inputs = [upload, model, strength, tile]
    outputs = [slider, download, status]
    for event in (upload.upload, button.click):
        event(
            restore,
            inputs,
            outputs,
            api_visibility="private",
            show_progress_on=[slider],
            concurrency_id=QUEUE,
        )


def add_network_options(networks: Networks) -> tuple[Any, Any, Any]:
    """Add the choice of the network, of the strength and of the tiles, and return them."""
    import gradio

    model = gradio.Dropdown(networks.names, value=networks.names[0], label="Network")
    strength = gradio.Slider(0, 1, 1, step=0.05, label="Strength: 0 is the input")
    with gradio.Accordion("More", open=False):
        tile = gradio.Radio(
            ["auto", "off", "256", "512", "1024"],
            value="auto",
            label="Tiles: parts of this many pixels; auto fits memory",
        )
    return model, strength, tile


def restore_photograph(
    path: Path,
    networks: Networks,
    results: Results,
    model: str,
    strength: float,
    tile: str,
    max_megapixels: float,
) -> tuple[Preview, Preview, Path]:
    """Restore an uploaded photograph.

    Returns:
        The input and the result for the page, uint8 RGB (H, W, 3), and the file for download.

    Raises:
        DataError: If it cannot be read or is too large.
        CheckpointError: If the network cannot be used.
    """
    if decoded_bytes(path) > max_megapixels * 1e6 * _LARGEST_PIXEL:
        raise _too_large(max_megapixels)
    photo = read_photo(path)
    height, width = photo.pixels.shape[:2]
    if height * width > max_megapixels * 1e6:
        raise _too_large(max_megapixels)
    restored = networks.restorer(model, tile, strength)(photo.pixels)
    known = path.suffix.lower() in IMAGE_SUFFIXES
    target = results.new(path.name, None if known else ".png")
    write_photo(target, replace(photo, pixels=restored))
    return _preview(photo.pixels), _preview(restored), target


def sentence_of(error: BaseException, path: Path) -> str:
    """Return the message of an error without the folders of the server."""
    text = one_line(str(error)) or "There is not enough memory for it."
    return text.replace(f"{path}", path.name).replace(f"{path.parent}/", "")


def _too_large(max_megapixels: float) -> DataError:
    return DataError(
        f"The photograph has more than the {max_megapixels:g} megapixels that this page takes: "
        "make it smaller, or use `restorekit restore`."
    )


def _preview(pixels: npt.NDArray[Any]) -> Preview:
    """Return a picture that a browser shows at once: 8 bits, RGB, not larger than a screen."""
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        pixels = pixels[..., :-1]
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    scale = _PREVIEW / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        pixels = np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(pixels)
