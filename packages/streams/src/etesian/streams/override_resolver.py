"""A resolver that knows some names better."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from etesian.streams.resolver import Address, Resolver

if TYPE_CHECKING:
    from collections.abc import Mapping


class OverrideResolver(Resolver):
    """Asks ``resolver`` for something else where ``mapping`` says so: for tests, mostly.

    A key is a host, ``(host, port)`` or ``(host, port, family)``, looked for
    in the opposite order. The value is a host, or ``(host, port)`` where the
    key has a port.
    """

    def initialize(self, resolver: Resolver, mapping: Mapping[Any, Any]) -> None:  # type: ignore[override]  # what it wraps
        """Wrap ``resolver``; ``mapping`` is looked at for each name, so it may change."""
        self.resolver = resolver
        self.mapping = mapping

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of what ``host`` and ``port`` stand for."""
        for key in ((host, port, family), (host, port)):
            if key in self.mapping:
                host, port = self.mapping[key]
                break
        else:
            host = self.mapping.get(host, host)
        return await self.resolver.resolve(host, port, family)

    def close(self) -> None:
        """Close the resolver that was asked."""
        self.resolver.close()
