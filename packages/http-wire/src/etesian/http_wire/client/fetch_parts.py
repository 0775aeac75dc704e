"""What a fetch is made of: hops that carry out its requests, and what it shares with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from etesian.http_wire.client.cookie_jar import CookieJar
    from etesian.http_wire.client.deadlines import Deadlines
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response_head import ResponseHead
    from etesian.http_wire.client.slots import Slots
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["FetchEnvironment", "FetchHop"]


class FetchHop(Protocol):
    """One request and its response, which is there when the hop has finished."""

    request: HTTPRequest
    body: bytes
    first_byte_at: float | None
    """When the head came, by the monotonic clock."""

    @property
    def target(self) -> Target:
        """Where the request went."""
        ...

    @property
    def code(self) -> int:
        """The status code."""
        ...

    @property
    def reason(self) -> str:
        """What the server said with it."""
        ...

    @property
    def headers(self) -> HTTPHeaders:
        """The fields."""
        ...

    @property
    def fields(self) -> HTTPHeaders | ResponseHead:
        """The same, or what gives them when they are asked for."""
        ...

    def abandon(self) -> None:
        """Drop whatever is under way; the fetch hears nothing more."""
        ...


class FetchEnvironment(Protocol):
    """What the fetches of one client share; its deadlines go by the monotonic clock."""

    slots: Slots
    deadlines: Deadlines
    kept_policy: WirePolicy
    streamed_policy: WirePolicy
    cookie_jar: CookieJar | None
