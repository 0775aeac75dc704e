"""What other packages may know of third-party login, and what it asks of them.

The mixins are combined with a request handler; :class:`LoginHandler` says what
they need of it, so that ``auth`` works with any framework that offers it.

Doors (the implementation loads when the name is first asked for):

``OAuth2Mixin``
    The OAuth 2 code flow, to be combined with a handler.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from etesian import auth as api
    from etesian.auth.oauth2 import OAuth2Mixin

__all__ = ["AuthError", "LoginHandler", "LoginRequest", "OAuth2Mixin", "api"]


class AuthError(Exception):
    """The provider refused the login, or its answer cannot be trusted.

    The text says which check failed and holds no secret.
    """


class LoginRequest(Protocol):
    """The request that a login handler answers."""

    @property
    def protocol(self) -> str:
        """``http`` or ``https``, as the browser sees it."""
        ...

    @property
    def arguments(self) -> Mapping[str, Sequence[bytes]]:
        """The arguments of query and body, decoded from their percent signs."""
        ...

    def full_url(self) -> str:
        """Give the URL as the browser sees it."""
        ...


class LoginHandler(Protocol):
    """The request handler that a login mixin is combined with."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The application's settings; credentials of the providers among them."""
        ...

    @property
    def request(self) -> LoginRequest:
        """The request that is being answered."""
        ...

    def get_argument(self, name: str, default: str | None = ...) -> str | None:
        """Give an argument of the request, or the default."""
        ...

    def get_signed_cookie(self, name: str) -> bytes | None:
        """Give the value of a cookie that we signed, or ``None``."""
        ...

    def set_signed_cookie(
        self, name: str, value: str, expires_days: float | None = ..., **attributes: Any
    ) -> None:
        """Send a cookie that nobody else can make or change.

        Without ``expires_days`` the browser keeps it until it ends. The
        attributes are ``httponly``, ``secure``, ``samesite`` and ``max_age`` in
        seconds (RFC 6265bis).
        """
        ...

    def clear_cookie(self, name: str) -> None:
        """Make the browser forget a cookie of ours."""
        ...

    def redirect(self, url: str) -> None:
        """End the request with a redirect."""
        ...


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.auth")
    return package if name == "api" else getattr(package, name)
