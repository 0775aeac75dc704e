"""A cookie as a client keeps it, and where it may go (RFC 6265bis, 5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

__all__ = ["Cookie", "default_path", "domain_matches", "is_address", "path_matches"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cookie:
    """One kept cookie. Name, domain, host-only flag and path tell it from others."""

    name: str
    """May be empty: then the value alone is sent."""
    value: str = field(repr=False)
    domain: str
    """A host in lower case, without a leading dot."""
    host_only: bool
    """Whether it goes to exactly that host, and not to those below it."""
    path: str = "/"
    secure: bool = False
    """Whether it goes over https only."""
    http_only: bool = False
    """Whether pages may not read it; a client of HTTP has no use for it but to keep it."""
    expires: float | None = None
    """Seconds since the epoch; ``None`` lasts as long as the program."""

    def __str__(self) -> str:
        return f"{self.name}={self.value}" if self.name else self.value


def domain_matches(host: str, domain: str) -> bool:
    """Tell whether ``host`` is ``domain`` or, being a name, lies below it (5.1.3)."""
    return host == domain or (host.endswith(f".{domain}") and not is_address(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Tell whether ``path``, without its query, is ``cookie_path`` or lies below it (5.1.4)."""
    return path.startswith(cookie_path) and (
        len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"
    )


def default_path(path: str) -> str:
    """Give the path of a cookie that names none: the folder of what was asked for (5.1.4)."""
    folder = path[: path.rfind("/")]
    return folder if folder.startswith("/") else "/"


def is_address(host: str) -> bool:
    """Tell whether ``host`` is an IP address, which has no hosts below it."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
