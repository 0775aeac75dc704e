"""Arguments found and replaced in calls on their way to a function."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ArgReplacer"]


class ArgReplacer:
    """Finds one argument of a function in the arguments of a call.

    For decorators that must work however the argument is passed.
    """

    def __init__(self, func: Callable[..., Any], name: str) -> None:
        self.name = name
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(func).parameters.values()
        names = [parameter.name for parameter in parameters if parameter.kind in positional]
        self.arg_pos = names.index(name) if name in names else None

    def get_old_value(
        self, args: Sequence[Any], kwargs: dict[str, Any], default: Any = None
    ) -> Any:
        """Return the argument as the call gives it; `default` if it does not."""
        if self.arg_pos is not None and len(args) > self.arg_pos:
            return args[self.arg_pos]
        return kwargs.get(self.name, default)

    def replace(
        self, new_value: Any, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[Any, Sequence[Any], dict[str, Any]]:
        """Return the old value and the arguments of the call with the new one.

        An argument that the call does not give is added as a keyword, with None as its old
        value. What is passed in is left as it is.
        """
        if self.arg_pos is not None and len(args) > self.arg_pos:
            changed = list(args)
            old, changed[self.arg_pos] = changed[self.arg_pos], new_value
            return old, changed, kwargs
        return kwargs.get(self.name), args, {**kwargs, self.name: new_value}
