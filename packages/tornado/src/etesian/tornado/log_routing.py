"""Records of Etesian's loggers reach Tornado's.

Programs configure ``tornado.access`` and its two siblings: they set levels,
add handlers and filters, or disable one. For all of that to work, a record has
to pass through those loggers themselves, not only through handlers.

So nothing here is a handler. Each of Etesian's loggers is made a child of the
one of the same last name, which gives it that logger's level; and a filter on it
passes every record on to that logger's own ``handle``, under its name. No
record is handled twice, and a program that configures nothing still gets
logging's usual behaviour: its last-resort handler, and no word about it.
"""

from __future__ import annotations

import logging

__all__ = ["route_logs"]

_LAST_NAMES = ("access", "application", "general")


class _PassOn(logging.Filter):
    """Hands a record to another logger, in place of the one that made it."""

    def __init__(self, target: logging.Logger) -> None:
        super().__init__()
        self._target = target

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass the record on; it ends here on its old way."""
        record.name = self._target.name
        self._target.handle(record)
        return False


def route_logs() -> None:
    """Make the three loggers of Etesian feed those of Tornado; once is enough."""
    for last_name in _LAST_NAMES:
        source = logging.getLogger(f"etesian.{last_name}")
        target = logging.getLogger(f"tornado.{last_name}")
        if source.parent is not target:
            source.parent = target
            source.addFilter(_PassOn(target))
