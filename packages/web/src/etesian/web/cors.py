"""Which other origins may read responses (Fetch standard, 3.2: the CORS protocol)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from etesian.web.handler import RequestHandler
from etesian.web.interface import HTTPError
from etesian.web.vary import vary_by

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["CORSHandler", "CORSPolicy"]

# An origin as browsers send it: in lower case, without a default port, a path or a final slash.
_ORIGIN: Final = re.compile(
    r"[a-z][a-z0-9+.\-]*://(?:[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?"
)
_DEFAULT_PORT: Final = re.compile(r"http://.*:80|https://.*:443")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Seconds. Browsers keep an answer for two hours at most (Chromium) whatever we say.
_MAX_AGE: Final = 7200
# Names. A preflight names the few headers that a script sets.
_MAX_REQUESTED: Final = 64
_ANY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class CORSPolicy:
    """Who may read what.

    ``origins`` are exact: ``https://app.example``, never a pattern. Only a policy
    without ``credentials`` may have ``"*"``, alone, for what is public anyway.
    ``methods`` and ``headers`` are what scripts may use beyond what any form can
    send; ``exposed`` are the response headers that they may read; ``max_age`` is how
    many seconds a browser remembers all that.

    Raises ``ValueError`` for an origin that no browser sends or that everybody can
    have (``null``), for ``"*"`` with credentials or beside others, and for names
    that are none.
    """

    origins: Collection[str]
    credentials: bool = False
    methods: Collection[str] = ("GET", "HEAD", "POST")
    headers: Collection[str] = ()
    exposed: Collection[str] = ()
    max_age: int = 600

    def __post_init__(self) -> None:
        _refuse_text(self.origins, self.methods, self.headers, self.exposed)
        if _ANY in self.origins:
            if self.credentials:
                raise ValueError(
                    "any origin with credentials: every site could read as its visitor"
                )
            if len(self.origins) > 1:
                raise ValueError('"*" makes other origins pointless')
        for origin in self.origins:
            if origin != _ANY and not _is_origin(origin):
                raise ValueError(f"no origin as browsers send it: {origin!r}")
        for name in (*self.methods, *self.headers, *self.exposed):
            if not _TOKEN.fullmatch(name) or name == _ANY:
                raise ValueError(f"no name of a method or header: {name!r}")
        if not 0 <= self.max_age <= _MAX_AGE:
            raise ValueError(f"max_age is 0 to {_MAX_AGE} seconds, got {self.max_age}")

    @property
    def is_public(self) -> bool:
        """Whether any origin may read."""
        return _ANY in self.origins

    def allows(self, origin: str) -> bool:
        """Say whether scripts of an origin, as a request names it, may read."""
        return self.is_public or origin in self.origins

    def allows_headers(self, requested: str) -> bool:
        """Say whether scripts may set all headers of a list, as a preflight names them."""
        names = requested.split(",", _MAX_REQUESTED)
        known = {name.lower() for name in self.headers}
        given = {name.strip(" \t").lower() for name in names} - {""}
        return len(names) <= _MAX_REQUESTED and given <= known


class CORSHandler(RequestHandler):
    """A handler that other origins may call from scripts, as its ``cors_policy`` says.

    ::

        class Prices(CORSHandler):
            cors_policy = CORSPolicy(origins={"https://app.example"}, credentials=True)

    The headers are on error pages too. Preflights are answered by :meth:`options`; they
    come without cookies, so that ``prepare`` must let them pass. Who overrides
    ``set_default_headers`` calls it here as well. That an origin may not read does not
    keep its requests away: see ``xsrf_cookies``.
    """

    cors_policy: ClassVar[CORSPolicy]

    def set_default_headers(self) -> None:
        """Say to the browser whether the origin of the request may read the response."""
        super().set_default_headers()
        policy = self.cors_policy
        if policy.is_public:
            self.set_header("Access-Control-Allow-Origin", _ANY)
        else:
            # Also for those who may not: a cache must not give them what others got.
            vary_by(self._headers, "Origin")
            origin = self.request.headers.get("Origin")
            if origin is None or not policy.allows(origin):
                return
            self.set_header("Access-Control-Allow-Origin", origin)
            if policy.credentials:
                self.set_header("Access-Control-Allow-Credentials", "true")
        if policy.exposed:
            self.set_header("Access-Control-Expose-Headers", ", ".join(policy.exposed))

    def options(self, *_args: str | None, **_kwargs: str | None) -> None:
        """Answer a preflight: 204 with what is allowed, or 403.

        Any other request for the options gets ``Allow`` and nothing else.
        """
        fields = self.request.headers
        method = fields.get("Access-Control-Request-Method")
        if method is None or "Origin" not in fields:
            self.set_header("Allow", ", ".join(self._allowed_methods()))
            return
        self.set_status(204)
        for name in ("Access-Control-Request-Method", "Access-Control-Request-Headers"):
            vary_by(self._headers, name)
        policy = self.cors_policy
        requested = fields.get("Access-Control-Request-Headers", "")
        if not (
            policy.allows(fields["Origin"])
            and method in policy.methods
            and policy.allows_headers(requested)
        ):
            raise HTTPError(403, "Refused a preflight from another origin")
        self.set_header("Access-Control-Allow-Methods", ", ".join(policy.methods))
        if policy.headers:
            self.set_header("Access-Control-Allow-Headers", ", ".join(policy.headers))
        self.set_header("Access-Control-Max-Age", policy.max_age)


def _refuse_text(*collections: object) -> None:
    """Raise ``ValueError`` for a text: each of its letters would be taken for one."""
    for given in collections:
        if isinstance(given, str):
            raise ValueError(f"a collection of texts, not a text: {given!r}")  # noqa: TRY004 - documented


def _is_origin(text: str) -> bool:
    return _ORIGIN.fullmatch(text) is not None and not _DEFAULT_PORT.fullmatch(text)
