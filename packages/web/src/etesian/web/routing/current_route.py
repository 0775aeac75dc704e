"""How what is no handler of ours learns by which route it was reached, for its log."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    FindRoute = Callable[[], str | None]

__all__ = ["current_route", "reached_by"]

# Finding costs as much as routing did: it is done where a record is written.
_find: ContextVar[FindRoute | None] = ContextVar("find_route", default=None)


@contextmanager
def reached_by(find: FindRoute) -> Iterator[None]:
    """Let who is called inside, and asks at once, know how to find the route."""
    token = _find.set(find)
    try:
        yield
    finally:
        _find.reset(token)


def current_route() -> FindRoute:
    """Give what finds the regex of the route by which the caller is reached, or ``None``."""
    return _find.get() or _no_route


def _no_route() -> None:
    return None
