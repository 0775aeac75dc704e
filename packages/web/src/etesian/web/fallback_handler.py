"""Hands a request to what is not a request handler."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from etesian.web.handler import RequestHandler
from etesian.web.routing.current_route import reached_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["FallbackHandler"]


class FallbackHandler(RequestHandler):
    """Gives the request to a function that answers it: a ``WSGIContainer``, for example.

    ``(r".*", FallbackHandler, {"fallback": container})``. The function gets the
    whole request, body included, and answers through ``request.connection``.
    """

    def initialize(self, fallback: Callable[[HTTPServerRequest], object]) -> None:
        """Take the function."""
        self._fallback = fallback

    def prepare(self) -> None:
        """Hand the request over; nothing of this handler is written."""
        with reached_by(partial(self.application.route_pattern, self.request)):
            self._fallback(self.request)
        self._leave_http()
        self.on_finish()

    def check_xsrf_cookie(self) -> None:
        """Check nothing: that is for those who know what the request is for."""
