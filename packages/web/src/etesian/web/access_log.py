"""One line for every request that is done."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from etesian.web.log_text import one_line

if TYPE_CHECKING:
    from etesian.web.handler import RequestHandler

__all__ = ["AccessLog"]

_logger = logging.getLogger("etesian.access")


class AccessLog:
    """Writes to ``etesian.access``: info below status 400, warning below 500, else error.

    Where the level is off it costs a comparison. The record's ``status``,
    ``method``, ``uri``, ``remote_ip`` and ``duration_ms`` are attributes, for
    formatters that write something else than the line.
    """

    __slots__ = ()

    def write(self, handler: RequestHandler) -> None:
        """Log the request of ``handler``, which has its final status."""
        status = handler.get_status()
        level = logging.INFO
        if status >= 400:
            level = logging.WARNING if status < 500 else logging.ERROR
        if not _logger.isEnabledFor(level):
            return
        request = handler.request
        duration_ms = 1000.0 * request.request_time()
        # One text without arguments: nothing is left to format, and nothing of the peer's can
        # be taken for a format.
        line = f"{status} {request.method} {request.uri} ({request.remote_ip}) {duration_ms:.2f}ms"
        _logger.log(
            level,
            one_line(line),
            extra={
                "status": status,
                "method": request.method,
                "uri": request.uri,
                "remote_ip": request.remote_ip,
                "duration_ms": duration_ms,
            },
        )
