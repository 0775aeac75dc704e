"""A condition that some wait for and others announce."""

from __future__ import annotations

from etesian.core_loop.concurrent.waiting import Line, Timeout, Waiter

__all__ = ["Condition"]


class Condition:
    """Lets coroutines wait until they are notified.

    Unlike `threading.Condition` it holds no lock: nothing else runs between two awaits
    anyway. A notification that nobody waits for is lost.
    """

    def __init__(self) -> None:
        self._waiters = Line(self._pass_on)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} waiters={len(self._waiters)}>"

    def wait(self, timeout: Timeout = None) -> Waiter:
        """Return a Future of True when notified, of False when `timeout` passes first.

        `timeout` is a moment on the loop's clock or a timedelta.
        """
        return self._waiters.wait(timeout, expire=lambda waiter: waiter.set_result(False))

    def notify(self, n: int = 1) -> None:
        """Wake up to `n` waiters, those first that have waited longest."""
        for _ in range(n):
            if not self._waiters.serve(True):
                break

    def notify_all(self) -> None:
        """Wake all waiters."""
        self.notify(len(self._waiters))

    def _pass_on(self, notified: bool) -> None:
        """Wake the next one instead of one that was cancelled before it noticed."""
        if notified:
            self.notify()
