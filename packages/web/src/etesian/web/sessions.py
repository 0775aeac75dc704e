"""What is remembered of a visitor between requests, on the server."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import MutableMapping
from copy import deepcopy
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etesian.web.handler import RequestHandler

__all__ = ["MemorySessionStore", "Session", "SessionStore", "Sessions"]

# Octets of randomness in an identifier: nobody guesses 256 bits.
_ID_SIZE: Final = 32
_ID: Final = re.compile(r"[A-Za-z0-9_\-]{43}")
# Seconds: a fortnight without a visit.
_LIFETIME: Final = 14 * 86400
# Sessions in memory; some hundred octets each.
_MAX_SESSIONS: Final = 100_000


class SessionStore(Protocol):
    """Keeps what sessions hold, by keys that tell nothing of the visitors' identifiers."""

    async def load(self, key: str) -> dict[str, Any] | None:
        """Give what was saved under a key; ``None`` where nothing is, or not any more."""
        ...

    async def save(self, key: str, values: dict[str, Any], lifetime: float) -> None:
        """Keep values for so many seconds."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a key, whether or not it is known."""
        ...


class MemorySessionStore:
    """Keeps sessions in this process: for one worker, and until it ends.

    When ``max_sessions`` are kept, the one that was saved longest ago goes.
    """

    def __init__(
        self, *, max_sessions: int = _MAX_SESSIONS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_sessions = max_sessions
        self._clock = clock
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    async def load(self, key: str) -> dict[str, Any] | None:
        """Give a copy of what was saved, unless it has expired."""
        deadline, values = self._kept.get(key, (0.0, None))
        if values is None:
            return None
        if deadline <= self._clock():
            del self._kept[key]
            return None
        return deepcopy(values)

    async def save(self, key: str, values: dict[str, Any], lifetime: float) -> None:
        """Keep a copy of the values."""
        self._kept.pop(key, None)
        while len(self._kept) >= self._max_sessions:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock() + lifetime, deepcopy(values))

    async def delete(self, key: str) -> None:
        """Forget a key."""
        self._kept.pop(key, None)


class Sessions:
    """Opens the sessions of an application.

    ::

        sessions = Sessions(MemorySessionStore())

        async def post(self):
            session = await sessions.open(self)
            session["user"] = checked_name
            await session.rotate()  # whoever knew the old identifier does not know the new

    The identifier is a cookie that scripts cannot read and other sites do not send. It is
    always of our making: one that the store does not know is not taken over, so that nobody
    can prepare a session for somebody else. Over HTTPS (or with ``secure``) its name begins
    with ``__Host-``: no other host can set it. ``lifetime`` is how many seconds a session
    lives after it was last saved.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        cookie_name: str = "session",
        lifetime: float = _LIFETIME,
        secure: bool | None = None,
    ) -> None:
        self.store = store
        self.lifetime = lifetime
        self._cookie_name = cookie_name
        self._secure = secure

    async def open(self, handler: RequestHandler) -> Session:
        """Give the session of the visitor; an empty one where there is none that we know."""
        given = handler.get_cookie(self.cookie_name(handler)) or ""
        if _ID.fullmatch(given):
            values = await self.store.load(_key(given))
            if values is not None:
                return Session(self, handler, given, values)
        return Session(self, handler, None, {})

    def is_secure(self, handler: RequestHandler) -> bool:
        """Say whether the cookie is for HTTPS alone."""
        return handler.request.protocol == "https" if self._secure is None else self._secure

    def cookie_name(self, handler: RequestHandler) -> str:
        """Give the name of the cookie."""
        return ("__Host-" if self.is_secure(handler) else "") + self._cookie_name


class Session(MutableMapping[str, Any]):
    """The values of one visitor. Nothing is kept, and no cookie set, before :meth:`save`."""

    def __init__(
        self,
        sessions: Sessions,
        handler: RequestHandler,
        identifier: str | None,
        values: dict[str, Any],
    ) -> None:
        self._sessions = sessions
        self._handler = handler
        self._id = identifier
        self._values = values

    @property
    def is_new(self) -> bool:
        """Whether it was never saved."""
        return self._id is None

    async def save(self) -> None:
        """Keep the values, and let the visitor come back to them. Before the head is sent.

        A session that another request ended meanwhile stays ended: nothing is kept, lest
        a slow request undo a logout.
        """
        sessions, handler = self._sessions, self._handler
        if self._id is None:
            self._id = token_urlsafe(_ID_SIZE)
        elif await sessions.store.load(_key(self._id)) is None:
            return
        await sessions.store.save(_key(self._id), self._values, sessions.lifetime)
        handler.set_cookie(
            sessions.cookie_name(handler),
            self._id,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=sessions.is_secure(handler),
            max_age=int(sessions.lifetime),
        )

    async def rotate(self) -> None:
        """Save under a new identifier, and forget the old one.

        To be called whenever the visitor gets more rights, above all at login.
        """
        old, self._id = self._id, None
        if old is not None:
            await self._sessions.store.delete(_key(old))
        await self.save()

    async def end(self) -> None:
        """Forget the session, here and at the visitor's: at logout."""
        if self._id is not None:
            await self._sessions.store.delete(_key(self._id))
        self._id = None
        self._values = {}
        sessions, handler = self._sessions, self._handler
        handler.clear_cookie(
            sessions.cookie_name(handler), path="/", secure=sessions.is_secure(handler)
        )

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _key(identifier: str) -> str:
    """Give what the store knows an identifier by: who reads the store can impersonate nobody."""
    return hashlib.sha256(identifier.encode()).hexdigest()
