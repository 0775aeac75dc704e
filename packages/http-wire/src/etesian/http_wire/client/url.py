"""The one reading of a URL: what is checked here is what is dialled.

A client that parses a URL twice can be told two things by it. So a URL becomes
an :class:`Origin` and a request target once, strictly, and nothing later looks
at the text again. Anything doubtful is a ``ValueError`` before a socket exists.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

__all__ = ["Origin", "Target", "bracketed", "parse_url"]

DEFAULT_PORTS = {"http": 80, "https": 443}

# RFC 3986, appendix B, for the two schemes spoken here. Every class excludes the delimiter that
# follows it, so the match is linear.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?",
    re.ASCII,
)
# White space, controls and DEL never stand in a URL: CR and LF would split the request head.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?", re.ASCII)
# A backslash here would make a browser, and every parser like it, see the host end before it.
_USERINFO = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
# As in WHATWG's "ends in a number": resolvers take such names for addresses in octal, hex or one
# 32-bit number, so that 127.0.0.1 hides in 2130706433, 0x7f.1 or 0177.1.
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?", re.ASCII)
# RFC 1035, 2.3.4. A name beyond has no address, and its labels are gone through more than once by
# who asks what it lies below.
_MAX_NAME = 253
_LABELS = re.compile(r"[^.]{1,63}(?:\.[^.]{1,63})*\.?")
# Sharp s, final sigma, and the joiners. IDNA 2003, which is what there is here, replaces or drops
# them, IDNA 2008 keeps them: they make two hosts of one text (UTS 46, 7, "deviation characters").
_AMBIGUOUS = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")
# Printable ASCII that RFC 3986 keeps out of paths and queries is sent percent-encoded.
_UNSAFE = re.compile(r'["<>\\^`{|}]|[^\x21-\x7e]')
_SAFE = "!$%&'()*+,-./:;=?@[]_~"


class Origin(NamedTuple):
    """Scheme, host and port: the scope of credentials (RFC 6454)."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without its brackets."""
    port: int

    @property
    def authority(self) -> str:
        """The ``Host`` field: the port only where it is not the scheme's own."""
        host = bracketed(self.host)
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def tls_name(self) -> str:
        """What the certificate must name, and SNI says: without a final dot (RFC 6066, 3)."""
        return self.host.removesuffix(".")


class Target(NamedTuple):
    """Where a request goes, and with which credentials of the URL itself."""

    origin: Origin
    path: str
    """The request target in origin form, query included; never empty."""
    username: str | None
    password: str | None

    @property
    def url(self) -> str:
        """The URL without credentials and fragment."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.path}"


def parse_url(url: str) -> Target:
    """Give the origin, request target and credentials of an absolute URL.

    Raises ``ValueError`` for another scheme than http and https, for white
    space and controls anywhere, for a host that is neither a name nor an
    address in its usual form (``2130706433`` and ``0177.0.0.1`` are not) or is
    longer than names can be, for an international one that is read in two ways
    (with a sharp s: it must then be written in its ``xn--`` form), and for a
    port outside 1 to 65535. The message never holds the URL, which may hold a
    password.
    """
    # The few URLs that a program fetches again and again are read once. Those with credentials
    # are not kept: secrets should not outlive their use.
    return _parse(url) if "@" in url else _parse_cached(url)


def bracketed(host: str) -> str:
    """Give a host as it stands in a URL or a field: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _parse(url: str) -> Target:
    if _FORBIDDEN.search(url):
        raise ValueError("URL holds white space or a control character")
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("URL is not absolute")
    scheme = match["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"URL scheme {scheme[:20]!r} is not http or https")
    userinfo, at, hostport = match["authority"].rpartition("@")
    if not _USERINFO.fullmatch(userinfo):
        raise ValueError("URL has a user or password that is not percent-encoded")
    host, port = _split_port(hostport)
    origin = Origin(scheme, _canonical_host(host), _port_number(port, scheme))
    path = _encoded(match["path"] or "/") + _encoded(match["query"] or "")
    if not at:
        return Target(origin, path, None, None)
    username, _, password = userinfo.partition(":")
    return Target(origin, path, _decoded(username), _decoded(password))


# 256 targets weigh some 100 KiB; a hit saves 4 of the 5 us that reading costs.
_parse_cached = lru_cache(maxsize=256)(_parse)


def _split_port(hostport: str) -> tuple[str, str]:
    if hostport.startswith("["):
        literal, bracket, rest = hostport.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("URL has an unfinished IPv6 literal")
        return literal + bracket, rest[1:]
    host, _, port = hostport.partition(":")
    return host, port


def _port_number(port: str, scheme: str) -> int:
    if not port:
        return DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
        raise ValueError("URL port is not a number from 1 to 65535")
    return int(port)


def _canonical_host(host: str) -> str:
    if host.startswith("["):
        return _canonical_ipv6(host[1:-1])
    if len(host.removesuffix(".")) > _MAX_NAME:
        raise ValueError(f"URL host is longer than {_MAX_NAME} characters")
    if not host.isascii():
        host = _to_ascii(host)
    if not (_NAME.fullmatch(host) and _LABELS.fullmatch(host)):
        raise ValueError("URL host is not a name or an address")
    if _NUMERIC_END.fullmatch(host):
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise ValueError("URL host is a number that is no dotted IPv4 address") from None
    return host.lower()


def _canonical_ipv6(host: str) -> str:
    # A zone names an interface of whoever reads it; it means nothing to the server (RFC 6874).
    try:
        if "%" not in host:
            return IPv6Address(host).compressed
    except AddressValueError:
        pass
    raise ValueError("URL host is not an IPv6 address")


def _to_ascii(host: str) -> str:
    if _AMBIGUOUS.search(host):
        raise ValueError("URL host is not the same to all who read it; it has an xn-- form")
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("URL host is not an internationalized name") from None


def _encoded(part: str) -> str:
    return quote(part, safe=_SAFE) if _UNSAFE.search(part) else part


def _decoded(part: str) -> str:
    return unquote_to_bytes(part).decode("utf-8", "surrogateescape")
