"""``tornado.stack_context``: what surrounds a callback when it was made surrounds it when it runs.

Contexts ride on a context variable. ``wrap`` notes which are active, and enters
fresh ones around the function whenever it is called; the bridge's loop wraps
every callback that it is given. Code with ``async def`` has no use for any of it.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, ExitStack
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    ExceptionHandler: TypeAlias = Callable[
        [type[BaseException], BaseException, TracebackType | None], object
    ]

__all__ = [
    "ExceptionStackContext",
    "NullContext",
    "StackContext",
    "StackContextInconsistentError",
    "active_contexts",
    "run_with_stack_context",
    "wrap",
]


class StackContextInconsistentError(Exception):
    """A coroutine yielded inside ``with StackContext``: its context would leak to others."""


_active: ContextVar[tuple[StackContext, ...]] = ContextVar("etesian_stack_contexts", default=())


def active_contexts() -> tuple[StackContext, ...]:
    """Give the contexts that a callback made now would take along."""
    return _active.get()


class StackContext:
    """``with StackContext(factory):`` callbacks made inside run inside a fresh ``factory()``.

    What ``as`` gives is a function: once it is called, later callbacks run without.
    """

    def __init__(self, context_factory: Callable[[], AbstractContextManager[Any]]) -> None:
        self._make = context_factory
        self._entered: AbstractContextManager[Any] | None = None
        self._outer: tuple[StackContext, ...] = ()
        self.is_active = True

    def fresh(self) -> AbstractContextManager[Any]:
        """Give a new context to run one callback in."""
        return self._make()

    def __enter__(self) -> Callable[[], None]:
        self._entered = self.fresh()
        self._entered.__enter__()
        self._outer = _active.get()
        self._inner = (*self._outer, self)
        _active.set(self._inner)
        return self._deactivate

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        is_consistent = _active.get() is self._inner
        _active.set(self._outer)
        entered, self._entered = self._entered, None
        handled = entered.__exit__(typ, value, traceback) if entered is not None else None
        if not is_consistent:
            raise StackContextInconsistentError("stack contexts were not left in their order")
        return handled

    def _deactivate(self) -> None:
        self.is_active = False


class _Catch(AbstractContextManager[None]):
    """Gives an exception to a handler, whose truth means that it is dealt with."""

    def __init__(self, handler: ExceptionHandler) -> None:
        self._handler = handler

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if typ is None or value is None:
            return False
        return bool(self._handler(typ, value, traceback))


class ExceptionStackContext(StackContext):
    """Hands exceptions of callbacks made inside to ``handler(typ, value, traceback)``.

    If it returns true, the exception goes no further.
    """

    def __init__(self, exception_handler: ExceptionHandler) -> None:
        super().__init__(lambda: _Catch(exception_handler))


class NullContext:
    """``with NullContext():`` callbacks made inside take no context along."""

    def __enter__(self) -> None:
        self._token = _active.set(())

    def __exit__(self, *exc_info: object) -> None:
        _active.reset(self._token)


def wrap(fn: Any) -> Any:
    """Give a function that calls ``fn`` in the contexts that are active now.

    ``None`` gives ``None``; what is wrapped already is given back.
    """
    if fn is None or getattr(fn, "_etesian_is_wrapped", False):
        return fn
    captured = _active.get()

    @functools.wraps(fn, updated=())
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        contexts = tuple(context for context in captured if context.is_active)
        token = _active.set(contexts)
        try:
            if not contexts:
                return fn(*args, **kwargs)
            return _call_within(contexts, fn, args, kwargs)
        finally:
            _active.reset(token)

    vars(wrapped)["_etesian_is_wrapped"] = True
    return wrapped


def _call_within(
    contexts: tuple[StackContext, ...],
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call a function in fresh contexts; ``None`` where one of them dealt with an exception."""
    results: list[Any] = []
    with ExitStack() as stack:
        for context in contexts:
            stack.enter_context(context.fresh())
        results.append(fn(*args, **kwargs))
    return results[0] if results else None


def run_with_stack_context(context: StackContext, func: Callable[[], Any]) -> Any:
    """Run a coroutine in a context: ``with`` around a ``yield`` is not possible."""
    with context:
        return func()
