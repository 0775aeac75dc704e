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
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etesian.auth.oauth2 import OAuth2Mixin

    from etesian import auth as api

__all__ = ["AuthError", "LoginHandler", "OAuth2Mixin", "api"]


class AuthError(Exception):
    """The provider refused the login, or its answer cannot be trusted."""


class LoginHandler(Protocol):
    """The request handler that a login mixin is combined with."""

    @property
    def settings(self) -> Mapping[str, object]:
        """The application's settings; credentials of the providers among them."""
        ...

    def get_argument(self, name: str, default: str | None = ...) -> str | None:
        """Give an argument of the request, or the default."""
        ...

    def get_signed_cookie(self, name: str) -> bytes | None:
        """Give the value of a cookie that we signed, or ``None``."""
        ...

    def set_signed_cookie(self, name: str, value: str | bytes) -> None:
        """Send a cookie that nobody else can make or change."""
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
