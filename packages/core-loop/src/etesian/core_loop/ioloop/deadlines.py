"""Timers that fire in the order of their creation when their deadlines are equal."""

from __future__ import annotations

from collections import deque
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Deadlines", "TimerHandle"]


class TimerHandle(Protocol):
    """What `IOLoop.call_later` and its like return: a timer that can be taken back."""

    def cancel(self) -> None:
        """Keep the timer from firing; harmless when it has fired."""

    def cancelled(self) -> bool:
        """Tell whether `cancel` was called."""

    def when(self) -> float:
        """Return the deadline, on the loop's clock."""


class Deadlines:
    """The absolute timers of one loop, one asyncio timer per distinct deadline.

    asyncio keeps its timers in a heap ordered by deadline alone, and a heap gives equal
    elements back in any order. Equal deadlines are common with absolute ones ("all of these
    at noon"), so they share one asyncio timer and a queue here. Relative timers do not come
    this way: two readings of the clock differ.
    """

    def __init__(self, asyncio_loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_loop = asyncio_loop
        self._groups: dict[float, _Group] = {}

    def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> TimerHandle:
        """Call ``callback(*args)`` at `when`, after what was added for the same moment."""
        group = self._groups.get(when)
        if group is None:
            group = self._groups[when] = _Group(self._asyncio_loop, self._groups, when)
        timer = _Timer(group, callback, args)
        group.add(timer)
        return timer


class _Group:
    """The timers of one deadline."""

    __slots__ = ("_asyncio_loop", "_groups", "_handle", "_live", "_timers", "when")

    def __init__(
        self, asyncio_loop: asyncio.AbstractEventLoop, groups: dict[float, _Group], when: float
    ) -> None:
        self.when = when
        self._asyncio_loop = asyncio_loop
        self._groups = groups
        self._timers: deque[_Timer] = deque()
        self._live = 0
        self._handle: asyncio.Handle = asyncio_loop.call_at(when, self._fire)

    def add(self, timer: _Timer) -> None:
        self._timers.append(timer)
        self._live += 1

    def lose_one(self) -> None:
        """Let go of everything once the last timer was cancelled."""
        self._live -= 1
        if self._live == 0:
            self._handle.cancel()
            self._timers.clear()
            self._leave()

    def _leave(self) -> None:
        if self._groups.get(self.when) is self:
            del self._groups[self.when]

    def _fire(self) -> None:
        # A callback that adds a timer for this moment must get a new group: left first.
        self._leave()
        timers = self._timers
        try:
            while timers:
                timers.popleft().run()
        finally:
            if timers:  # KeyboardInterrupt or SystemExit: the rest stays due
                self._handle = self._asyncio_loop.call_soon(self._fire)


class _Timer:
    """One absolute timer."""

    __slots__ = ("_args", "_callback", "_cancelled", "_context", "_group")

    def __init__(
        self, group: _Group, callback: Callable[..., object], args: tuple[Any, ...]
    ) -> None:
        self._group = group
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._context: Context | None = copy_context()
        self._cancelled = False

    def run(self) -> None:
        callback, context = self._callback, self._context
        self._callback = self._context = None
        if callback is not None and context is not None:
            context.run(callback, *self._args)

    def cancel(self) -> None:
        self._cancelled = True
        if self._callback is not None:
            self._callback = self._context = None
            self._args = ()
            self._group.lose_one()

    def cancelled(self) -> bool:
        return self._cancelled

    def when(self) -> float:
        return self._group.when
