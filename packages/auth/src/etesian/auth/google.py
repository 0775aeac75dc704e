"""Login with Google."""

from __future__ import annotations

from typing import Any, ClassVar

from etesian.auth.interface import AuthError
from etesian.auth.oauth2 import OAuth2Mixin

__all__ = ["GoogleOAuth2Mixin"]


class GoogleOAuth2Mixin(OAuth2Mixin):
    """OAuth 2 at Google; the setting ``google_oauth`` is a dict with ``key`` and ``secret``.

    ::

        class GoogleLoginHandler(RequestHandler, GoogleOAuth2Mixin):
            async def get(self):
                if self.get_argument("state", None) is None:
                    self.authorize_redirect(HERE, KEY, scope=["profile", "email"])
                    return
                token = await self.get_authenticated_user(HERE, self.get_argument("code"))
                user = await self.oauth2_request(
                    self._OAUTH_USERINFO_URL, access_token=token["access_token"]
                )
    """

    _OAUTH_AUTHORIZE_URL: ClassVar[str] = "https://accounts.google.com/o/oauth2/v2/auth"
    _OAUTH_ACCESS_TOKEN_URL: ClassVar[str] = "https://oauth2.googleapis.com/token"  # noqa: S105  # a URL
    _OAUTH_USERINFO_URL: ClassVar[str] = "https://www.googleapis.com/oauth2/v1/userinfo"
    _OAUTH_SETTINGS_KEY: ClassVar[str] = "google_oauth"

    async def get_authenticated_user(
        self,
        redirect_uri: str,
        code: str,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> dict[str, Any]:
        """Exchange the code for Google's token answer, which does not describe the user.

        Ask ``_OAUTH_USERINFO_URL`` with its ``access_token`` for that. Client
        id and secret are those of the setting unless given. Raises
        ``AuthError`` as :meth:`OAuth2Mixin.exchange_code` does, and where the
        setting is needed and incomplete.
        """
        if client_id is None or client_secret is None:
            client_id, client_secret = self._google_credentials()
        return await self.exchange_code(
            redirect_uri, client_id=client_id, client_secret=client_secret, code=code
        )

    def _google_credentials(self) -> tuple[str, str]:
        setting = self._auth_setting(self._OAUTH_SETTINGS_KEY)
        if not isinstance(setting, dict) or not {"key", "secret"} <= setting.keys():
            raise AuthError(f"the setting {self._OAUTH_SETTINGS_KEY!r} has no key and secret")
        return setting["key"], setting["secret"]
