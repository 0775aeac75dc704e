"""A dict whose items are attributes."""

from __future__ import annotations

from typing import Any

__all__ = ["ObjectDict"]


class ObjectDict(dict[str, Any]):
    """A dict that gives and takes its items as attributes, too.

    Raises AttributeError for a name that is not there.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value
