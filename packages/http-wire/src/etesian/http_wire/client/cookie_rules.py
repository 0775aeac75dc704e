"""Which cookies a host may set, and for whom (RFC 6265bis, 5.7)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from etesian.http_wire.client.cookie import Cookie, default_path, domain_matches, is_address
from etesian.http_wire.client.set_cookie import parse_set_cookie
from etesian.http_wire.client.url import bracketed, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.set_cookie import SetCookie
    from etesian.http_wire.client.url import Target

__all__ = ["CookieRules", "public_suffix_list"]

_SECURE_PREFIX, _HOST_PREFIX = "__secure-", "__host-"

# Hosts whose answer is remembered: walking up their labels costs more than all else here.
_REMEMBERED = 1024


class CookieRules:
    """Judges cookies by themselves, by the host that sets them, and by public suffixes.

    ``site(host)`` gives the part of a host that was registered: one label more
    than the suffix.
    """

    def __init__(self, is_public_suffix: Callable[[str], bool]) -> None:
        """``is_public_suffix`` is asked in lower case, without a final dot."""
        self._is_public_suffix = lru_cache(_REMEMBERED)(is_public_suffix)
        self.site: Callable[[str], str] = lru_cache(_REMEMBERED)(self._registered)

    def scoped(self, said: SetCookie, target: Target) -> Cookie | None:
        """Give the cookie as it counts for the host that said it, if that may set it."""
        host, domain = target.origin.host, said.domain
        if not domain.isascii():
            return None
        if domain == host and (is_address(host) or self._is_public(domain)):
            domain = ""
        if domain and (self._is_public(domain) or not domain_matches(host, domain)):
            return None
        # A name that promises one host may not come with a domain, not even the same one.
        if said.name.lower().startswith(_HOST_PREFIX) and (said.domain or said.path != "/"):
            return None
        cookie = Cookie(
            name=said.name,
            value=said.value,
            domain=domain or host,
            host_only=not domain,
            path=said.path or default_path(target.path.partition("?")[0]),
            secure=said.secure,
            http_only=said.http_only,
            expires=said.expires,
        )
        return None if _problem_in_itself(cookie) else cookie

    def problem(self, cookie: Cookie) -> str | None:
        """Tell why no response could have set this cookie, ``None`` where one could."""
        problem = _problem_in_itself(cookie)
        if problem is not None:
            return problem
        try:
            canonical = parse_url(f"http://{bracketed(cookie.domain)}/").origin.host
        except ValueError:
            canonical = None
        if canonical != cookie.domain:
            return "the domain is no host"
        if not cookie.host_only and (is_address(cookie.domain) or self._is_public(cookie.domain)):
            return "nobody may set cookies for all below this domain"
        return None

    def _is_public(self, domain: str) -> bool:
        # A final dot makes another host of it, and no other suffix.
        return self._is_public_suffix(domain.rstrip("."))

    def _registered(self, host: str) -> str:
        if is_address(host):
            return host
        labels = host.split(".")
        for start in range(1, len(labels)):
            if self._is_public(".".join(labels[start:])):
                return ".".join(labels[start - 1 :])
        return host


def _problem_in_itself(cookie: Cookie) -> str | None:
    """Tell what is wrong with a cookie wherever it comes from."""
    said = parse_set_cookie(str(cookie), 0.0)
    sendable = all(character <= "\xff" for character in str(cookie))
    if said is None or (said.name, said.value) != (cookie.name, cookie.value) or not sendable:
        return "name and value cannot be sent"
    if not cookie.path.startswith("/"):
        return "the path is none"
    # The prefixes are met in any case, and where a value would be read as a name.
    name = (cookie.name or cookie.value).lower()
    if not cookie.name and name.startswith((_SECURE_PREFIX, _HOST_PREFIX)):
        return "without a name, the value may not look like one that promises something"
    if name.startswith((_SECURE_PREFIX, _HOST_PREFIX)) and not cookie.secure:
        return "the name promises a secure cookie"
    if name.startswith(_HOST_PREFIX) and not (cookie.host_only and cookie.path == "/"):
        return "the name promises a cookie of one host, for all its paths"
    return None


@cache  # reading the list takes 40 ms
def public_suffix_list() -> Callable[[str], bool]:
    """Give the test by the Public Suffix List; raises ``ModuleNotFoundError`` without the extra."""
    try:
        from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "a cookie jar needs the extra 'cookies' (pip install 'etesian-http-wire[cookies]') "
            "or a function is_public_suffix",
            name=error.name,
        ) from None
    return PublicSuffixList().is_public
