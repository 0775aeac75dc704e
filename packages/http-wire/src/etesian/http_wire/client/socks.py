"""A way through a SOCKS proxy to one origin (RFC 1928 and 1929; SOCKS 4 and 4a)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from etesian.http_wire.client.errors import SOCKSProxyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.http_wire.client.proxy import Proxy
    from etesian.streams.interface import TCPClient

__all__ = ["check_socks", "hosts_for_socks", "socks_preamble"]

_SOCKS_4 = ("socks4", "socks4a")

# RFC 1929, 2: their lengths are one octet.
_MAX_CREDENTIAL = 255

# Seconds. The library wants a deadline, and the fetch has one already.
_ONE_DAY = 86400.0


def check_socks(proxy: Proxy) -> None:
    """Refuse what cannot be asked of this proxy, before it is dialled.

    Raises ``ModuleNotFoundError`` without the extra ``socks``, ``ValueError``
    for credentials that SOCKS cannot carry.
    """
    try:
        import python_socks  # noqa: F401, PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "SOCKS proxies need the extra 'socks': pip install 'etesian-http-wire[socks]'",
            name=error.name,
        ) from None
    if proxy.username is None:
        return
    texts = [proxy.username, proxy.password or ""]
    if proxy.scheme in _SOCKS_4 and texts.pop():
        raise ValueError("SOCKS 4 has no passwords; use socks5")
    for text in texts:
        if not (0 < len(text) <= _MAX_CREDENTIAL and text.isascii() and "\x00" not in text):
            raise ValueError(
                f"user name and password for a SOCKS proxy are 1 to {_MAX_CREDENTIAL} ASCII octets"
            )


async def hosts_for_socks(
    proxy: Proxy, tcp_client: TCPClient, host: str, port: int, *, allow_ipv6: bool
) -> list[str]:
    """Give what to call the origin before this proxy, one after the other until it connects.

    ``socks5`` and ``socks4`` are given the addresses that a direct connection
    would try, ``socks5h`` and ``socks4a`` the name.

    Raises ``OSError`` where the name has no address, ``ValueError`` for an
    IPv6 address and SOCKS 4, which has none.
    """
    old = proxy.scheme in _SOCKS_4
    if old and ":" in host:
        raise ValueError("SOCKS 4 has no IPv6 addresses; use socks5")
    if proxy.scheme in ("socks4a", "socks5h"):
        return [host]
    family = socket.AF_INET if old or not allow_ipv6 else socket.AF_UNSPEC
    return [address[0] for _, address in await tcp_client.resolve(host, port, family)]


def socks_preamble(
    proxy: Proxy, host: str, port: int
) -> Callable[[socket.socket], Awaitable[object]]:
    """Give what asks the proxy, on a socket connected to it, for a connection to ``host``.

    A name goes to the proxy as it is. No octet behind the proxy's answer is
    read. The awaitable raises :class:`SOCKSProxyError` where the proxy
    declines, does not speak SOCKS, or leaves.
    """

    async def ask(connected: socket.socket) -> None:
        # Only who uses it pays for it, and only who has the extra can.
        from python_socks import ProxyError, ProxyType  # noqa: PLC0415
        from python_socks.async_.asyncio import Proxy as Asker  # noqa: PLC0415

        class Connected(Asker):
            """The way to the proxy, which is there already."""

            async def connect(self, *_: object, **__: object) -> socket.socket:
                return connected

        kind = ProxyType.SOCKS4 if proxy.scheme in _SOCKS_4 else ProxyType.SOCKS5
        way = Connected(kind, proxy.host, proxy.port)
        credentials = (proxy.username, proxy.password)
        asker = Asker(kind, proxy.host, proxy.port, *credentials, rdns=True, forward=way)
        try:
            await asker.connect(host, port, timeout=_ONE_DAY)
        except ProxyError as error:
            raise SOCKSProxyError(str(error), error.error_code) from error
        except ValueError as error:
            # The library reads a name in the answer, which nobody asked for, as text.
            raise SOCKSProxyError("the answer is malformed", None) from error
        except OSError as error:
            raise SOCKSProxyError("connection lost", None) from error

    return ask
