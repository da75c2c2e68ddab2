"""The tab that shows a leaderboard, whose folder the command line names."""

from __future__ import annotations

from pathlib import Path

from restorekit.errors import DataError


def leaderboard_page(folder: Path) -> Path:
    """Return the page in a folder of a leaderboard; no other file of it is served.

    Raises:
        DataError: If there is none.
    """
    page = folder / "leaderboard.html"
    if not page.is_file():
        raise DataError(
            f"--leaderboard {folder} holds no leaderboard.html: "
            f"`restorekit leaderboard RESULTS --out {folder}` writes it."
        )
    return page


def add_leaderboard_tab() -> None:
    """Add the page to the tab that is open, in a frame of its own."""
    import gradio

    gradio.HTML(
        '<iframe class="leaderboard" src="leaderboard.html" title="Leaderboard"></iframe>'
        '<p><a href="leaderboard.html" target="_blank" rel="noopener">Open it alone</a></p>'
    )
