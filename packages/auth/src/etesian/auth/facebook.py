"""Login with Facebook, and its Graph API."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, ClassVar

from etesian.auth.interface import AuthError
from etesian.auth.oauth2 import OAuth2Mixin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FacebookGraphMixin"]

# What a login asks for unless the caller wants more.
_PROFILE = ("id", "name", "first_name", "last_name", "locale", "picture", "link")


class FacebookGraphMixin(OAuth2Mixin):
    """OAuth 2 at Facebook, and requests to the Graph API."""

    _OAUTH_AUTHORIZE_URL: ClassVar[str] = "https://www.facebook.com/dialog/oauth"
    _OAUTH_ACCESS_TOKEN_URL: ClassVar[str] = "https://graph.facebook.com/oauth/access_token"  # noqa: S105  # a URL
    _FACEBOOK_BASE_URL: ClassVar[str] = "https://graph.facebook.com"

    async def get_authenticated_user(
        self,
        redirect_uri: str,
        client_id: str,
        client_secret: str,
        code: str,
        extra_fields: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Give the user, with ``access_token`` and ``session_expires`` (seconds, as text).

        The fields are ``id``, ``name``, ``first_name``, ``last_name``,
        ``locale``, ``picture``, ``link`` and ``extra_fields``; ``None`` for what
        Facebook does not tell. Raises ``AuthError`` as
        :meth:`OAuth2Mixin.exchange_code` does, and what the HTTP client raises.
        """
        token = await self.exchange_code(
            redirect_uri, client_id=client_id, client_secret=client_secret, code=code
        )
        access_token = token["access_token"]
        fields = dict.fromkeys((*_PROFILE, *(extra_fields or ())))
        # The proof shows that whoever has the token has the application's secret too.
        proof = hmac.digest(client_secret.encode(), access_token.encode(), "sha256").hex()
        profile = await self.facebook_request(
            "/me", access_token, fields=",".join(fields), appsecret_proof=proof
        )
        if not isinstance(profile, dict):
            raise AuthError("the provider's answer is not a JSON object")
        return {name: profile.get(name) for name in fields} | {
            "access_token": access_token,
            "session_expires": str(token.get("expires_in", 0)),
        }

    async def facebook_request(
        self,
        path: str,
        access_token: str | None = None,
        post_args: Mapping[str, Any] | None = None,
        **args: Any,
    ) -> Any:
        """Give the answer of the Graph API for ``path``, such as ``/me/feed``.

        The rest is as for :meth:`OAuth2Mixin.oauth2_request`.
        """
        url = self._FACEBOOK_BASE_URL + path
        return await self.oauth2_request(url, access_token, post_args, **args)
