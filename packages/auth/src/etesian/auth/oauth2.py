"""OAuth 2, the authorization code flow (RFC 6749, 4.1; RFC 7636; RFC 9700)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from etesian.auth.interface import AuthError
from etesian.auth.pending_login import MAX_AGE, PendingLogin
from etesian.auth.provider import ProviderMixin, decode_json, with_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["OAuth2Mixin"]

_COOKIE = "_oauth2_login"


class OAuth2Mixin(ProviderMixin):
    """Sends the browser to a provider, and exchanges the code it returns with.

    Set the two URLs and combine with a request handler::

        class LoginHandler(RequestHandler, OAuth2Mixin):
            _OAUTH_AUTHORIZE_URL = "https://provider.example/authorize"
            _OAUTH_ACCESS_TOKEN_URL = "https://provider.example/token"

            async def get(self):
                if self.get_argument("state", None) is None:
                    self.authorize_redirect(HERE, client_id=KEY, scope=["profile"])
                    return
                token = await self.exchange_code(HERE, client_id=KEY, client_secret=SECRET)

    ``HERE`` is a constant and not the URL of the request, whose host the
    request itself names.

    ``state`` and PKCE are not optional: both are made here and kept in a signed
    cookie for ten minutes, so that only the browser which began a login can
    finish it. The cookie goes with the first attempt to finish, whether that
    succeeds or not. The application needs a ``cookie_secret``.

    ``_OAUTH_ISSUER``, where set, must be what the provider names as ``iss``
    with the code (RFC 9207): a site of several providers cannot then be given
    the code of one as that of another.
    """

    _OAUTH_AUTHORIZE_URL: ClassVar[str]
    _OAUTH_ACCESS_TOKEN_URL: ClassVar[str]
    _OAUTH_ISSUER: ClassVar[str | None] = None

    def authorize_redirect(  # noqa: PLR0917  # the documented signature
        self,
        redirect_uri: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,  # noqa: ARG002  # documented; no place for it in a URL
        extra_params: Mapping[str, str] | None = None,
        scope: Iterable[str] | None = None,
        response_type: str = "code",
    ) -> None:
        """Redirect the browser to the provider's consent page, and end the request.

        ``redirect_uri`` is where it returns; left out, the provider's record of
        the client decides. ``scope`` is sent joined by spaces; ``extra_params``
        are sent as they are, but cannot replace ``state`` or ``code_challenge``.
        """
        pending = PendingLogin.begin(redirect_uri)
        self._remember(pending)
        parameters = {
            "response_type": response_type,
            "redirect_uri": redirect_uri,
            "client_id": client_id,
            "scope": None if scope is None else " ".join(scope),
            **(extra_params or {}),
            "state": pending.state,
            "code_challenge": pending.code_challenge,
            "code_challenge_method": "S256",
        }
        self.redirect(with_query(self._OAUTH_AUTHORIZE_URL, _without_none(parameters)))

    async def exchange_code(
        self,
        redirect_uri: str | None,
        *,
        client_id: str,
        client_secret: str | None = None,
        code: str | None = None,
        extra_params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Give the provider's token answer for the code of this request.

        ``redirect_uri`` is that of :meth:`authorize_redirect`, letter by letter;
        ``code`` is by default the argument of the request. The answer has an
        ``access_token`` and whatever else the provider tells.

        Raises ``AuthError`` where this browser did not begin the login, where
        the provider reports an error instead of a code, and where the exchange
        fails. No message holds a code, a token or a secret.
        """
        pending = self._recall()
        pending.check_redirect_uri(redirect_uri)
        form = {
            "grant_type": "authorization_code",
            "code": code or self._returned_code(),
            "redirect_uri": redirect_uri,
            "client_id": client_id,
            "client_secret": client_secret,
            "code_verifier": pending.code_verifier,
            **(extra_params or {}),
        }
        answer = await self._post_credentials(self._OAUTH_ACCESS_TOKEN_URL, _without_none(form))
        token = decode_json(answer)
        if not isinstance(token.get("access_token"), str):
            raise AuthError("the provider's answer has no access_token")
        return token

    async def oauth2_request(
        self,
        url: str,
        access_token: str | None = None,
        post_args: Mapping[str, Any] | None = None,
        **args: Any,
    ) -> Any:
        """Give the decoded JSON answer of the provider's API.

        ``access_token`` and ``args`` go into the query; ``post_args`` are posted
        as a form. Raises what the HTTP client raises, and ``AuthError`` for an
        answer that is not JSON.
        """
        url = with_query(url, _without_none({"access_token": access_token, **args}))
        client = self.get_auth_http_client()
        if post_args is None:
            response = await client.fetch(url)
        else:
            response = await client.fetch(url, method="POST", body=urlencode(dict(post_args)))
        try:
            return json.loads(response.body)
        except ValueError:
            raise AuthError("the provider's answer is not JSON") from None

    def _oauth_request_token_url(
        self,
        redirect_uri: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        code: str | None = None,
        extra_params: Mapping[str, str] | None = None,
    ) -> str:
        """Give the address of the token with all parameters in its query.

        For providers that know no other way. :meth:`exchange_code` posts them
        as a form, since addresses end up in logs.
        """
        parameters = {
            "redirect_uri": redirect_uri,
            "code": code,
            "client_id": client_id,
            "client_secret": client_secret,
            **(extra_params or {}),
        }
        return with_query(self._OAUTH_ACCESS_TOKEN_URL, _without_none(parameters))

    def _remember(self, pending: PendingLogin) -> None:
        self.set_signed_cookie(
            _COOKIE,
            pending.to_text(),
            expires_days=None,
            max_age=MAX_AGE,
            httponly=True,
            secure=self.request.protocol == "https",
            # The way back is a link from another site: "Strict" would keep the cookie from it.
            samesite="Lax",
        )

    def _recall(self) -> PendingLogin:
        """Give the login that this browser began, if the request returns from it; forget it."""
        text = self.get_signed_cookie(_COOKIE)
        self.clear_cookie(_COOKIE)
        pending = PendingLogin.from_text(text)
        pending.check_state(self.get_argument("state", None) or "")
        return pending

    def _returned_code(self) -> str:
        issuer = self.get_argument("iss", None)
        if self._OAUTH_ISSUER is not None and issuer != self._OAUTH_ISSUER:
            raise AuthError("the code comes from another issuer")
        if refusal := self.get_argument("error", None):
            raise AuthError(f"the provider refused: {refusal[:100]!r}")
        code = self.get_argument("code", None)
        if not code:
            raise AuthError("the provider returned no code")
        return code


def _without_none(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}
