"""A limit on how many do something at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from etesian.core_loop.concurrent.waiting import Line, Timeout, Waiter

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["BoundedSemaphore", "Semaphore"]


class Semaphore:
    """Lets `value` acquisitions through; more of them wait until one is released.

    Waiters are served in the order they came. Use it with ``async with semaphore:``, or
    ``with await semaphore.acquire():``. Cancelling an acquisition at any moment leaves the
    semaphore as if it had not been tried.

    Raises ValueError when `value` is negative.
    """

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError(f"a semaphore starts with 0 or more, got {value}")
        self._value = value
        self._waiters = Line(lambda _: self.release())

    def __repr__(self) -> str:
        state = f"unlocked, value={self._value}" if self._value else "locked"
        return f"<{type(self).__name__} {state}, waiters={len(self._waiters)}>"

    def acquire(self, timeout: Timeout = None) -> Waiter:
        """Return a Future that is done when this caller is let through.

        Its result is a context manager that releases on leaving. Raises TimeoutError when
        `timeout`, a moment on the loop's clock or a timedelta, passes first; the semaphore
        is as before then.
        """
        if self._value > 0:
            self._value -= 1
            return self._waiters.done(Releasing(self))
        return self._waiters.wait(timeout)

    def release(self) -> None:
        """Let the next one through."""
        # Handed over directly: somebody who comes in between cannot jump the line.
        if not self._waiters.serve(Releasing(self)):
            self._value += 1

    def __enter__(self) -> NoReturn:
        raise RuntimeError(
            f"use 'async with' or 'with await {type(self).__name__.lower()}.acquire()'"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__enter__()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


class BoundedSemaphore(Semaphore):
    """A Semaphore that refuses to be released more often than it was acquired."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._limit = value

    def release(self) -> None:
        """Let the next one through; ValueError if nobody holds the semaphore."""
        if self._value >= self._limit:
            raise ValueError(f"released more often than acquired (limit {self._limit})")
        super().release()


class Releasing:
    """Releases a semaphore or lock when its ``with`` block is left."""

    __slots__ = ("_held",)

    def __init__(self, held: Semaphore) -> None:
        self._held = held

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._held.release()
