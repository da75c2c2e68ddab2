"""A log whose console stays silent until a run has begun."""

from __future__ import annotations

import logging

#: Number of lines above which a record is for files only.
_LONG = 10


class HeldBack(logging.Filter):
    """Keep what a logger's console handlers were to show, for later or for nothing.

    Files get every record at once. The console never shows long records of level INFO: mmengine's
    environment, config and order of hooks, two hundred lines in all.

    Args:
        logger: Its present handlers that write to streams are held back.
    """

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self._records: list[logging.LogRecord] = []
        self._handlers = [
            handler
            for handler in logger.handlers
            if isinstance(handler, logging.StreamHandler)
            and not isinstance(handler, logging.FileHandler)
        ]
        for handler in self._handlers:
            # mmengine gives runs of one name one logger.
            for other in [one for one in handler.filters if isinstance(one, HeldBack)]:
                handler.removeFilter(other)
            handler.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record."""
        self._records.append(record)
        return False

    def release(self) -> None:
        """Show what was kept except long records, and whatever comes from now on."""
        handlers, self._handlers = self._handlers, []
        for handler in handlers:
            handler.removeFilter(self)
            for record in self._records:
                long = record.getMessage().count("\n") > _LONG and record.levelno <= logging.INFO
                if record.levelno >= handler.level and not long:
                    handler.handle(record)
        self._records = []

    def forget(self) -> None:
        """Drop what was kept."""
        self._records = []
