"""One record for every request that is done, and formatters for it."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Final

from etesian.web.log_text import one_line

if TYPE_CHECKING:
    from etesian.web.handler import RequestHandler

__all__ = ["AccessJSONFormatter", "AccessLog"]

_logger = logging.getLogger("etesian.access")

# The attributes that an access record has beside those of any record.
_FIELDS: Final = (
    "request_id",
    "remote_ip",
    "method",
    "uri",
    "handler",
    "status",
    "bytes_sent",
    "duration_ms",
)


class AccessLog:
    """Writes to ``etesian.access``: info below status 400, warning below 500, else error.

    Where the level is off it costs a comparison. The message is a line of text; what
    is in it, and more, are attributes of the record: ``request_id``, ``remote_ip``,
    ``method``, ``uri``, ``handler`` (the name of its class), ``status``,
    ``bytes_sent`` (of the body, ``None`` for one of unknown length) and
    ``duration_ms``. It is written in the context of the request, so that filters see
    the context variables that the handler set.
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
        line = f"{status} {request.method} {request.uri} ({request.remote_ip}) {duration_ms:.2f}ms"
        # One text without arguments: nothing is left to format, and nothing of the peer's can
        # be taken for a format.
        _logger.log(
            level,
            one_line(line),
            extra={
                "request_id": handler.request_id,
                "remote_ip": request.remote_ip,
                "method": request.method,
                "uri": request.uri,
                "handler": type(handler).__qualname__,
                "status": status,
                "bytes_sent": handler.get_content_length(),
                "duration_ms": duration_ms,
            },
        )


class AccessJSONFormatter(logging.Formatter):
    """Writes an access record as one line of JSON; any other record with its message.

    ``logging.getLogger("etesian.access").handlers[0].setFormatter(AccessJSONFormatter())``.
    The time is UTC as in RFC 3339.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without its end."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname,
        }
        known = {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        entry.update(known or {"message": record.getMessage()})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        # ASCII only: no separator of lines can be in it.
        return json.dumps(entry, default=str)
