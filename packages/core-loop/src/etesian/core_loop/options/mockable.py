"""Options that a test can patch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etesian.core_loop.options.parser import OptionParser

__all__ = ["Mockable"]


class Mockable:
    """The options of a parser as attributes that can be set, then deleted to restore them.

    That is what `unittest.mock.patch.object` does with an attribute.
    """

    def __init__(self, parser: OptionParser) -> None:
        self.__dict__["_parser"] = parser
        self.__dict__["_originals"] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._originals:
            raise RuntimeError(f"option {name!r} is patched already")
        self._originals[name] = getattr(self._parser, name)
        setattr(self._parser, name, value)

    def __delattr__(self, name: str) -> None:
        setattr(self._parser, name, self._originals.pop(name))
