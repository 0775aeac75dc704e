"""Rooms: who is in them, and what was said.

Everything lives in memory and in one process: the example is about the web
framework, not about storage.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

# A room shows its newest messages only; older ones are forgotten, so that a busy room stays small.
HISTORY_LENGTH = 50
# Anybody may open a room by visiting it, so their number is bounded.
MAX_ROOMS = 100
# Characters, not bytes: what a person types.
MAX_TEXT_LENGTH = 500


class TooManyRoomsError(Exception):
    """No further room can be opened."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that somebody said; ``id`` grows within a room, from 1."""

    id: int
    nickname: str
    text: str
    said_at: datetime


class Listener(Protocol):
    """Somebody to whom new messages are pushed."""

    def deliver(self, message: Message) -> None:
        """Take a message; must not block and must not raise."""
        ...

    def dismiss(self) -> None:
        """Take the news that the room closes; leaves it soon after."""
        ...


class Room:
    """The newest messages of a room, and those who wait for the next one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._history: deque[Message] = deque(maxlen=HISTORY_LENGTH)
        self._ids = count(1)
        self._listeners: set[Listener] = set()
        self._nobody_listens = asyncio.Event()
        self._said = asyncio.Condition()
        self._closed = False

    def join(self, listener: Listener) -> None:
        """Push every later message to ``listener``."""
        self._listeners.add(listener)
        self._nobody_listens.clear()

    def leave(self, listener: Listener) -> None:
        """Push nothing more to ``listener``; one who never joined may leave."""
        self._listeners.discard(listener)
        if not self._listeners:
            self._nobody_listens.set()

    def messages(self, *, after: int = 0) -> list[Message]:
        """Give the kept messages with an id above ``after``, oldest first."""
        return [message for message in self._history if message.id > after]

    async def say(self, nickname: str, text: str) -> Message:
        """Keep a message and hand it to everybody who listens or waits."""
        message = Message(next(self._ids), nickname, text[:MAX_TEXT_LENGTH], datetime.now(UTC))
        self._history.append(message)
        for listener in tuple(self._listeners):
            listener.deliver(message)
        async with self._said:
            self._said.notify_all()
        return message

    async def close(self) -> None:
        """Dismiss everybody who listens or waits; ends when those who listened have left."""
        self._closed = True
        async with self._said:
            self._said.notify_all()
        if self._listeners:
            for listener in tuple(self._listeners):
                listener.dismiss()
            await self._nobody_listens.wait()

    async def wait_for_messages(self, *, after: int) -> list[Message]:
        """Give the messages above ``after`` as soon as there is one, or none when the room closes.

        Cancelling it, by a timeout or because the reader left, loses nothing.
        """
        async with self._said:
            await self._said.wait_for(lambda: self._closed or self.messages(after=after))
        return self.messages(after=after)


class Rooms:
    """All rooms of the server, by name."""

    def __init__(self, *names: str) -> None:
        self._rooms = {name: Room(name) for name in names}

    def names(self) -> list[str]:
        """Give the names of the rooms, in the order in which they were opened."""
        return list(self._rooms)

    def enter(self, name: str) -> Room:
        """Give the room of that name; open it if nobody has been there yet.

        Raises :class:`TooManyRoomsError` where that would be one too many.
        """
        if name not in self._rooms:
            if len(self._rooms) >= MAX_ROOMS:
                raise TooManyRoomsError
            self._rooms[name] = Room(name)
        return self._rooms[name]

    async def close(self) -> None:
        """Close all rooms; bounded by the time that a listener may take to leave."""
        await asyncio.gather(*(room.close() for room in self._rooms.values()))
