"""Login with Twitter, and requests to its API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from etesian.auth.interface import AuthError
from etesian.auth.oauth1 import OAuthMixin
from etesian.auth.provider import with_query

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TwitterMixin"]


class TwitterMixin(OAuthMixin):
    """OAuth 1.0a at Twitter.

    The settings ``twitter_consumer_key`` and ``twitter_consumer_secret`` are
    needed, and raise ``AuthError`` where they are missing.
    """

    _OAUTH_REQUEST_TOKEN_URL: ClassVar[str] = "https://api.twitter.com/oauth/request_token"  # noqa: S105  # a URL
    _OAUTH_ACCESS_TOKEN_URL: ClassVar[str] = "https://api.twitter.com/oauth/access_token"  # noqa: S105  # a URL
    _OAUTH_AUTHORIZE_URL: ClassVar[str] = "https://api.twitter.com/oauth/authorize"
    _OAUTH_AUTHENTICATE_URL: ClassVar[str] = "https://api.twitter.com/oauth/authenticate"
    _OAUTH_NO_CALLBACKS: ClassVar[bool] = False
    _TWITTER_BASE_URL: ClassVar[str] = "https://api.twitter.com/1.1"

    async def authenticate_redirect(self, callback_uri: str | None = None) -> None:
        """As :meth:`authorize_redirect`, but who has consented before is not asked again."""
        await self._redirect_to(self._OAUTH_AUTHENTICATE_URL, callback_uri)

    async def twitter_request(
        self,
        path: str,
        access_token: Mapping[str, str] | None = None,
        post_args: Mapping[str, Any] | None = None,
        **args: Any,
    ) -> Any:
        """Give the decoded answer of the API.

        ``path`` has neither version nor format, as in
        ``/statuses/user_timeline``; a whole URL is taken as it is. ``args`` go
        into the query, ``post_args`` are posted as a form, and with
        ``access_token`` the request is signed for that user. Raises what the
        HTTP client raises, and ``AuthError`` for an answer that is not JSON.
        """
        whole = path.startswith(("http:", "https:"))
        url = path if whole else f"{self._TWITTER_BASE_URL}{path}.json"
        url = with_query(url, {name: str(value) for name, value in args.items()})
        form = None if post_args is None else {n: str(value) for n, value in post_args.items()}
        body = await self._signed_fetch(url, access_token, form)
        try:
            return json.loads(body)
        except ValueError:
            raise AuthError("the provider's answer is not JSON") from None

    def _oauth_consumer_token(self) -> dict[str, str]:
        return {
            "key": self._auth_setting("twitter_consumer_key"),
            "secret": self._auth_setting("twitter_consumer_secret"),
        }

    async def _oauth_get_user_future(self, access_token: dict[str, str]) -> dict[str, Any]:
        user = await self.twitter_request("/account/verify_credentials", access_token)
        if not isinstance(user, dict):
            raise AuthError("the provider's answer is not a JSON object")
        user["username"] = user.get("screen_name")
        return user
