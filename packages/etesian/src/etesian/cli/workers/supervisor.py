"""The parent of the workers: it opens the sockets, and serves nothing itself.

Workers are fresh interpreters that inherit the listening sockets, not forks of the parent: so a
new one runs the code as it is then, no lock or thread of the parent is half copied, and the parent
never imports the program and cannot be broken by it. What forks would share of the program's
memory is given up for that. All accept from the same sockets, so that no connection waits in the
queue of a worker that has ended.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from typing import TYPE_CHECKING

from etesian.cli.announcing import announce
from etesian.cli.logs import set_up_logging
from etesian.cli.notify import notify
from etesian.cli.reload import changes, is_broken
from etesian.cli.sockets import OpenSockets, open_sockets
from etesian.cli.tls import tls_context
from etesian.cli.workers.slot import Slot
from etesian.cli.workers.worker_process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from etesian.cli.command_line.options import RunOptions

_log = logging.getLogger("etesian.general")

# Seconds beyond the time for requests after which a worker that was asked to end is killed: it
# needs a moment to close, and two seconds where its threads are busy.
_MARGIN = 3.0


def run_supervised(options: RunOptions, arguments: Sequence[str]) -> int:
    """Serve in workers, and give the exit status.

    ``arguments`` are those of ``etesian run``, for the workers. Raises ``StartError`` where a
    socket or the certificate cannot be had.
    """
    set_up_logging(options)
    if options.certfile is not None:
        tls_context(options)  # which would only fail later otherwise, and in another process
    opened = open_sockets(options)
    try:
        return asyncio.run(_Supervisor(options, arguments, opened).run())
    finally:
        opened.close()


class _Supervisor:
    """Watches over the workers of one set of sockets."""

    def __init__(self, options: RunOptions, arguments: Sequence[str], opened: OpenSockets) -> None:
        self._options = options
        self._arguments = arguments
        self._opened = opened
        self._processes: set[WorkerProcess] = set()
        self._slots: dict[Slot, asyncio.Task[None] | None] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._rolling = asyncio.Lock()
        self._asked_to_end = asyncio.Event()
        self._signal_at_once = 0

    async def run(self) -> int:
        """Serve until asked to end; give the exit status."""
        self._take_signals()
        work = asyncio.ensure_future(self._work())
        asked = asyncio.ensure_future(self._asked_to_end.wait())
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        notify("STOPPING=1")
        # First of all: who comes now is refused at once, instead of waiting for nobody.
        self._opened.close()
        work.cancel()
        asked.cancel()
        for task in [*self._tasks, *filter(None, self._slots.values())]:
            task.cancel()
        await asyncio.gather(*(self._end(one) for one in list(self._processes)))
        if self._signal_at_once:
            return 128 + self._signal_at_once
        if self._asked_to_end.is_set():
            return 0
        work.result()  # raises, where it failed in a way that nobody foresaw
        return 1

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._ask_to_end, signal.SIGINT)
        loop.add_signal_handler(signal.SIGTERM, self._ask_to_end, signal.SIGTERM)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        loop.add_signal_handler(signal.SIGTTIN, lambda: self._spawn(self._add_worker()))
        loop.add_signal_handler(signal.SIGTTOU, self._remove_worker)
        loop.add_signal_handler(signal.SIGCHLD, self._look_at_workers)

    async def _work(self) -> None:
        """Start the first workers and watch over them; end only where they do not start."""
        if not await self._start_first():
            return
        announce(self._opened.sockets, self._options)
        if self._options.reload:
            await self._reload()
        if self._options.worker_timeout:
            await self._kill_stuck(self._options.worker_timeout)
        await asyncio.Event().wait()

    async def _start_first(self) -> bool:
        """Start the first generation; one goes ahead, to tell what is wrong only once."""
        if not await self._begin_slot():
            if not self._options.reload:
                _log.error("No worker could be started")
                return False
            _log.error("The worker did not start; waiting for a change of a file")
            self._keep(self._new_slot())
        more = (self._options.workers or 1) - 1
        if not all(await asyncio.gather(*(self._begin_slot() for _ in range(more)))):
            _log.error("Not all workers could be started")
            return False
        return True

    # Workers

    def _new_slot(self) -> Slot:
        return Slot(self._start_worker, self._retire, patient=self._options.reload)

    async def _begin_slot(self) -> bool:
        slot = self._new_slot()
        if await slot.begin():
            self._keep(slot)
            return True
        return False

    def _keep(self, slot: Slot) -> None:
        self._slots[slot] = asyncio.get_running_loop().create_task(slot.keep())

    def _start_worker(self) -> WorkerProcess:
        worker = WorkerProcess(self._arguments, self._opened.sockets)
        self._processes.add(worker)
        return worker

    def _retire(self, worker: WorkerProcess) -> None:
        self._spawn(self._end(worker))

    async def _end(self, worker: WorkerProcess) -> None:
        """Ask a worker to end, and kill it where it takes too long."""
        if not self._signal_at_once:
            worker.terminate()
        seconds = self._options.drain + _MARGIN
        done, _ = await asyncio.wait({worker.ended}, timeout=seconds)
        if not done:
            _log.error("Worker %d did not end within %g seconds; killed", worker.pid, seconds)
            worker.kill()
            await worker.ended

    def _look_at_workers(self) -> None:
        for worker in list(self._processes):
            worker.look()
            if worker.ended.done():
                self._processes.discard(worker)

    async def _kill_stuck(self, limit: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(limit / 4)
            for worker in self._processes:
                serving = worker.ready.done() and not worker.ended.done()
                if serving and loop.time() - worker.seen_at > limit:
                    _log.error("Worker %d gave no sign for %g seconds; killed", worker.pid, limit)
                    worker.kill()

    # Wishes

    def _ask_to_end(self, number: signal.Signals) -> None:
        if self._asked_to_end.is_set():
            self._signal_at_once = number
            for worker in self._processes:
                worker.kill()
        self._asked_to_end.set()

    def _on_hangup(self) -> None:
        if self._options.reload:
            self._ask_to_end(signal.SIGHUP)  # its terminal was closed
        else:
            self._spawn(self._roll())

    async def _roll(self) -> bool:
        """Let all workers be succeeded, one after another; stop where one is not."""
        async with self._rolling:
            notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
            renewed = True
            for slot in list(self._slots):
                renewed = renewed and await slot.renew()
            if renewed:
                _log.info("All workers are new")
            else:
                _log.error("A new worker did not start; the old ones go on")
            notify("READY=1")
            return renewed

    async def _reload(self) -> None:
        """Let the worker be succeeded whenever the program's files change."""
        folders = self._options.reload_dirs or (self._options.app_dir,)
        async for changed in changes(folders):
            _log.info("Changed: %s", ", ".join(sorted(changed)))
            broken = [path for path in changed if is_broken(path)]
            if not broken:
                await self._roll()

    async def _add_worker(self) -> None:
        if await self._begin_slot():
            _log.info("%d workers", len(self._slots))
        else:
            _log.error("A further worker did not start")

    def _remove_worker(self) -> None:
        if len(self._slots) < 2:
            _log.warning("The last worker stays")
            return
        slot, task = self._slots.popitem()
        if task is not None:
            task.cancel()
        if slot.worker is not None:
            self._retire(slot.worker)
        _log.info("%d workers", len(self._slots))

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        # The loop itself keeps only a weak reference to a task.
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
