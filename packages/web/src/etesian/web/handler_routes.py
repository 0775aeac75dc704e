"""Which handler class answers a path, remembered from the last time that somebody asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from etesian.web.handler import RequestHandler
from etesian.web.routing.matchers import PathMatches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from etesian.web.routing.index import RuleIndex

__all__ = ["HandlerRoute", "HandlerRoutes"]

# Peers choose the paths, so that both are bounded: a table full of the longest holds 256 KiB,
# and whoever fills it on purpose makes nobody slower than the first request for a path is.
_MAX_PATHS: Final = 1024
_MAX_PATH_LENGTH: Final = 256


class HandlerRoute(NamedTuple):
    """A handler class with what a rule gives it: for ``initialize``, and for its verb."""

    handler_class: type[RequestHandler]
    target_kwargs: Mapping[str, Any]
    path_args: Sequence[bytes | None]
    path_kwargs: Mapping[str, bytes | None]


class HandlerRoutes:
    """The answers of a :class:`RuleIndex` for paths that alone decide about the handler class.

    They do where every rule up to the one that matches asks for nothing but the path. All
    others are ``None``, and the rules have to be asked.
    """

    __slots__ = ("_index", "_known")

    def __init__(self, index: RuleIndex) -> None:
        self._index = index
        self._known: dict[str, HandlerRoute | None] = {}

    def find(self, path: str) -> HandlerRoute | None:
        """Give the route of ``path``, or ``None`` where it is not decided by the path."""
        try:
            return self._known[path]
        except KeyError:
            return self._learn(path)

    def _learn(self, path: str) -> HandlerRoute | None:
        route = self._decide(path)
        if len(path) <= _MAX_PATH_LENGTH:
            if len(self._known) >= _MAX_PATHS:
                self._known.clear()
            self._known[path] = route
        return route

    def _decide(self, path: str) -> HandlerRoute | None:
        for rule in self._index.candidates(path):
            matcher, target = rule.matcher, rule.target
            # Exactly this class: a derived one may ask for more.
            if type(matcher) is not PathMatches:
                return None
            params = matcher.match_path(path)
            if params is not None:
                if not (isinstance(target, type) and issubclass(target, RequestHandler)):
                    return None
                return HandlerRoute(
                    target,
                    rule.target_kwargs,
                    params.get("path_args", ()),
                    params.get("path_kwargs", {}),
                )
        return None
