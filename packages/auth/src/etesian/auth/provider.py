"""How the mixins talk to a provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from etesian.auth.interface import AuthError
from etesian.http_wire.interface import AsyncHTTPClient, HTTPClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etesian.auth.interface import LoginHandler

    HandlerBase = LoginHandler
else:
    # A Protocol with bodies among the bases of a handler could shadow the handler's own methods.
    HandlerBase = object

__all__ = ["HandlerBase", "ProviderMixin", "decode_json", "with_query"]


class ProviderMixin(HandlerBase):
    """The HTTP client of a login mixin."""

    def get_auth_http_client(self) -> AsyncHTTPClient:
        """Give the client of every fetch; override it for another, or for its options."""
        return AsyncHTTPClient()

    def _auth_setting(self, name: str) -> Any:
        """Give a setting of the application; raises ``AuthError`` without it."""
        try:
            return self.settings[name]
        except KeyError:
            raise AuthError(f"the application has no setting {name!r}") from None

    async def _post_credentials(self, url: str, form: Mapping[str, str]) -> bytes:
        """Post secrets to the provider, and give the body of its answer.

        Redirects are not followed: secrets go to the address they are meant
        for. Raises ``AuthError`` for a status other than 2xx and for no answer.
        """
        try:
            response = await self.get_auth_http_client().fetch(
                url, method="POST", body=urlencode(form), headers=_FORM, follow_redirects=False
            )
        except (HTTPClientError, OSError) as error:
            # Not chained: the response may repeat what was sent.
            raise AuthError(f"the provider gave no success: {error}") from None
        return response.body


_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def decode_json(body: bytes) -> dict[str, Any]:
    """Give the JSON object in ``body``; raises ``AuthError`` for anything else."""
    try:
        value = json.loads(body)
    except ValueError:
        raise AuthError("the provider's answer is not JSON") from None
    if not isinstance(value, dict):
        raise AuthError("the provider's answer is not a JSON object")
    return value


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """Give ``url`` with more parameters in its query."""
    if not parameters:
        return url
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode(parameters)}"
