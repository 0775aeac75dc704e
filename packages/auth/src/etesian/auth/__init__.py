"""Login through third parties: OpenID, OAuth 1.0a, OAuth 2, and providers built on them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.auth.facebook import FacebookGraphMixin
    from etesian.auth.google import GoogleOAuth2Mixin
    from etesian.auth.interface import AuthError, LoginHandler, LoginRequest
    from etesian.auth.next_url import local_next_url
    from etesian.auth.oauth1 import OAuthMixin
    from etesian.auth.oauth2 import OAuth2Mixin
    from etesian.auth.openid import OpenIdMixin
    from etesian.auth.twitter import TwitterMixin

__all__ = [
    "AuthError",
    "FacebookGraphMixin",
    "GoogleOAuth2Mixin",
    "LoginHandler",
    "LoginRequest",
    "OAuth2Mixin",
    "OAuthMixin",
    "OpenIdMixin",
    "TwitterMixin",
    "local_next_url",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "AuthError": "interface",
    "FacebookGraphMixin": "facebook",
    "GoogleOAuth2Mixin": "google",
    "LoginHandler": "interface",
    "LoginRequest": "interface",
    "OAuth2Mixin": "oauth2",
    "OAuthMixin": "oauth1",
    "OpenIdMixin": "openid",
    "TwitterMixin": "twitter",
    "local_next_url": "next_url",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
