"""One option of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.core_loop.options.errors import Error, InvalidValueError
from etesian.core_loop.options.values import parser_for, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Option"]

# "Nothing was set": None is a value.
_UNSET = object()

# How types refuse text: those of Python by ValueError, Decimal and Fraction by errors of
# arithmetic, a dict's look-up by KeyError.
_REFUSALS = (ValueError, TypeError, ArithmeticError, LookupError)

# Numbers that a range such as 8000:8003 may stand for. All ports of a machine are fewer; a
# slip of the finger must not fill the memory.
MAX_RANGE = 100_000


class Option:
    """An option's definition and its value.

    `callback` is called with the new value on every change. `group` and `help` are what
    the list of options shows; `defined_in` is the file that defined it.
    """

    def __init__(
        self,
        name: str,
        *,
        default: Any,
        type: Callable[[str], Any] | None,  # noqa: A002  the documented name
        help: str | None,  # noqa: A002  the documented name
        metavar: str | None,
        multiple: bool,
        group: str,
        defined_in: str,
        callback: Callable[[Any], object] | None,
    ) -> None:
        self.name = name
        self.default = [] if multiple and default is None else default
        self.type: Callable[[str], Any] = type or _type_of(default, multiple=multiple)
        self.help = help
        self.metavar = metavar
        self.multiple = multiple
        self.group = group
        self.defined_in = defined_in
        self._callback = callback
        self._value: Any = _UNSET

    @property
    def value(self) -> Any:
        """What was set last, or the default."""
        return self.default if self._value is _UNSET else self._value

    def parse(self, text: str) -> Any:
        """Set the value from text; return it.

        With `multiple`, items are separated by commas, and an item ``a:b`` of integers stands
        for all from a to b, both included.

        Raises InvalidValueError when the text is not of the option's type.
        """
        try:
            value = self._read_many(text) if self.multiple else parser_for(self.type)(text)
        except _REFUSALS as error:
            raise InvalidValueError(
                f"option {self.name!r} takes {type_name(self.type)}, got {text!r}: {error}"
            ) from error
        self._change(value)
        return value

    def set(self, value: Any) -> None:
        """Set the value; Error when it is neither None nor of the option's type.

        A type that is a function and no class takes any value here.
        """
        if self.multiple:
            if not isinstance(value, list):
                raise Error(f"option {self.name!r} takes a list, got {value!r}")
            items = value
        else:
            items = [value]
        for item in items:
            if not (item is None or self._takes(item)):
                raise Error(
                    f"option {self.name!r} takes {type_name(self.type)}, "
                    f"got {item!r} ({type(item).__name__})"
                )
        self._change(value)

    def _takes(self, item: Any) -> bool:
        if not isinstance(self.type, type):
            return True
        return isinstance(item, (int, float) if self.type is float else self.type)

    def _change(self, value: Any) -> None:
        self._value = value
        if self._callback is not None:
            self._callback(value)

    def _read_many(self, text: str) -> list[Any]:
        read = parser_for(self.type)
        has_ranges = isinstance(self.type, type) and issubclass(self.type, int)
        items: list[Any] = []
        for part in text.split(","):
            low, colon, high = part.partition(":")
            if colon and has_ranges and self.type is not bool:
                first, last = read(low), read(high)
                if last < first:
                    raise ValueError(f"the range {part} ends before it begins")
                if last - first >= MAX_RANGE:
                    raise ValueError(f"the range {part} has more than {MAX_RANGE} numbers")
                items.extend(range(first, last + 1))
            else:
                items.append(read(part))
        return items


def _type_of(default: Any, *, multiple: bool) -> type[Any]:
    sample = default[0] if multiple and default else default
    return str if sample is None or (multiple and not default) else type(sample)
