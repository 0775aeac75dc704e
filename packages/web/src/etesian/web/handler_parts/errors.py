"""From an exception to an error page, and to the log."""

# ruff: noqa: BLE001 - an application's hooks may raise anything, and the response must end.

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

from etesian.http_wire.interface import HTTPInputError
from etesian.web.debug_page import debug_page
from etesian.web.error_pages import (
    html_page,
    is_from_loopback,
    problem_document,
    wants_problem_document,
)
from etesian.web.handler_parts.headers import reason_of
from etesian.web.handler_parts.response import Response
from etesian.web.interface import Finish, HTTPError
from etesian.web.log_text import one_line
from etesian.web.masking import masked_uri
from etesian.web.output_grammar import is_reason_phrase

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["LOOPBACK_ONLY", "Errors"]

_application_log = logging.getLogger("etesian.application")
_general_log = logging.getLogger("etesian.general")

# The value of ``serve_traceback`` that the debug mode sets.
LOOPBACK_ONLY = "loopback"
# What nginx made the custom for "the client left first"; it stands in the log only.
_CLIENT_CLOSED_REQUEST = 499


class Errors(Response):
    """Error responses; every uncaught exception becomes one."""

    _error_sent = False

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Drop what was not sent yet, and answer with an error page of this status.

        ``reason`` replaces the standard phrase; all ``kwargs`` go to
        :meth:`write_error`. Where the headers were sent already, the connection is cut, so
        that nobody takes what came for the whole. The second call of a request does
        nothing.
        """
        if self._error_sent or self._finished:
            return
        self._error_sent = True
        if self._headers_written:
            _general_log.error("Cannot send an error page: the headers were sent already")
            self._cut_response()
            return
        self.clear()
        self.set_status(status_code, _reason_for(status_code, kwargs))
        if status_code == 405:
            # RFC 9110, 15.5.6: the answer must say which methods there are.
            self.set_header("Allow", ", ".join(self._allowed_methods()))
        try:
            self.write_error(status_code, **kwargs)
        except Exception:
            _application_log.exception("Uncaught exception in write_error")
        if not self._finished:
            self._end_response()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the error page and finish. Override it for other pages.

        ``exc_info`` in ``kwargs`` is the exception as a triple, where there is one.
        With the setting ``serve_traceback`` the page is the traceback as plain
        text. In debug mode only clients on this machine see it, and browsers get it
        with the source and the request. Else it is one line with status and phrase:
        HTML, or a problem document (RFC 9457) for a client that asks for JSON.
        """
        shown = self.settings.get("serve_traceback") if "exc_info" in kwargs else None
        if shown == LOOPBACK_ONLY and not is_from_loopback(self.request):
            shown = None
        if shown == LOOPBACK_ONLY and "text/html" in self.request.headers.get("Accept", ""):
            status = f"{status_code} {self._reason}"
            self.finish(debug_page(self.request, status, kwargs["exc_info"][1]))
        elif shown:
            self.set_header("Content-Type", "text/plain; charset=UTF-8")
            self.finish("".join(traceback.format_exception(*kwargs["exc_info"])))
        elif wants_problem_document(self.request):
            self.set_header("Content-Type", "application/problem+json")
            self.finish(problem_document(status_code, self._reason))
        else:
            self.finish(html_page(status_code, self._reason))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log an uncaught exception. Override it to report to elsewhere.

        An :class:`HTTPError` with a message is one warning on ``etesian.general``;
        anything else an error with its traceback on ``etesian.application``.
        """
        if isinstance(value, HTTPInputError):
            _general_log.warning("%d %s: %s", value.status_code, self._summary(), one_line(value))
        elif not isinstance(value, HTTPError):
            _application_log.error(
                "Uncaught exception %s",
                self._summary(),
                exc_info=(typ, value, tb),  # type: ignore[arg-type]
            )
        elif value.log_message:
            message = value.log_message % value.args if value.args else value.log_message
            _general_log.warning("%d %s: %s", value.status_code, self._summary(), one_line(message))

    def _handle_request_exception(self, e: BaseException) -> None:
        """End the request as the exception asks for; raises nothing itself."""
        if isinstance(e, Finish):
            if not self._finished:
                self.finish(*e.args)
            return
        if self._client_gone and isinstance(e, OSError):
            return
        exc_info = (type(e), e, e.__traceback__)
        try:
            self.log_exception(*exc_info)
        except Exception:
            _application_log.exception("Uncaught exception in log_exception")
        if self._finished:
            return
        status = e.status_code if isinstance(e, HTTPError | HTTPInputError) else 500
        self.send_error(status, exc_info=exc_info)

    def _abandon(self) -> None:
        """End a request to which nothing more can be written: its hooks still run."""
        if self._finished:
            return
        self._finished = True
        if self._client_gone and not self._headers_written:
            self.set_status(_CLIENT_CLOSED_REQUEST, "Client Closed Request")
        try:
            self._log()
            self.on_finish()
        except Exception:
            _application_log.exception("Uncaught exception in on_finish")

    def _end_response(self) -> None:
        """Finish; what goes wrong then can only be logged."""
        try:
            self.finish()
        except Exception:
            _general_log.exception("The response could not be ended")
            self._cut_response()

    def _cut_response(self) -> None:
        """Break off what cannot be ended, so that the client sees that it is not whole."""
        self.request.connection.abort()
        self._abandon()

    def _summary(self) -> str:
        request = self.request
        return one_line(f"{request.method} {masked_uri(request.uri)} ({request.remote_ip})")


def _reason_for(status_code: int, kwargs: dict[str, Any]) -> str:
    """Give the phrase of an error: the caller's, the exception's, or the standard one."""
    value = kwargs["exc_info"][1] if "exc_info" in kwargs else None
    reason = kwargs.get("reason") or (value.reason if isinstance(value, HTTPError) else None)
    # The phrase may hold what the client sent: it must not break the status line.
    return reason if reason and is_reason_phrase(reason) else reason_of(status_code)
