"""Answers with one status, whatever is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.web.handler import RequestHandler
from etesian.web.interface import HTTPError

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["ErrorHandler"]


class ErrorHandler(RequestHandler):
    """Gives an error page of one status to every request, with any verb."""

    def initialize(self, status_code: int) -> None:
        """Take the status."""
        self.set_status(status_code)

    def prepare(self) -> Awaitable[None] | None:
        """End the request."""
        raise HTTPError(self._status_code)

    def check_xsrf_cookie(self) -> None:
        """Check nothing: the error page changes nothing either."""
