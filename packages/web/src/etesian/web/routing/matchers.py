"""What a rule asks of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote_to_bytes

from etesian.web.routing.path_pattern import analyse

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["AnyMatches", "DefaultHostMatches", "HostMatches", "Matcher", "PathMatches"]


class Matcher:
    """Asks something of a request; to be derived from."""

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:
        """Give the parameters for the target where the request fits, else ``None``.

        An empty dict is a match without parameters. For a request handler the keys
        are ``path_args`` (a list of bytes or ``None``), ``path_kwargs`` (the same by
        name) and ``handler_kwargs``.
        """
        raise NotImplementedError

    def reverse(self, *args: object) -> str | None:  # noqa: ARG002 - for those who can
        """Give a path that would match with these arguments, or ``None`` where there is none."""
        return None


class AnyMatches(Matcher):
    """Matches every request."""

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:  # noqa: ARG002
        """Give no parameters, ever."""
        return {}


class HostMatches(Matcher):
    """Matches the host of a request, without its port, in whole.

    A pattern in text is taken with ``$`` at its end, and ignores case as host
    names do. An IPv6 literal is matched with its brackets.
    """

    def __init__(self, host_pattern: str | re.Pattern[str]) -> None:
        self.host_pattern = (
            re.compile(_anchored(host_pattern), re.IGNORECASE)
            if isinstance(host_pattern, str)
            else host_pattern
        )

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:
        """Give no parameters where the host fits."""
        return {} if self.host_pattern.fullmatch(request.host_name) else None


class _HasDefaultHost(Protocol):
    default_host: str | None


class DefaultHostMatches(Matcher):
    """Matches the application's ``default_host`` instead of the host of the request.

    Never where ``X-Real-Ip`` is present: what a proxy passed on came with the
    host that was meant.
    """

    def __init__(self, application: _HasDefaultHost, host_pattern: str | re.Pattern[str]) -> None:
        self.application = application
        self.host_pattern = HostMatches(host_pattern).host_pattern

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:
        """Give no parameters where the default host fits."""
        default_host = self.application.default_host
        if default_host is None or "X-Real-Ip" in request.headers:
            return None
        return {} if self.host_pattern.fullmatch(default_host) else None


class PathMatches(Matcher):
    """Matches the path of a request, in whole, with a regex.

    What unnamed groups capture becomes ``path_args``, what named groups capture
    ``path_kwargs``, percent-decoded once into bytes; where both are used, named
    groups win. A group that took no part gives ``None``.
    """

    def __init__(self, path_pattern: str | re.Pattern[str]) -> None:
        self.regex = (
            re.compile(_anchored(path_pattern)) if isinstance(path_pattern, str) else path_pattern
        )
        self.pattern = analyse(self.regex)
        # Hoisted: the three are asked for at each request.
        self._literal = self.pattern.literal
        self._fullmatch = self.regex.fullmatch
        self._names = tuple(self.regex.groupindex)

    def match(self, request: HTTPServerRequest) -> dict[str, object] | None:
        """Give the captured parts of the path."""
        return self.match_path(request.path)

    def match_path(self, path: str) -> dict[str, Any] | None:
        """Give the captured parts of ``path``: what :meth:`match` gives for its request."""
        if self._literal is not None:
            return {} if path == self._literal else None
        found = self._fullmatch(path)
        if found is None:
            return None
        if self._names:
            return {"path_kwargs": {k: _decoded(v) for k, v in found.groupdict().items()}}
        groups = found.groups()
        return {"path_args": [_decoded(group) for group in groups]} if groups else {}

    def reverse(self, *args: object) -> str | None:
        """Give the path in which each group is ``str()`` of its argument, percent-encoded.

        ``None`` where the regex is too involved for that. Raises ``AssertionError``
        where the number of arguments is not that of the groups.
        """
        template = self.pattern.template
        if template is None:
            return None
        if len(args) != len(template) - 1:
            raise AssertionError(
                f"{self.regex.pattern!r} takes {len(template) - 1} arguments, got {len(args)}"
            )
        encoded = [quote(a) if isinstance(a, bytes) else quote(str(a), safe="/") for a in args]
        return template[0] + "".join(a + b for a, b in zip(encoded, template[1:], strict=True))


def _anchored(pattern: str) -> str:
    return pattern if pattern.endswith("$") else pattern + "$"


def _decoded(group: str | None) -> bytes | None:
    """Undo percent-encoding once; a plus sign means itself in a path."""
    if group is None:
        return None
    return unquote_to_bytes(group) if "%" in group else group.encode()
