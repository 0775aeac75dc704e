"""What handlers are decorated with."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode, urlsplit

from etesian.web.handler import RequestHandler
from etesian.web.interface import HTTPError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["addslash", "authenticated", "removeslash", "stream_request_body"]

_P = ParamSpec("_P")
_H = TypeVar("_H", bound=RequestHandler)
_C = TypeVar("_C", bound=type[RequestHandler])

if TYPE_CHECKING:
    _Method = Callable[Concatenate[_H, _P], Awaitable[None] | None]


def authenticated(method: _Method[_H, _P]) -> _Method[_H, _P]:
    """Let a method run for logged in users only (``current_user`` is true).

    Others are redirected to the login URL for GET and HEAD, and get 403 for other
    verbs. The login URL is told where to come back to in ``next``, unless it has a
    query already.
    """

    @functools.wraps(method)
    def wrapper(self: _H, /, *args: _P.args, **kwargs: _P.kwargs) -> Awaitable[None] | None:
        if self.current_user:
            return method(self, *args, **kwargs)
        if self.request.method not in ("GET", "HEAD"):
            raise HTTPError(403)
        url = self.get_login_url()
        if "?" not in url:
            absolute = urlsplit(url).scheme
            back = self.request.full_url() if absolute else self.request.uri
            url += "?" + urlencode({"next": back})
        self.redirect(url)
        return None

    return wrapper


def addslash(method: _Method[_H, _P]) -> _Method[_H, _P]:
    """Redirect (301) to the same path with a slash at its end, where it has none.

    For GET and HEAD; other verbs get 404 then. The query is kept. The route must
    accept both: ``r"/foo/?"``.
    """

    @functools.wraps(method)
    def wrapper(self: _H, /, *args: _P.args, **kwargs: _P.kwargs) -> Awaitable[None] | None:
        path = self.request.path
        if path.endswith("/"):
            return method(self, *args, **kwargs)
        _redirect_to_path(self, path + "/")
        return None

    return wrapper


def removeslash(method: _Method[_H, _P]) -> _Method[_H, _P]:
    """Redirect (301) to the same path without slashes at its end; ``/`` stays.

    Else as :func:`addslash`; the route is like ``r"/foo/*"``.
    """

    @functools.wraps(method)
    def wrapper(self: _H, /, *args: _P.args, **kwargs: _P.kwargs) -> Awaitable[None] | None:
        path = self.request.path
        shorter = path.rstrip("/")
        if shorter in (path, ""):
            return method(self, *args, **kwargs)
        _redirect_to_path(self, shorter)
        return None

    return wrapper


def stream_request_body(cls: _C) -> _C:
    """Let a handler class take the body in pieces, as they come.

    ``prepare`` runs when the head is there, then ``data_received(chunk)`` for every
    piece, then the verb. An awaitable from the first two pauses reading. There are
    no body arguments. Raises ``TypeError`` for what is no handler class.
    """
    if not issubclass(cls, RequestHandler):
        raise TypeError(f"expected a subclass of RequestHandler, got {cls!r}")
    cls._stream_request_body = True
    return cls


def _redirect_to_path(handler: RequestHandler, path: str) -> None:
    """Send the client to another spelling of the path it asked for."""
    if handler.request.method not in ("GET", "HEAD"):
        raise HTTPError(404)
    # "//host" would be another server.
    url = "/" + path.lstrip("/")
    if handler.request.query:
        url += "?" + handler.request.query
    handler.redirect(url, permanent=True)
