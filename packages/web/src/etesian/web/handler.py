"""The base class of every request handler."""

from __future__ import annotations

from etesian.web.handler_parts.errors import Errors
from etesian.web.handler_parts.redirects import Redirects
from etesian.web.handler_parts.rendering import Rendering
from etesian.web.handler_parts.signing import SignedCookies

__all__ = ["RequestHandler"]


class RequestHandler(Errors, Redirects, Rendering, SignedCookies):
    """Answers the requests of a route; derive from it and define ``get``, ``post`` and so on.

    For each request an object is made; then run, in this order, ``initialize`` with
    the arguments of the route, ``prepare``, the method of the verb with what the
    route captured, and ``on_finish`` once the response was sent. ``prepare`` and
    the verbs may be coroutines. A response that was not finished by then is
    finished. An exception becomes an error page; :class:`HTTPError` chooses its
    status, :class:`Finish` ends the request without one.

    All methods belong to the thread of the event loop. The parts of the class, one
    module each, are in ``etesian.web.handler_parts``.
    """
