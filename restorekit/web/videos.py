"""The tab for videos."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from restorekit.errors import DataError, RestoreKitError
from restorekit.io.video import VIDEO_SUFFIXES, VideoSource, is_video

from .networks import QUEUE, Networks
from .photographs import add_network_options, sentence_of
from .results import Results

#: Containers that browsers play.
_PLAYED = (".mp4", ".m4v", ".mov", ".webm")


def add_video_tab(networks: Networks, results: Results, max_megapixels: float) -> None:
    """Add the components to the tab that is open."""
    import gradio

    def restore(
        path: str | None,
        model: str,
        strength: float,
        tile: str,
        steady: bool,
        progress: Any = gradio.Progress(),  # noqa: B008  how Gradio is asked for it
    ) -> tuple[Any, ...]:
        if path is None:
            return None, gradio.DownloadButton(interactive=False), "Choose a video first."
        source = Path(path)
        progress(0, desc="Restoring")
        started = time.monotonic()

        def show(done: int, total: int | None) -> None:
            rate = done / (time.monotonic() - started)
            progress((done, max(done, total or done)), desc=f"{rate:.1f} frames a second")

        try:
            refuse_large_frames(source, max_megapixels)
            result = networks.restorer(model, tile, strength).restore_video(
                source, results.new(source.name), temporal=int(steady), on_frame=show
            )
        except (RestoreKitError, MemoryError) as error:
            sentence = sentence_of(error, source)
            return None, gradio.DownloadButton(value=None, interactive=False), sentence
        played = result.path if result.path.suffix in _PLAYED else None
        duration = time.monotonic() - started
        done = f"{result.frames} frames restored with {model} in {duration:.0f} seconds."
        return (
            played,
            gradio.DownloadButton(value=result.path, interactive=True),
            " ".join([done, *result.notes]),
        )

    with gradio.Row():
        with gradio.Column(scale=1, min_width=280):
            upload = gradio.File(label="Video", file_types=list(VIDEO_SUFFIXES), elem_id="video")
            model, strength, tile = add_network_options(networks)
            steady = gradio.Checkbox(
                False, label="Less flicker: merge neighbouring frames (takes longer)"
            )
            button = gradio.Button("Restore", variant="primary", elem_id="restore-video")
        with gradio.Column(scale=2, min_width=280):
            status = gradio.Textbox(
                "Choose a video, then Restore. Each frame takes about as long as a photograph.",
                label="What happens",
                lines=2,
                interactive=False,
                elem_id="video-status",
            )
            player = gradio.Video(label="Restored", interactive=False, buttons=[])
            download = gradio.DownloadButton(
                "Download", interactive=False, elem_id="download-video"
            )
    button.click(
        restore,
        [upload, model, strength, tile, steady],
        [player, download, status],
        api_visibility="private",
        show_progress_on=[player],
        concurrency_id=QUEUE,
    )


def refuse_large_frames(path: Path, max_megapixels: float) -> None:
    """Raise an error for a file that is no video or whose frames are too large.

    Raises:
        DataError: In both cases.
    """
    if not is_video(path):
        raise DataError(f"{path.name} is not a video: use one of {', '.join(VIDEO_SUFFIXES)}.")
    with VideoSource(path) as source:
        if source.width * source.height > max_megapixels * 1e6:
            raise DataError(
                f"The frames ({source.width}x{source.height} pixels) have more than the "
                f"{max_megapixels:g} megapixels that this page takes."
            )
