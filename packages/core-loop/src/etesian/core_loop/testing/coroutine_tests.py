"""Tests that are coroutines."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, overload

from etesian.core_loop.gen.generators import coroutine
from etesian.core_loop.testing.case import default_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.core_loop.testing.case import AsyncTestCase

__all__ = ["gen_test"]


@overload
def gen_test(func: Callable[..., Any]) -> Callable[..., None]: ...
@overload
def gen_test(
    func: None = None, timeout: float | None = None
) -> Callable[[Callable[..., Any]], Callable[..., None]]: ...
def gen_test(func: Callable[..., Any] | None = None, timeout: float | None = None) -> Any:
    """Run a coroutine or generator method of an `AsyncTestCase` on the test's loop.

    Plain (``@gen_test``) or with seconds to wait (``@gen_test(timeout=10)``); by default
    those of ASYNC_TEST_TIMEOUT, else 5. Arguments of the method pass through.

    The test fails with TimeoutError when the time is over; its notes say where the test was
    waiting.
    """
    if func is None:
        return functools.partial(_decorate, timeout=timeout)
    return _decorate(func, timeout=timeout)


# Its name begins like a test's in the eyes of some collectors.
gen_test.__test__ = False  # type: ignore[attr-defined]


def _decorate(func: Callable[..., Any], *, timeout: float | None) -> Callable[..., None]:
    run = coroutine(func) if inspect.isgeneratorfunction(func) else func

    @functools.wraps(func)
    def test(self: AsyncTestCase, *args: Any, **kwargs: Any) -> None:
        seconds = default_timeout() if timeout is None else timeout
        self.io_loop.run_sync(functools.partial(run, self, *args, **kwargs), timeout=seconds)

    return test
