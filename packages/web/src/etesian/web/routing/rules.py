"""One line of a routing table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from etesian.web.routing.matchers import Matcher, PathMatches

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

__all__ = ["Rule", "URLSpec", "as_rule", "url"]


class Rule:
    """Sends what ``matcher`` accepts to ``target``.

    ``target`` is a request handler class (or its dotted name), a router, a list of
    rules, a connection delegate, or a callable that takes the request.
    ``target_kwargs`` go to ``initialize`` of a handler. ``name`` is for
    ``reverse_url``.
    """

    __slots__ = ("matcher", "name", "target", "target_kwargs")

    def __init__(
        self,
        matcher: Matcher,
        target: object,
        target_kwargs: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.matcher = matcher
        self.target = _imported(target) if isinstance(target, str) else target
        self.target_kwargs = dict(target_kwargs or {})
        self.name = name

    def reverse(self, *args: object) -> str | None:
        """Give a path that this rule accepts, or ``None`` where its matcher cannot tell."""
        return self.matcher.reverse(*args)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.matcher!r}, {self.target!r}, "
            f"kwargs={self.target_kwargs!r}, name={self.name!r})"
        )


class URLSpec(Rule):
    """Sends the paths that match a regex to a request handler.

    The regex is matched against the whole path. Use either named or unnamed
    groups: what they capture goes to the method of the handler, by name or by
    place. ``kwargs`` go to ``initialize``.
    """

    __slots__ = ("handler_class", "kwargs", "regex")

    matcher: PathMatches

    def __init__(
        self,
        pattern: str | re.Pattern[str],
        handler: object,
        kwargs: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        matcher = PathMatches(pattern)
        super().__init__(matcher, handler, kwargs, name)
        self.regex = matcher.regex
        self.handler_class = self.target
        self.kwargs = self.target_kwargs

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.regex.pattern!r}, {self.handler_class!r}, "
            f"kwargs={self.kwargs!r}, name={self.name!r})"
        )


url = URLSpec


def as_rule(item: object) -> Rule:
    """Give the rule that an entry of a routing table stands for.

    ``(matcher or regex, target[, kwargs[, name]])`` as tuple or list, or a rule.
    Raises ``TypeError`` for anything else.
    """
    if isinstance(item, Rule):
        return item
    if not isinstance(item, tuple | list) or len(item) not in (2, 3, 4):
        raise TypeError(f"expected a rule or a sequence of 2 to 4 items, got {item!r}")
    if isinstance(item[0], Matcher):
        return Rule(*item)
    return URLSpec(*item)


def _imported(dotted_name: str) -> object:
    """Give what ``package.module.Name`` names, or raise ``ImportError``."""
    module, _, name = dotted_name.rpartition(".")
    if not module:
        return import_module(dotted_name)
    try:
        return getattr(import_module(module), name)
    except AttributeError:
        raise ImportError(f"module {module!r} has no {name!r}") from None
