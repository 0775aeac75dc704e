"""OAuth 1.0 and 1.0a (RFC 5849): three steps, all of them signed."""

from __future__ import annotations

import json
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urljoin

from etesian.auth.interface import AuthError
from etesian.auth.provider import ProviderMixin, with_query
from etesian.auth.signature import Credentials, signed_request
from etesian.http_wire.interface import HTTPClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etesian.http_wire.interface import AsyncHTTPClient

__all__ = ["OAuthMixin"]

_COOKIE = "_oauth_request_token"

# Seconds that a person may take at the provider, as for OAuth 2.
_MAX_AGE = 600


class OAuthMixin(ProviderMixin):
    """Sends the browser to a provider, and gives the user who returns.

    A subclass sets the URLs and overrides :meth:`_oauth_consumer_token` and
    :meth:`_oauth_get_user_future`. The handler awaits
    :meth:`authorize_redirect`, and :meth:`get_authenticated_user` when the
    request has an ``oauth_token``.

    The request token is kept in a signed cookie, so that only the browser that
    began a login can finish it; the application needs a ``cookie_secret``.
    """

    _OAUTH_REQUEST_TOKEN_URL: ClassVar[str]
    _OAUTH_AUTHORIZE_URL: ClassVar[str]
    _OAUTH_ACCESS_TOKEN_URL: ClassVar[str]
    _OAUTH_VERSION: ClassVar[str] = "1.0a"
    _OAUTH_NO_CALLBACKS: ClassVar[bool] = False

    async def authorize_redirect(
        self,
        callback_uri: str | None = None,
        extra_params: Mapping[str, str] | None = None,
        http_client: AsyncHTTPClient | None = None,
    ) -> None:
        """Get a request token and redirect the browser to the provider; ends the request.

        ``callback_uri`` is where it returns, relative to this request's URL,
        which is the default; ``oob`` is passed as it is. ``extra_params`` go
        with the request for the token.

        Raises ``AuthError`` where the provider gives no token, and where
        ``callback_uri`` is given to a provider that knows only the one it has
        on record (``_OAUTH_NO_CALLBACKS``).
        """
        await self._redirect_to(self._OAUTH_AUTHORIZE_URL, callback_uri, extra_params, http_client)

    async def get_authenticated_user(
        self, http_client: AsyncHTTPClient | None = None
    ) -> dict[str, Any]:
        """Give the user that the browser returns with, the ``access_token`` among the fields.

        Raises ``AuthError`` where this browser did not begin the login, where
        the provider gives no token, and where there is no user.
        """
        token, secret = self._recall_request_token()
        credentials = self._credentials({"key": token, "secret": secret})
        verifier = self.get_argument("oauth_verifier", None) if self._is_1_0a else None
        answer = await self._fetch_token(
            self._OAUTH_ACCESS_TOKEN_URL, credentials, http_client, verifier=verifier
        )
        access_token = {
            "key": answer.pop("oauth_token"),
            "secret": answer.pop("oauth_token_secret"),
            **answer,
        }
        user = await self._oauth_get_user_future(access_token)
        if not user:
            raise AuthError("the provider gave no user")
        user["access_token"] = access_token
        return user

    def _oauth_consumer_token(self) -> dict[str, str]:
        """Give ``key`` and ``secret`` of the application; to be overridden."""
        raise NotImplementedError

    async def _oauth_get_user_future(self, access_token: dict[str, str]) -> dict[str, Any]:
        """Give the fields of the user; to be overridden."""
        raise NotImplementedError

    async def _signed_fetch(
        self,
        url: str,
        access_token: Mapping[str, str] | None,
        form: Mapping[str, str] | None = None,
    ) -> bytes:
        """Give the body of a request signed for the user; raises what the HTTP client raises."""
        request = signed_request(self._credentials(access_token), url, form=form)
        response = await self.get_auth_http_client().fetch(
            request.url, method=request.method, headers=request.headers, body=request.body
        )
        return response.body

    @property
    def _is_1_0a(self) -> bool:
        return self._OAUTH_VERSION == "1.0a"

    def _credentials(self, token: Mapping[str, str] | None) -> Credentials:
        consumer = self._oauth_consumer_token()
        return Credentials(
            consumer_key=consumer["key"],
            consumer_secret=consumer["secret"],
            token=None if token is None else token["key"],
            token_secret=None if token is None else token["secret"],
        )

    async def _redirect_to(
        self,
        url: str,
        callback_uri: str | None,
        extra_params: Mapping[str, str] | None = None,
        http_client: AsyncHTTPClient | None = None,
    ) -> None:
        callback = self._callback(callback_uri)
        token = await self._fetch_token(
            with_query(self._OAUTH_REQUEST_TOKEN_URL, extra_params or {}),
            self._credentials(None),
            http_client,
            callback=callback if self._is_1_0a else None,
        )
        self.set_signed_cookie(
            _COOKIE,
            json.dumps([token["oauth_token"], token["oauth_token_secret"]]),
            expires_days=None,
            max_age=_MAX_AGE,
            httponly=True,
            secure=self.request.protocol == "https",
            samesite="Lax",
        )
        parameters = {"oauth_token": token["oauth_token"]}
        if callback is not None and not self._is_1_0a:
            parameters["oauth_callback"] = callback
        self.redirect(with_query(url, parameters))

    def _callback(self, callback_uri: str | None) -> str | None:
        if self._OAUTH_NO_CALLBACKS:
            if callback_uri is not None:
                raise AuthError("this provider takes no callback_uri")
            return None
        if callback_uri == "oob":
            return callback_uri
        return urljoin(self.request.full_url(), callback_uri or "")

    async def _fetch_token(
        self,
        url: str,
        credentials: Credentials,
        http_client: AsyncHTTPClient | None,
        *,
        callback: str | None = None,
        verifier: str | None = None,
    ) -> dict[str, str]:
        request = signed_request(credentials, url, callback=callback, verifier=verifier)
        client = http_client or self.get_auth_http_client()
        try:
            response = await client.fetch(
                request.url, headers=request.headers, follow_redirects=False
            )
            token = dict(parse_qsl(response.body.decode("ascii"), keep_blank_values=True))
        except (HTTPClientError, OSError) as error:
            # Not chained: the response may repeat what was sent.
            raise AuthError(f"the provider gave no token: {error}") from None
        except UnicodeError:
            raise AuthError("the provider's answer is not a form") from None
        if not {"oauth_token", "oauth_token_secret"} <= token.keys():
            raise AuthError("the provider's answer has no oauth_token and oauth_token_secret")
        return token

    def _recall_request_token(self) -> tuple[str, str]:
        """Give the token of the login that this browser began, and forget it: it serves once."""
        cookie = self.get_signed_cookie(_COOKIE)
        self.clear_cookie(_COOKIE)
        try:
            token, secret = json.loads(cookie or b"")
        except ValueError:
            raise AuthError("no login was begun in this browser") from None
        returned = self.get_argument("oauth_token", None) or ""
        if not compare_digest(str(token).encode(), returned.encode("utf-8", "surrogatepass")):
            raise AuthError("the oauth_token is not that of the login")
        return token, secret
