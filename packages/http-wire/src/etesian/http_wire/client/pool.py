"""The connections that wait for their next request.

No socket and no clock in here: connections are whatever can be closed, and the
time is told. So the rules can be tested as a state machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    import ssl

    from etesian.http_wire.client.proxy import Proxy
    from etesian.http_wire.client.url import Origin

__all__ = ["Pool", "PoolKey"]


class PoolKey(NamedTuple):
    """All that the trust in a connection rests on; only equals may share one."""

    origin: Origin
    """Scheme, host (also the name sent by SNI and verified) and port."""
    address: tuple[str, int]
    """What is dialled: the proxy, or the origin's own host and port unless they are mapped."""
    tls: ssl.SSLContext | None
    """Verification, trusted roots and client certificate, by identity."""
    source: str | None
    """The local address that the connection comes from."""
    allow_ipv6: bool
    proxy: Proxy | None = None
    """What stands between, and our credentials there."""


class Closable(Protocol):
    """A connection, as far as the pool cares."""

    def is_usable(self) -> bool:
        """Tell whether it is still fit for another request."""
        ...

    def close(self) -> None:
        """Close at once; nothing is left to send."""
        ...


# Keys may be kept that have no connection: as many as may have one, and these few.
_FEW = 16

C = TypeVar("C", bound=Closable)
K = TypeVar("K")


class Pool(Generic[C]):
    """Idle connections, the latest used handed out first.

    The latest is the least likely to have been closed by its server, and the
    oldest get their chance to expire. The pool owns what is in it, and nothing
    else: :meth:`take` gives ownership away, :meth:`put` brings it back.
    """

    def __init__(self, *, max_idle: int, max_idle_per_host: int, idle_timeout: float) -> None:
        """Keep ``max_idle`` connections, so many per origin, for so many seconds."""
        self._max_idle = max_idle
        self._max_idle_per_host = max_idle_per_host
        self._idle_timeout = idle_timeout
        # All three are ordered by the time of put: the first key of each is the oldest.
        self._idle: dict[C, tuple[PoolKey, float]] = {}
        self._by_key: dict[PoolKey, dict[C, None]] = {}
        self._by_origin: dict[Origin, dict[C, None]] = {}
        # The key of the last call, and what is kept for it: most calls are about the same again,
        # and looking a key up is the dearest step in here.
        self._last_key: PoolKey | None = None
        self._of_last: dict[C, None] | None = None  # one of ``_by_key``, so it holds no key longer
        # Else no origin has too many before all have, and the oldest of all is then its own.
        self._counts_origins = max_idle_per_host < max_idle

    def __len__(self) -> int:
        return len(self._idle)

    def take(self, key: PoolKey) -> C | None:
        """Give an idle connection of exactly this key, which then is the caller's.

        Unusable ones that are met are closed.
        """
        same = self._of_last if key is self._last_key else self._look_up(key)
        while same:
            connection, _ = same.popitem()
            del self._idle[connection]
            if self._counts_origins:
                _remove(self._by_origin, key.origin, connection)
            if connection.is_usable():
                return connection
            connection.close()
        return None

    def put(self, key: PoolKey, connection: C, now: float) -> None:
        """Keep a connection, and close the oldest where there would be too many."""
        self._idle[connection] = (key, now)
        same = self._of_last if key is self._last_key else self._look_up(key)
        if same is None:
            self._begin(key, connection)
        else:
            same[connection] = None
        if self._counts_origins:
            of_origin = self._by_origin.setdefault(key.origin, {})
            of_origin[connection] = None
            if len(of_origin) > self._max_idle_per_host:
                self._evict(next(iter(of_origin)))
        if len(self._idle) > self._max_idle:
            self._evict(next(iter(self._idle)))

    def discard(self, connection: C) -> None:
        """Forget a connection, without closing it; it need not be in the pool."""
        kept = self._idle.pop(connection, None)
        if kept is not None:
            _remove(self._by_key, kept[0], connection)
            self._last_key = None
            if self._counts_origins:
                _remove(self._by_origin, kept[0].origin, connection)

    def expire(self, now: float) -> float | None:
        """Close what idled too long; give the time when the next one will have, if any."""
        self._forget_empty()
        while self._idle:
            connection, (_, since) = next(iter(self._idle.items()))
            if since + self._idle_timeout > now:
                return since + self._idle_timeout
            self._evict(connection)
        return None

    def close(self) -> None:
        """Close all that is idle."""
        while self._idle:
            self._evict(next(iter(self._idle)))

    def _begin(self, key: PoolKey, connection: C) -> None:
        """Keep the first of a key."""
        if len(self._by_key) > 2 * self._max_idle + _FEW:
            self._forget_empty()
        self._by_key[key] = {connection: None}

    def _look_up(self, key: PoolKey) -> dict[C, None] | None:
        """Give what is kept for a key, which may be empty."""
        same = self._by_key.get(key)
        if same is not None:
            self._last_key, self._of_last = key, same
        return same

    def _forget_empty(self) -> None:
        # What take() emptied is most often filled again at once. So that is cleared away later, all
        # together.
        self._by_key = {key: same for key, same in self._by_key.items() if same}
        self._last_key = None

    def _evict(self, connection: C) -> None:
        self.discard(connection)
        connection.close()


def _remove(groups: dict[K, dict[C, None]], key: K, connection: C) -> None:
    group = groups[key]
    del group[connection]
    if not group:
        del groups[key]
