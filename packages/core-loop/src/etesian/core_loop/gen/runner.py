"""What drives a generator that is a coroutine."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from etesian.core_loop.gen.convert import convert_yielded

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Return", "Runner", "waiting_generators"]

# Runners that wait, by loop. A generator, its Runner and what they wait for may refer to
# nothing but each other; the loop has to hold them, or a collection would end them silently.
_waiting: dict[asyncio.AbstractEventLoop, set[Runner]] = {}


class Return(Exception):  # noqa: N818  the documented name
    """``raise Return(value)`` in a coroutine is ``return value``."""

    def __init__(self, value: Any = None) -> None:
        super().__init__(value)
        self.value = value


class Runner:
    """Runs one generator to its end and gives its outcome to a Future.

    The generator runs in a copy of the context it was started in. Cancelling the Future
    cancels what the generator waits for, as cancelling a Task does.
    """

    __slots__ = ("_awaited", "_context", "_peers", "_result", "generator")

    def __init__(self, generator: Generator[Any, Any, Any], result: asyncio.Future[Any]) -> None:
        self.generator = generator
        self._result = result
        self._context: Context = copy_context()
        self._awaited: asyncio.Future[Any] | None = None
        self._peers: set[Runner] | None = None

    def run(self) -> None:
        """Run the generator up to the first thing that is not there yet."""
        self._context.run(self._advance, None)

    def _advance(self, awaited: asyncio.Future[Any] | None) -> None:
        """Go on with the outcome of what was awaited, for as long as there are outcomes."""
        value: Any = None
        error: BaseException | None = None
        given: Any = None
        self._awaited = None
        try:
            while True:
                if awaited is not None:
                    value, error = _outcome(awaited)
                state, given = _step(self.generator, value, error)
                if state is not _YIELDED:
                    self._end(state, given)
                    return
                awaited, value, error = None, None, None
                try:
                    awaited = given if asyncio.isfuture(given) else convert_yielded(given)
                except Exception as unusable:  # noqa: BLE001  thrown into the generator
                    error = unusable
                    continue
                if not awaited.done():
                    self._wait(awaited)
                    return
        finally:
            # An error's traceback holds this frame. If the frame went on holding the error,
            # or a Future that does, both would stay until some later collection.
            del self, awaited, value, error, given

    def _wait(self, awaited: asyncio.Future[Any]) -> None:
        self._awaited = awaited
        awaited.add_done_callback(self._advance, context=self._context)
        if self._peers is None:
            self._peers = _peers_on(awaited.get_loop())
            self._peers.add(self)
            self._result.add_done_callback(self._cancel)
        if self._result.cancelled():
            awaited.cancel()

    def _cancel(self, result: asyncio.Future[Any]) -> None:
        if result.cancelled() and self._awaited is not None:
            self._awaited.cancel()

    def _end(self, state: object, payload: Any) -> None:
        if self._peers is not None:
            self._peers.discard(self)
            self._peers = None
        result = self._result
        if state is _RETURNED:
            if not result.done():
                result.set_result(payload)
        elif isinstance(payload, asyncio.CancelledError):
            result.cancel()
        elif not result.done():
            result.set_exception(payload)
        if isinstance(payload, KeyboardInterrupt | SystemExit) and state is _RAISED:
            raise payload


# What a step of a generator came to.
_YIELDED, _RETURNED, _RAISED = object(), object(), object()


def _step(
    generator: Generator[Any, Any, Any], value: Any, error: BaseException | None
) -> tuple[object, Any]:
    """Let a generator run once; return what it came to, and what it gave.

    No error is being handled while the generator runs: it would become the context of one
    that the generator raises.
    """
    try:
        yielded = generator.send(value) if error is None else generator.throw(error)
    except (StopIteration, Return) as end:
        return _RETURNED, end.value
    except BaseException as end:  # noqa: BLE001  the Future will carry it
        return _RAISED, end
    finally:
        del error
    return _YIELDED, yielded


def waiting_generators(loop: asyncio.AbstractEventLoop) -> list[Generator[Any, Any, Any]]:
    """Return the generators that wait for something on a loop."""
    return [runner.generator for runner in _waiting.get(loop, ())]


def _outcome(future: asyncio.Future[Any]) -> tuple[Any, BaseException | None]:
    if future.cancelled():
        return None, asyncio.CancelledError()
    error = future.exception()
    return (future.result(), None) if error is None else (None, error)


def _peers_on(loop: asyncio.AbstractEventLoop) -> set[Runner]:
    peers = _waiting.get(loop)
    if peers is None:
        for closed in [known for known in _waiting if known.is_closed()]:
            del _waiting[closed]
        peers = _waiting[loop] = set()
    return peers
