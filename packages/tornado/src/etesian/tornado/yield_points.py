"""What a generator of Tornado 3 and 4 may yield besides Futures.

Each generator has its :class:`Keys`: the callbacks that it has made, by key, and
their results. A :class:`YieldPoint` waits for some of them.
"""

from __future__ import annotations

from collections import namedtuple
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from etesian.core_loop.interface import api as core_loop
from etesian.tornado import stack_context

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Hashable, Sequence

__all__ = [
    "Arguments",
    "Callback",
    "KeyReuseError",
    "Keys",
    "LeakedCallbackError",
    "Task",
    "UnknownKeyError",
    "Wait",
    "WaitAll",
    "YieldPoint",
    "begin_generator",
]

# The documented shape: a namedtuple whose fields are read by name.
Arguments = namedtuple("Arguments", ["args", "kwargs"])  # noqa: PYI024


class KeyReuseError(Exception):
    """A callback was made under a key whose callback is still outstanding."""


class UnknownKeyError(Exception):
    """No callback was made under the key that is waited for."""


class LeakedCallbackError(Exception):
    """A generator ended without waiting for a callback that it had made."""


class Keys:
    """The outstanding callbacks of one generator; the ``runner`` of a YieldPoint."""

    def __init__(self) -> None:
        self._pending: set[Hashable] = set()
        self._results: dict[Hashable, Any] = {}
        self._waiting: list[tuple[YieldPoint, Future[Any]]] = []

    def register_callback(self, key: Hashable) -> None:
        """Expect a result under ``key``."""
        if key in self._pending:
            raise KeyReuseError(f"key {key!r} is already pending")
        self._pending.add(key)

    def is_ready(self, key: Hashable) -> bool:
        """Say whether the result has come; ``UnknownKeyError`` where none is expected."""
        if key not in self._pending:
            raise UnknownKeyError(f"key {key!r} is not pending")
        return key in self._results

    def set_result(self, key: Hashable, result: Any) -> None:
        """Take the result, and let go on who waited for it."""
        self._results[key] = result
        for entry in list(self._waiting):
            self._finish_if_ready(entry)

    def pop_result(self, key: Hashable) -> Any:
        """Give the result; the key is free again."""
        self._pending.remove(key)
        return self._results.pop(key)

    def result_callback(self, key: Hashable) -> Callable[..., None]:
        """Give the function that takes the result, in the stack contexts of now."""
        wrapped: Callable[..., None] = stack_context.wrap(
            lambda *args, **kwargs: self.set_result(key, _as_result(args, kwargs))
        )
        return wrapped

    def wait_for(self, point: YieldPoint) -> Future[Any]:
        """Give a Future of what ``point`` gives."""
        future: Future[Any] = core_loop.IOLoop.current().asyncio_loop.create_future()
        point.start(self)
        entry = (point, future)
        self._waiting.append(entry)
        self._finish_if_ready(entry)
        return future

    def check_nothing_leaked(self) -> None:
        """Raise ``LeakedCallbackError`` where callbacks are outstanding."""
        if self._pending:
            raise LeakedCallbackError(f"generator ended without waiting for {self._pending!r}")

    def _finish_if_ready(self, entry: tuple[YieldPoint, Future[Any]]) -> None:
        point, future = entry
        try:
            if not point.is_ready():
                return
            result = point.get_result()
        except Exception as error:  # noqa: BLE001 - raised where the point was yielded
            self._waiting.remove(entry)
            future.set_exception(error)
        else:
            self._waiting.remove(entry)
            future.set_result(result)


_keys: ContextVar[Keys] = ContextVar("etesian_generator_keys")


def begin_generator() -> Keys:
    """Give the generator that runs in this context its keys."""
    keys = Keys()
    _keys.set(keys)
    return keys


class YieldPoint:
    """What a generator yields to wait; derive from it for other ways of waiting."""

    def start(self, runner: Keys) -> None:
        """Begin, with the keys of the generator."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Say whether :meth:`get_result` can be called."""
        raise NotImplementedError

    def get_result(self) -> Any:
        """Give the result, once."""
        raise NotImplementedError


class Callback(YieldPoint):
    """Yields at once a function that takes the result for ``Wait(key)``."""

    def __init__(self, key: Hashable) -> None:
        self.key = key

    def start(self, runner: Keys) -> None:
        """Expect the result."""
        runner.register_callback(self.key)
        self._function = runner.result_callback(self.key)

    def is_ready(self) -> bool:
        """Say yes: there is nothing to wait for."""
        return True

    def get_result(self) -> Callable[..., None]:
        """Give the function."""
        return self._function


class WaitAll(YieldPoint):
    """Waits for the callbacks of several keys; gives their results in that order."""

    def __init__(self, keys: Sequence[Hashable]) -> None:
        self.keys = keys

    def start(self, runner: Keys) -> None:
        """Note whose keys they are."""
        self._runner = runner

    def is_ready(self) -> bool:
        """Say whether all have come."""
        # A list first: every key is checked, also behind one that is not ready.
        return all([self._runner.is_ready(key) for key in self.keys])  # noqa: C419

    def get_result(self) -> Any:
        """Give the results."""
        return [self._runner.pop_result(key) for key in self.keys]


class Wait(WaitAll):
    """Waits for the callback of one key, and gives its result."""

    def __init__(self, key: Hashable) -> None:
        super().__init__([key])

    def get_result(self) -> Any:
        """Give the result."""
        return super().get_result()[0]


def Task(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: N802
    """Call ``func(*args, callback=..., **kwargs)``; give a Future of what the callback gets.

    Several values, or names, come as :class:`Arguments`. What ``func`` raises, or
    what is raised in callbacks that it made, is the Future's exception.
    """
    future: Future[Any] = core_loop.IOLoop.current().asyncio_loop.create_future()

    def take_exception(typ: object, value: BaseException, tb: object) -> bool:
        del typ, tb
        if future.done():
            return False
        future.set_exception(value)
        return True

    def take_result(*args: Any, **kwargs: Any) -> None:
        if not future.done():
            future.set_result(_as_result(args, kwargs))

    with stack_context.ExceptionStackContext(take_exception):
        func(*args, callback=take_result, **kwargs)
    return future


def _as_result(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if kwargs or len(args) > 1:
        return Arguments(args, kwargs)
    return args[0] if args else None


@core_loop.gen.convert_yielded.register(YieldPoint)
def _(yielded: YieldPoint) -> Future[Any]:
    return _keys.get().wait_for(yielded)
