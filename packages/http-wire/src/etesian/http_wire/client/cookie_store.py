"""Cookies by site, bounded; where they may go is for others to say."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etesian.http_wire.client.cookie import Cookie

__all__ = ["CookieStore"]

_Key = tuple[str, str, bool, str]


class CookieStore:
    """Holds cookies in the order of their creation.

    Of more than ``max_cookies``, or ``max_cookies_of_site``, the expired ones
    go, and if there are none, one that is not secure, the least recently used.
    """

    def __init__(
        self,
        *,
        site: Callable[[str], str],
        max_cookies: int,
        max_cookies_of_site: int,
        clock: Callable[[], float],
    ) -> None:
        """``site`` gives what the cookies of a domain are counted together with."""
        self._site = site
        self._max_cookies = max_cookies
        self._max_cookies_of_site = max_cookies_of_site
        self._clock = clock
        self._sites: dict[str, dict[_Key, Cookie]] = {}
        self._used: dict[_Key, int] = {}
        self._uses = count()

    def __iter__(self) -> Iterator[Cookie]:
        """Go through all that have not expired; changes meanwhile do no harm."""
        return iter(self._alive([one for group in self._sites.values() for one in group.values()]))

    def of_site(self, host: str) -> list[Cookie]:
        """Give those of the site of ``host`` that have not expired."""
        return self._alive(list(self._sites.get(self._site(host), {}).values()))

    def keep(self, cookie: Cookie) -> bool:
        """Add or replace; an expired cookie removes its equal, and is not kept."""
        if self._is_expired(cookie):
            self.remove(cookie)
            return False
        group = self._sites.setdefault(self._site(cookie.domain), {})
        # An equal one is replaced where it stands: its creation is what orders it.
        group[_key(cookie)] = cookie
        self.used(cookie)
        if len(group) > self._max_cookies_of_site:
            self._evict(list(group.values()))
        if len(self._used) > self._max_cookies:
            self._evict([one for group in self._sites.values() for one in group.values()])
        return True

    def used(self, cookie: Cookie) -> None:
        """Note that a kept cookie was sent."""
        self._used[_key(cookie)] = next(self._uses)

    def remove(self, cookie: Cookie) -> None:
        """Forget a cookie, if it is here."""
        key, site = _key(cookie), self._site(cookie.domain)
        if self._sites.get(site, {}).pop(key, None) is not None:
            del self._used[key]
            if not self._sites[site]:
                del self._sites[site]

    def _evict(self, cookies: list[Cookie]) -> None:
        expired = [cookie for cookie in cookies if self._is_expired(cookie)]
        least = min(cookies, key=lambda cookie: (cookie.secure, self._used[_key(cookie)]))
        for cookie in expired or [least]:
            self.remove(cookie)

    def _alive(self, cookies: list[Cookie]) -> list[Cookie]:
        return [cookie for cookie in cookies if not self._is_expired(cookie)]

    def _is_expired(self, cookie: Cookie) -> bool:
        return cookie.expires is not None and cookie.expires <= self._clock()


def _key(cookie: Cookie) -> _Key:
    return cookie.name, cookie.domain, cookie.host_only, cookie.path
