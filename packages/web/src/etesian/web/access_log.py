"""One record for every request that is done, and formatters for it."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from etesian.web.log_text import one_line
from etesian.web.masking import masked_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.interface import HTTPServerRequest
    from etesian.web.handler import RequestHandler

__all__ = ["AccessJSONFormatter", "AccessLog", "AccessTextFormatter", "log_access"]

_logger = logging.getLogger("etesian.access")

# The attributes that an access record has beside those of any record.
_FIELDS: Final = (
    "request_id",
    "remote_ip",
    "method",
    "uri",
    "route",
    "handler",
    "status",
    "bytes_sent",
    "duration_ms",
)


class AccessLog:
    """Writes to ``etesian.access``: info below status 400, warning below 500, else error.

    Where the level is off it costs a comparison. The message is a line of text; what
    is in it, and more, are attributes of the record: ``request_id``, ``remote_ip``,
    ``method``, ``uri`` (the values of arguments that sound like secrets masked),
    ``route`` (the regex that fitted, ``None`` where none did), ``handler`` (the name of
    its class), ``status``, ``bytes_sent`` (of the body, ``None`` where the client left)
    and ``duration_ms``. It is written in the context of the request, so that filters
    see the context variables that the handler set.
    """

    __slots__ = ()

    def write(self, handler: RequestHandler) -> None:
        """Log the request of ``handler``, which has its final status."""
        status = handler.get_status()
        if status >= 400 or _logger.isEnabledFor(logging.INFO):
            log_access(handler.request, status, lambda: _details(handler))


def log_access(
    request: HTTPServerRequest, status: int, details: Callable[[], dict[str, Any]]
) -> None:
    """Log a request that is done, as :class:`AccessLog` says.

    ``details`` is called only where the record is made; it gives the attributes that
    only the answering side knows.
    """
    level = logging.INFO
    if status >= 400:
        level = logging.WARNING if status < 500 else logging.ERROR
    if not _logger.isEnabledFor(level):
        return
    duration_ms = 1000.0 * request.request_time()
    uri = masked_uri(request.uri)
    line = f"{status} {request.method} {uri} ({request.remote_ip}) {duration_ms:.2f}ms"
    known = {
        "remote_ip": request.remote_ip,
        "method": request.method,
        "uri": uri,
        "status": status,
        "duration_ms": duration_ms,
    }
    # One text without arguments: nothing is left to format, and nothing of the peer's can be
    # taken for a format.
    _logger.log(level, one_line(line), extra=known | details())


def _details(handler: RequestHandler) -> dict[str, Any]:
    return {
        "request_id": handler.request_id,
        "route": handler.application.route_pattern(handler.request),
        "handler": type(handler).__qualname__,
        "bytes_sent": handler.get_sent_size(),
    }


class AccessJSONFormatter(logging.Formatter):
    """Writes an access record as one line of JSON; any other record with its message.

    ``logging.getLogger("etesian.access").handlers[0].setFormatter(AccessJSONFormatter())``.
    The time is UTC as in RFC 3339.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without its end."""
        entry: dict[str, object] = {"time": _moment(record), "level": record.levelname}
        entry.update(_known(record) or {"message": record.getMessage()})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        # ASCII only: no separator of lines can be in it.
        return json.dumps(entry, default=str)


class AccessTextFormatter(logging.Formatter):
    """Writes an access record as one line of ``name=value`` pairs behind time and level.

    Values with spaces, quotes or other than printable ASCII are in quotes, escaped
    as in JSON. Any other record has its message as the only value.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without its end."""
        known = _known(record) or {"message": record.getMessage()}
        if record.exc_info:
            known["exception"] = self.formatException(record.exc_info)
        pairs = " ".join(f"{name}={_quoted(value)}" for name, value in known.items())
        return f"{_moment(record)} {record.levelname} {pairs}"


def _known(record: logging.LogRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}


def _moment(record: logging.LogRecord) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{moment}.{int(record.msecs):03}Z"


def _quoted(value: object) -> str:
    if value is None:
        return "-"
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    if text and text.isascii() and text.isprintable() and not set(text) & {" ", '"', "=", "\\"}:
        return text
    return json.dumps(text)
