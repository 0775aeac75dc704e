"""One place among the workers: somebody serves in it, or soon will."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from etesian.cli.workers.exit_status import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.cli.workers.worker_process import WorkerProcess

_log = logging.getLogger("etesian.general")

# Seconds. A worker that served for so long did not die of its start.
_LONG_LIFE = 10.0
# Seconds before the second attempt to start a worker; each further one waits twice as long, up to
# the last: a database that is down for a minute is no reason to burn a processor.
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 30.0


class Slot:
    """Keeps one worker serving: a dead one is replaced, a new one takes over from an old one.

    ``start`` starts a worker, ``retire`` lets one end in order. With ``patient``, who
    fails to start is not tried again until :meth:`renew` is called.
    """

    def __init__(
        self,
        start: Callable[[], WorkerProcess],
        retire: Callable[[WorkerProcess], object],
        *,
        patient: bool,
    ) -> None:
        self._start = start
        self._retire = retire
        self._patient = patient
        self._pause = 0.0
        self._changing = asyncio.Lock()
        self._hurry = asyncio.Event()
        self.worker: WorkerProcess | None = None

    async def begin(self) -> bool:
        """Start the first worker; tell whether it serves."""
        worker = self._start()
        if await worker.ready:
            self.worker = worker
        return self.worker is not None

    async def keep(self) -> None:
        """Keep a worker serving, until cancelled."""
        while True:
            worker = self.worker
            if worker is None:
                async with self._changing:
                    await self._begin_again()
                continue
            await _first_of(worker.ended, worker.retiring)
            async with self._changing:
                if self.worker is worker:
                    await self._replace(worker)

    async def renew(self) -> bool:
        """Let a new worker take over, and the old one end once the new one serves.

        Tells whether that came about: where the new one does not start, the old goes on.
        """
        self._hurry.set()
        if self.worker is None:
            return True  # one is being started anyhow
        async with self._changing:
            return await self._take_over()

    async def _take_over(self) -> bool:
        successor = self._start()
        if not await successor.ready:
            return False
        old, self.worker = self.worker, successor
        self._pause = 0.0
        if old is not None:
            self._retire(old)
        return True

    async def _replace(self, worker: WorkerProcess) -> None:
        """See to a worker that has died, or wants a successor."""
        self._hurry.clear()
        if worker.ended.done():
            _log.error("Worker %d %s; starting another", worker.pid, describe(worker.ended))
            self.worker = None
            if asyncio.get_running_loop().time() - worker.started_at < _LONG_LIFE:
                await self._wait_a_while()
            else:
                self._pause = 0.0
        elif not await self._take_over():
            _log.error("Worker %d goes on: its successor did not start", worker.pid)
            await self._wait_a_while()

    async def _begin_again(self) -> None:
        # Before the attempt: who hurries during it knows something that it does not.
        self._hurry.clear()
        if await self.begin():
            return
        if self._patient:
            await self._hurry.wait()
        else:
            await self._wait_a_while()

    async def _wait_a_while(self) -> None:
        """Pause, longer each time; a call of :meth:`renew` ends it."""
        pause = self._pause
        self._pause = min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
        try:
            async with asyncio.timeout(pause):
                await self._hurry.wait()
        except TimeoutError:
            pass


async def _first_of(ended: asyncio.Future[int], retiring: asyncio.Event) -> None:
    wish = asyncio.ensure_future(retiring.wait())
    either: set[asyncio.Future[Any]] = {ended, wish}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        wish.cancel()
