"""A flag that coroutines wait for."""

from __future__ import annotations

from etesian.core_loop.concurrent.waiting import Line, Timeout, Waiter

__all__ = ["Event"]


class Event:
    """Holds coroutines up until it is set; not set at first."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiters = Line()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'set' if self._is_set else 'clear'}>"

    def is_set(self) -> bool:
        """Tell whether the flag is set."""
        return self._is_set

    def set(self) -> None:
        """Set the flag and wake everybody who waits."""
        self._is_set = True
        while self._waiters.serve(None):
            pass

    def clear(self) -> None:
        """Take the flag back: who waits from now on waits for the next `set`."""
        self._is_set = False

    def wait(self, timeout: Timeout = None) -> Waiter:
        """Return a Future that is done once the flag is set, at once if it is set.

        Raises TimeoutError when `timeout`, a moment on the loop's clock or a timedelta,
        passes first.
        """
        return self._waiters.done(None) if self._is_set else self._waiters.wait(timeout)
