"""``tornado.auth``: third-party login."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "auth": """
            AuthError OpenIdMixin OAuthMixin OAuth2Mixin GoogleOAuth2Mixin
            FacebookGraphMixin TwitterMixin
        """,
    },
)
