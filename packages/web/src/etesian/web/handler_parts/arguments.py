"""Arguments of the query string and of a form in the body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar, overload

from etesian.web.handler_parts.base import HandlerBase
from etesian.web.interface import HTTPError, MissingArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Arguments"]

_Default = TypeVar("_Default")


class _Required:
    """The default that says: there is no default."""


_REQUIRED: Final = _Required()
# The C0 controls but for HTAB, LF and CR, which text areas send.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Arguments(HandlerBase):
    """Arguments as text: the last of a name, or all of it.

    With ``strip``, blanks at both ends are cut. Control characters other than
    line ends and tabs become spaces. What is not UTF-8 is a 400
    (:meth:`decode_argument` can be overridden for other encodings).
    """

    @overload
    def get_argument(self, name: str, *, strip: bool = True) -> str: ...
    @overload
    def get_argument(self, name: str, default: _Default, strip: bool = True) -> str | _Default: ...
    def get_argument(self, name: str, default: object = _REQUIRED, strip: bool = True) -> object:
        """Give the last value in query and body, of which the body is the later.

        Without a default a missing argument is a 400 (:class:`MissingArgumentError`).
        """
        return self._last(self.request.arguments, name, default, strip)

    def get_arguments(self, name: str, strip: bool = True) -> list[str]:
        """Give all values, those of the query first; none where there are none."""
        return self._all(self.request.arguments, name, strip)

    @overload
    def get_query_argument(self, name: str, *, strip: bool = True) -> str: ...
    @overload
    def get_query_argument(
        self, name: str, default: _Default, strip: bool = True
    ) -> str | _Default: ...
    def get_query_argument(
        self, name: str, default: object = _REQUIRED, strip: bool = True
    ) -> object:
        """Give the last value in the query; else as :meth:`get_argument`."""
        return self._last(self.request.query_arguments, name, default, strip)

    def get_query_arguments(self, name: str, strip: bool = True) -> list[str]:
        """Give all values in the query; none where there are none."""
        return self._all(self.request.query_arguments, name, strip)

    @overload
    def get_body_argument(self, name: str, *, strip: bool = True) -> str: ...
    @overload
    def get_body_argument(
        self, name: str, default: _Default, strip: bool = True
    ) -> str | _Default: ...
    def get_body_argument(
        self, name: str, default: object = _REQUIRED, strip: bool = True
    ) -> object:
        """Give the last value in the body; else as :meth:`get_argument`."""
        return self._last(self.request.body_arguments, name, default, strip)

    def get_body_arguments(self, name: str, strip: bool = True) -> list[str]:
        """Give all values in the body; none where there are none."""
        return self._all(self.request.body_arguments, name, strip)

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Give an argument, or a captured part of the path, as text. Override it.

        ``value`` is percent-decoded; ``name`` is ``None`` for an unnamed group of
        the route. Raises 400 where it is not UTF-8.
        """
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise HTTPError(400, "Invalid UTF-8 in %s: %r", name or "url", value[:40]) from None

    def _last(
        self, source: Mapping[str, Sequence[bytes]], name: str, default: object, strip: bool
    ) -> object:
        values = self._all(source, name, strip)
        if values:
            return values[-1]
        if default is _REQUIRED:
            raise MissingArgumentError(name)
        return default

    def _all(self, source: Mapping[str, Sequence[bytes]], name: str, strip: bool) -> list[str]:
        # Somebody who passes a default as second argument would otherwise never learn.
        if not isinstance(strip, bool):
            raise TypeError(f"strip must be a bool, got {strip!r}")
        values = [
            _CONTROL.sub(" ", self.decode_argument(value, name)) for value in source.get(name, ())
        ]
        return [value.strip() for value in values] if strip else values
