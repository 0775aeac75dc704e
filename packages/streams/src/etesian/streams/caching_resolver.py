"""A resolver that remembers for a while."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from typing import NamedTuple

from etesian.streams.resolver import Address, Resolver

# Names. An attacker who makes a client look up ever new names must not fill its memory; a client
# that really talks to more hosts than this in a minute only looks some of them up again.
MAX_NAMES = 1000

# Seconds. How long an answer is believed: short enough to follow a host that moves.
TIME_TO_LIVE = 60.0


class _Question(NamedTuple):
    host: str
    port: int
    family: int


class _Answer(NamedTuple):
    addresses: tuple[Address, ...]
    believed_until: float


class CachingResolver(Resolver):
    """Remembers what ``resolver`` answered, for ``time_to_live`` seconds.

    At most ``max_names`` answers are kept; the one not used for longest goes
    first. Failures are not remembered. Questions that are asked while the same
    one is under way wait for its answer.
    """

    def initialize(  # type: ignore[override]  # what it wraps, and its limits
        self,
        resolver: Resolver,
        *,
        max_names: int = MAX_NAMES,
        time_to_live: float = TIME_TO_LIVE,
    ) -> None:
        """Wrap ``resolver``."""
        self.resolver = resolver
        self.max_names = max_names
        self.time_to_live = time_to_live
        self._answers: OrderedDict[_Question, _Answer] = OrderedDict()
        self._asking: dict[_Question, asyncio.Task[list[Address]]] = {}

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``, remembered or asked for now."""
        question = _Question(host, port, family)
        loop = asyncio.get_running_loop()
        answer = self._answers.get(question)
        if answer is not None and loop.time() < answer.believed_until:
            self._answers.move_to_end(question)
            return list(answer.addresses)
        asking = self._asking.get(question)
        if asking is None:
            asking = self._asking[question] = loop.create_task(self._ask(question))
        # Whoever asked first may be cancelled without the others losing the answer.
        return list(await asyncio.shield(asking))

    async def _ask(self, question: _Question) -> list[Address]:
        try:
            addresses = await self.resolver.resolve(
                question.host, question.port, socket.AddressFamily(question.family)
            )
        finally:
            del self._asking[question]
        now = asyncio.get_running_loop().time()
        self._answers[question] = _Answer(tuple(addresses), now + self.time_to_live)
        self._answers.move_to_end(question)
        while len(self._answers) > self.max_names:
            self._answers.popitem(last=False)
        return addresses

    def close(self) -> None:
        """Forget everything and close the resolver that was asked."""
        self._answers.clear()
        self.resolver.close()
