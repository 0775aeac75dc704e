"""OAuth 1 signatures (RFC 5849, 3), made by the field's own library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from oauthlib.oauth1 import Client  # type: ignore[import-untyped]  # it ships no types

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Credentials", "SignedRequest", "signed_request"]

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who signs: the application, and the user's token if there is one."""

    consumer_key: str
    consumer_secret: str
    token: str | None = None
    token_secret: str | None = None

    def __repr__(self) -> str:
        return f"<Credentials of {self.consumer_key!r}>"


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """What is to be sent; the signature is in the ``Authorization`` field."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: str | None


def signed_request(
    credentials: Credentials,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    callback: str | None = None,
    verifier: str | None = None,
) -> SignedRequest:
    """Give a GET of ``url``, or a POST of ``form``, signed with HMAC-SHA1.

    ``callback`` and ``verifier`` are those of 1.0a; ``None`` leaves them out.
    A nonce and the time are new with each call.
    """
    client = Client(
        credentials.consumer_key,
        client_secret=credentials.consumer_secret,
        resource_owner_key=credentials.token,
        resource_owner_secret=credentials.token_secret,
        callback_uri=callback,
        verifier=verifier,
    )
    method = "GET" if form is None else "POST"
    body = None if form is None else urlencode(form)
    headers = {} if form is None else {"Content-Type": _FORM}
    url, headers, body = client.sign(url, method, body, headers)
    return SignedRequest(url=url, method=method, headers=headers, body=body)
