"""Redirects by configuration."""

from __future__ import annotations

from urllib.parse import quote

from etesian.web.handler import RequestHandler

__all__ = ["RedirectHandler"]


class RedirectHandler(RequestHandler):
    """Redirects ``GET`` to a fixed URL: ``(r"/old/(.*)", RedirectHandler, {"url": "/new/{0}"})``.

    What the route captures is put in by ``str.format``, so a literal brace is
    doubled; unnamed groups are ``{0}``, ``{1}``, named ones go by name. It is
    percent-encoded (but for slashes), and leading slashes of a capture at the very
    start of the URL are one: it cannot lead to another host. The query of the
    request is kept. The status is 301, or 302 where ``permanent`` is false.
    """

    def initialize(self, url: str, permanent: bool = True) -> None:
        """Take the pattern of the URL."""
        self._url = url
        self._permanent = permanent

    def get(self, *args: str | None, **kwargs: str | None) -> None:
        """Redirect."""
        url = self._url.format(
            *(quote(value or "", safe="/") for value in args),
            **{name: quote(value or "", safe="/") for name, value in kwargs.items()},
        )
        if self._url.startswith(("{", "/{")):
            url = "/" + url.lstrip("/")
        if self.request.query:
            url += ("&" if "?" in url else "?") + self.request.query
        self.redirect(url, permanent=self._permanent)
