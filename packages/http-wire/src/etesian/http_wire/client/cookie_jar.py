"""The cookies of a client (RFC 6265bis, 5.7 and 5.8)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from etesian.http_wire.client.cookie import Cookie, domain_matches, path_matches
from etesian.http_wire.client.cookie_file import read_cookies, write_cookies
from etesian.http_wire.client.cookie_rules import CookieRules, public_suffix_list
from etesian.http_wire.client.cookie_store import CookieStore
from etesian.http_wire.client.set_cookie import parse_set_cookie
from etesian.http_wire.client.url import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders

__all__ = ["CookieJar"]

# Cookies in all, as the RFC asks for at least (6.1), and of one site, as the browsers have it.
MAX_COOKIES = 3000
MAX_COOKIES_OF_SITE = 180

# Octets of a Cookie field, as with libcurl: most servers refuse heads much larger than this, and
# a site that has filled the jar would have shut itself, and its neighbours, out for good.
MAX_FIELD_SIZE = 8190


class CookieJar:
    """Keeps the cookies that responses set, and gives each request those that are for it.

    ::

        jar = CookieJar()
        client = AsyncHTTPClient(force_instance=True, cookie_jar=jar)
        await client.fetch(url)
        print(jar.header_for(url))
        jar.save("cookies.json")
        client.close()

    A client made with ``cookie_jar=CookieJar()`` does both, for every hop of a
    fetch. Cookies of a domain that is a public suffix (``co.uk``) are refused,
    as are those over http that claim to be ``Secure`` or would cover a secure
    one, and those whose ``__Host-`` or ``__Secure-`` name promises more than
    they keep. ``SameSite`` has no meaning where no page asks.

    A jar holds no descriptor and no lock: any number of clients of one event
    loop may share it, threads may not.
    """

    def __init__(
        self,
        *,
        is_public_suffix: Callable[[str], bool] | None = None,
        max_cookies: int = MAX_COOKIES,
        max_cookies_of_site: int = MAX_COOKIES_OF_SITE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make an empty jar.

        ``is_public_suffix`` tells of a domain in lower case whether anybody can
        register below it; by default by the Public Suffix List that comes with
        the extra ``cookies``. A site is what lies directly below such a suffix.
        Where there would be more cookies than ``max_cookies``, or of one site
        than ``max_cookies_of_site``, the expired ones go, and if there are none,
        one that is not secure, the least recently used. ``clock`` gives the
        seconds since the epoch.

        Raises ``ModuleNotFoundError`` without the extra and ``is_public_suffix``.
        """
        self._rules = CookieRules(is_public_suffix or public_suffix_list())
        self._clock = clock
        self._store = CookieStore(
            site=self._rules.site,
            max_cookies=max_cookies,
            max_cookies_of_site=max_cookies_of_site,
            clock=clock,
        )

    def header_for(self, url: str) -> str | None:
        """Give the ``Cookie`` field of a request to ``url``, if any cookie is for it.

        Longer paths come first, then older cookies. What does not fit into 8190
        octets is left out. Raises ``ValueError`` for what is no URL.
        """
        return "; ".join(map(str, self.cookies_for(parse_url(url)))) or None

    def set_cookie(self, url: str, text: str) -> bool:
        """Take one ``Set-Cookie`` field as from a response of ``url``; tell whether it was kept.

        The characters of ``text`` stand for octets. A cookie that only ends
        another one was not kept. Raises ``ValueError`` for what is no URL.
        """
        return self._set(parse_url(url), text)

    def cookies_for(self, target: Target) -> list[Cookie]:
        """Give the cookies for a request, in their order, and note that they were used."""
        host, path = target.origin.host, target.path.partition("?")[0]
        chosen = [
            cookie
            for cookie in self._store.of_site(host)
            if (cookie.domain == host if cookie.host_only else domain_matches(host, cookie.domain))
            and path_matches(path, cookie.path)
            and (not cookie.secure or target.origin.scheme == "https")
        ]
        chosen.sort(key=lambda cookie: -len(cookie.path))
        fitting = _fitting(chosen)
        for cookie in fitting:
            self._store.used(cookie)
        return fitting

    def added_to(self, request: HTTPRequest, target: Target) -> HTTPRequest:
        """Give the request with its cookies, behind those that it brings itself.

        What the request itself says goes before an equally named cookie of the
        jar. Without any to add it is the same request.
        """
        own = request.headers.get_list("Cookie")
        named = {pair.partition("=")[0].strip(" \t") for line in own for pair in line.split(";")}
        added = [str(one) for one in self.cookies_for(target) if one.name not in named]
        if not added:
            return request
        headers = request.headers.copy()
        headers["Cookie"] = "; ".join([*own, *added])
        return request.replaced(headers=headers)

    def response_received(self, target: Target, headers: HTTPHeaders) -> None:
        """Keep what a response sets; fields that may not be are passed over."""
        if "Set-Cookie" in headers:
            for text in headers.get_list("Set-Cookie"):
                self._set(target, text)

    def add(self, cookie: Cookie) -> None:
        """Keep a cookie of the program's own, in place of an equal one.

        Raises ``ValueError`` for one that no response could have set.
        """
        problem = self._rules.problem(cookie)
        if problem is not None:
            raise ValueError(f"cookie {cookie.name[:40]!r}: {problem}")
        self._store.keep(cookie)

    def clear(self, domain: str | None = None) -> None:
        """Remove all cookies, or those of a domain and of all below it."""
        for cookie in list(self):
            if domain is None or domain_matches(cookie.domain, domain.lower()):
                self._store.remove(cookie)

    def save(self, path: str | Path, *, session: bool = False) -> None:
        """Write the cookies to a file, with those of the session only where asked.

        The file is replaced at once, and can be read by its owner only. This
        blocks, for a moment. Raises ``OSError`` where it cannot be written.
        """
        write_cookies(path, [cookie for cookie in self if session or cookie.expires is not None])

    def load(self, path: str | Path) -> None:
        """Add the cookies of a file that :meth:`save` has written, but for expired ones.

        Raises ``OSError`` where it cannot be read, and ``ValueError`` where it
        is something else or holds a cookie that no response could have set; the
        jar is then as before.
        """
        cookies = read_cookies(path)
        for cookie in cookies:
            problem = self._rules.problem(cookie)
            if problem is not None:
                raise ValueError(f"cookie {cookie.name[:40]!r} in {path}: {problem}")
        for cookie in cookies:
            self._store.keep(cookie)

    def __iter__(self) -> Iterator[Cookie]:
        """Go through those that have not expired; changes meanwhile do no harm."""
        return iter(self._store)

    def __len__(self) -> int:
        return sum(1 for _ in self._store)

    def __repr__(self) -> str:
        return f"<CookieJar of {len(self)} cookies>"

    def _set(self, target: Target, text: str) -> bool:
        said = parse_set_cookie(text, self._clock())
        cookie = None if said is None else self._rules.scoped(said, target)
        if cookie is None:
            return False
        if target.origin.scheme != "https" and (
            cookie.secure or self._covers_secure(cookie, target.origin.host)
        ):
            return False
        return self._store.keep(cookie)

    def _covers_secure(self, cookie: Cookie, host: str) -> bool:
        """Tell whether a secure cookie of the name would be hidden by this one (5.7, step 16)."""
        return any(
            other.secure
            and other.name == cookie.name
            and (
                domain_matches(other.domain, cookie.domain)
                or domain_matches(cookie.domain, other.domain)
            )
            and path_matches(cookie.path, other.path)
            for other in self._store.of_site(host)
        )


def _fitting(cookies: list[Cookie]) -> list[Cookie]:
    fitting, size = [], 0
    for cookie in cookies:
        size += len(str(cookie)) + 2
        if size <= MAX_FIELD_SIZE:
            fitting.append(cookie)
    return fitting
