"""Cookies of the request, and those that the response sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from etesian.web.handler_parts.headers import ResponseHead
from etesian.web.set_cookie import format_set_cookie

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.cookies import Morsel

    from etesian.web.set_cookie import CookieExpiry

__all__ = ["Cookies"]

_Default = TypeVar("_Default")


class Cookies(ResponseHead):
    """Plain cookies; anybody can have made up what a request brings."""

    # Name -> the text of the Set-Cookie header; survives clear(), as an error page needs it.
    _new_cookies: dict[str, str] | None = None

    @property
    def cookies(self) -> Mapping[str, Morsel[str]]:
        """The cookies of the request by name; a cookie's text is its ``value``."""
        return self.request.cookies

    @overload
    def get_cookie(self, name: str) -> str | None: ...
    @overload
    def get_cookie(self, name: str, default: _Default) -> str | _Default: ...
    def get_cookie(self, name: str, default: object = None) -> object:
        """Give the text of a cookie of the request, UTF-8 where it is that, or ``default``."""
        morsel = self.request.cookies.get(name)
        return default if morsel is None else _as_utf8(morsel.value)

    def set_cookie(  # noqa: PLR0917 - the documented signature
        self,
        name: str,
        value: str | bytes,
        domain: str | None = None,
        expires: CookieExpiry | None = None,
        path: str = "/",
        expires_days: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Set a cookie with the response; a second call for a name replaces the first.

        ``expires`` is seconds since 1970, a tuple or a datetime; ``expires_days``
        counts from now. ``kwargs`` are further attributes: ``max_age`` (seconds),
        ``httponly``, ``secure``, ``samesite``, ``partitioned``.

        Raises ``ValueError`` for what cannot stand in the header: control
        characters, a name that is no token, ``;`` in an attribute.
        """
        header = format_set_cookie(
            name,
            value,
            domain=domain,
            expires=expires,
            path=path,
            expires_days=expires_days,
            attributes=kwargs,
        )
        if self._new_cookies is None:
            self._new_cookies = {}
        self._new_cookies[name] = header

    def clear_cookie(
        self, name: str, path: str = "/", domain: str | None = None, **kwargs: Any
    ) -> None:
        """Make the browser forget a cookie; path and domain must be those it was set with."""
        self.set_cookie(name, "", path=path, domain=domain, expires=0, **kwargs)

    def clear_all_cookies(self, path: str = "/", domain: str | None = None, **kwargs: Any) -> None:
        """Make the browser forget every cookie that came with this request."""
        for name in self.request.cookies:
            self.clear_cookie(name, path=path, domain=domain, **kwargs)


def _as_utf8(value: str) -> str:
    """Read the octets of a header, which came as latin-1, the way :meth:`set_cookie` writes."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
