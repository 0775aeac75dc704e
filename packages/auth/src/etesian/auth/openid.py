"""OpenID 2.0 with attribute exchange, verified by asking the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from etesian.auth.interface import AuthError
from etesian.auth.provider import ProviderMixin, with_query
from etesian.http_wire.interface import HTTPClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from etesian.http_wire.interface import AsyncHTTPClient

__all__ = ["OpenIdMixin"]

_NS = "http://specs.openid.net/auth/2.0"
_SELECT = "http://specs.openid.net/auth/2.0/identifier_select"
_AX = "http://openid.net/srv/ax/1.0"

# Alias of our request -> the attribute's type (Attribute Exchange 1.0).
_TYPES = {
    "email": "http://axschema.org/contact/email",
    "fullname": "http://axschema.org/namePerson",
    "firstname": "http://axschema.org/namePerson/first",
    "lastname": "http://axschema.org/namePerson/last",
    "language": "http://axschema.org/pref/language",
    "username": "http://axschema.org/namePerson/friendly",
}

# OpenID Authentication 2.0, 10.1: an assertion that leaves one of these out of its signature says
# nothing about where or for whom it was made.
_MUST_BE_SIGNED = frozenset(
    ("op_endpoint", "return_to", "response_nonce", "claimed_id", "identity")
)


class OpenIdMixin(ProviderMixin):
    """Sends the browser to one fixed provider, and gives the user who returns.

    ``_OPENID_ENDPOINT`` is the provider's URL. An answer is believed only as
    far as its signature reaches and the provider, asked directly, confirms it.
    """

    _OPENID_ENDPOINT: ClassVar[str]

    def authenticate_redirect(
        self,
        callback_uri: str | None = None,
        ax_attrs: Iterable[str] = ("name", "email", "language", "username"),
    ) -> None:
        """Redirect the browser to the provider; ends the request.

        ``callback_uri`` is where it returns, relative to this request's URL,
        which is the default; its host is what the user is asked to trust.
        ``ax_attrs`` are the attributes wanted, of those named above.
        """
        return_to = urljoin(self.request.full_url(), callback_uri or "")
        arguments = {
            "openid.ns": _NS,
            "openid.mode": "checkid_setup",
            "openid.claimed_id": _SELECT,
            "openid.identity": _SELECT,
            "openid.return_to": return_to,
            "openid.realm": urljoin(return_to, "/"),
            **_attribute_request(set(ax_attrs)),
        }
        self.redirect(with_query(self._OPENID_ENDPOINT, arguments))

    async def get_authenticated_user(
        self, http_client: AsyncHTTPClient | None = None
    ) -> dict[str, Any]:
        """Give the user of the provider's answer in this request.

        ``claimed_id``, and what the provider tells of ``name``, ``first_name``,
        ``last_name``, ``email``, ``locale`` and ``username``; a missing name is
        put together from its parts.

        Raises ``AuthError`` where the user declined, where the answer was made
        for another address or by another endpoint, and where the provider does
        not confirm it.
        """
        answer = self._answer()
        signed = self._signed_part(answer)
        self._check_return_to(signed["return_to"])
        client = http_client or self.get_auth_http_client()
        try:
            response = await client.fetch(
                self._OPENID_ENDPOINT,
                method="POST",
                body=urlencode({**answer, "openid.mode": "check_authentication"}),
                follow_redirects=False,
            )
        except (HTTPClientError, OSError) as error:
            raise AuthError(f"the provider gave no success: {error}") from None
        if not _is_valid(response.body):
            raise AuthError("the provider does not confirm the answer")
        return _user(signed)

    def _answer(self) -> dict[str, str]:
        """Give all ``openid.`` arguments, each of which may come once."""
        answer: dict[str, str] = {}
        for name, values in self.request.arguments.items():
            if not name.startswith("openid."):
                continue
            if len(values) != 1:
                raise AuthError("the answer repeats an argument")
            answer[name] = values[0].decode("utf-8", "replace")
        return answer

    def _signed_part(self, answer: Mapping[str, str]) -> dict[str, str]:
        """Give what the signature covers, without the prefix."""
        if answer.get("openid.mode") != "id_res":
            raise AuthError("the provider sent no positive answer")
        names = answer.get("openid.signed", "").split(",")
        signed = {name: answer[f"openid.{name}"] for name in names if f"openid.{name}" in answer}
        if not signed.keys() >= _MUST_BE_SIGNED:
            raise AuthError("the signature leaves out what it must cover")
        if signed["op_endpoint"] != self._OPENID_ENDPOINT:
            raise AuthError("the answer comes from another endpoint")
        return signed

    def _check_return_to(self, return_to: str) -> None:
        """Compare as OpenID Authentication 2.0, 11.1 says."""
        here, there = urlsplit(self.request.full_url()), urlsplit(return_to)
        same = (here.scheme, here.netloc, here.path) == (there.scheme, there.netloc, there.path)
        present = parse_qsl(here.query, keep_blank_values=True)
        if not same or any(
            pair not in present for pair in parse_qsl(there.query, keep_blank_values=True)
        ):
            raise AuthError("the answer was made for another address")


def _attribute_request(wanted: set[str]) -> dict[str, str]:
    if "name" in wanted:
        wanted = wanted | {"fullname", "firstname", "lastname"}
    aliases = [alias for alias in _TYPES if alias in wanted]
    if not aliases:
        return {}
    return {
        "openid.ns.ax": _AX,
        "openid.ax.mode": "fetch_request",
        "openid.ax.required": ",".join(aliases),
        **{f"openid.ax.type.{alias}": _TYPES[alias] for alias in aliases},
    }


def _is_valid(body: bytes) -> bool:
    """Read key-value form (4.1.1): one ``key:value`` a line, nothing trimmed, nothing searched."""
    lines = body.split(b"\n")
    return b"is_valid:true" in lines and not any(
        line.startswith(b"is_valid:") and line != b"is_valid:true" for line in lines
    )


def _user(signed: Mapping[str, str]) -> dict[str, Any]:
    first, last = _attribute(signed, "firstname"), _attribute(signed, "lastname")
    found = {
        "name": _attribute(signed, "fullname") or " ".join(filter(None, (first, last))),
        "first_name": first,
        "last_name": last,
        "email": _attribute(signed, "email"),
        "locale": _attribute(signed, "language"),
        "username": _attribute(signed, "username"),
        "claimed_id": signed["claimed_id"],
    }
    return {name: value for name, value in found.items() if value}


def _attribute(signed: Mapping[str, str], alias: str) -> str:
    """Give a signed attribute by its type; the provider chooses the aliases (AX 1.0, 5.2)."""
    for name, value in signed.items():
        if name.startswith("ns.") and value == _AX:
            prefix = name.removeprefix("ns.")
            break
    else:
        return ""
    for name, value in signed.items():
        if name.startswith(f"{prefix}.type.") and value == _TYPES[alias]:
            their_alias = name.removeprefix(f"{prefix}.type.")
            single = signed.get(f"{prefix}.value.{their_alias}", "")
            return single or signed.get(f"{prefix}.value.{their_alias}.1", "")
    return ""
