"""Mutual exclusion."""

from __future__ import annotations

from etesian.core_loop.locks.semaphore import BoundedSemaphore

__all__ = ["Lock"]


class Lock(BoundedSemaphore):
    """Lets one through at a time, in the order they came.

    Use it with ``async with lock:``, or ``with await lock.acquire():``. Whoever waits first
    gets it when it is released. Not reentrant.
    """

    def __init__(self) -> None:
        super().__init__(1)

    def release(self) -> None:
        """Hand the lock to the first who waits, else unlock it.

        Raises RuntimeError when it is not locked.
        """
        try:
            super().release()
        except ValueError:
            raise RuntimeError("release of a lock that is not locked") from None
