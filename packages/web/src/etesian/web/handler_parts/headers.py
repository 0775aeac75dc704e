"""The status line and the header fields of the response, until they are sent."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from etesian.http_wire.interface import HTTPHeaders
from etesian.web.handler_parts.base import HandlerBase
from etesian.web.http_date import format_http_date
from etesian.web.output_grammar import is_reason_phrase

__all__ = ["ResponseHead", "reason_of"]

HeaderValue = str | bytes | int | datetime

_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
# What every response starts with, in the spelling of HTTPHeaders. ``Date`` is written by the
# connection.
_DEFAULTS: Final[dict[str, str | list[str]]] = {
    "Server": "Etesian",
    "Content-Type": "text/html; charset=UTF-8",
}


def reason_of(status_code: int) -> str:
    """Give the standard phrase of a status; ``Unknown`` where there is none."""
    return _REASONS.get(status_code, "Unknown")


class ResponseHead(HandlerBase):
    """Status and headers: set, replaced and cleared before they are sent."""

    _added_headers: dict[str, list[str]] | None = None

    def clear(self) -> None:
        """Begin the response anew: 200, the default headers, no output.

        Cookies that were set stay set. What was sent already stays sent.
        """
        self._headers = HTTPHeaders.from_valid(_DEFAULTS.copy())
        self._added_headers = None
        self._write_buffer = []
        self._status_code = 200
        self._reason = "OK"
        self.set_default_headers()

    def set_default_headers(self) -> None:
        """Set headers that every response of this handler has, error pages too. Override it."""

    def set_status(self, status_code: int, reason: str | None = None) -> None:
        """Set the status, as a number or :class:`http.HTTPStatus`.

        ``reason`` replaces the standard phrase. Raises ``ValueError`` for a number
        that is no status (100 to 999) and for a reason with control characters.
        """
        code = int(status_code)
        if not 100 <= code <= 999:
            raise ValueError(f"a status has three digits, got {code}")
        if reason is not None and not is_reason_phrase(reason):
            raise ValueError(f"invalid reason phrase {reason[:80]!r}")
        self._status_code = code
        self._reason = reason_of(code) if reason is None else reason

    def get_status(self) -> int:
        """Give the status as set so far."""
        return self._status_code

    def get_content_length(self) -> int | None:
        """Give the announced length of the body, in octets; ``None`` where none is announced."""
        length = self._headers.get("Content-Length", "")
        return int(length) if length.isascii() and length.isdigit() else None

    def set_header(self, name: str, value: HeaderValue) -> None:
        """Set a header in place of all that were set or added under its name, in any case.

        A ``datetime`` is written as HTTP date; one without zone is taken as UTC.
        Raises ``ValueError`` where the name is no token or the value holds a
        control character or more than latin-1, ``TypeError`` for other values.
        """
        if isinstance(value, str) and value.isascii():
            self._headers.put(name, value)  # as nearly always: a call less
        else:
            self._headers.put(name, _text(value))

    def add_header(self, name: str, value: HeaderValue) -> None:
        """Add a header beside those of the same name; else as :meth:`set_header`."""
        text = _text(value)
        self._headers.add(name, text)
        if self._added_headers is None:
            self._added_headers = {}
        self._added_headers.setdefault(name.lower(), []).append(text)

    def clear_header(self, name: str) -> None:
        """Undo :meth:`set_header`; what was added by :meth:`add_header` stays."""
        if name not in self._headers:
            return
        del self._headers[name]
        for text in (self._added_headers or {}).get(name.lower(), ()):
            self._headers.add(name, text)


def _text(value: object) -> str:
    if isinstance(value, str):
        if not value.isascii():
            value.encode("latin-1")  # What does not fit into octets is a ValueError here already.
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, datetime):
        return format_http_date(value)
    if isinstance(value, int):
        return str(int(value))
    raise TypeError(f"expected str, bytes, int or datetime, got {type(value).__name__}")
