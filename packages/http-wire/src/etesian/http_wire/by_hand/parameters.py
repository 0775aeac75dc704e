"""How a connection driven by hand behaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etesian.http_wire.wire.policy import STRICT

if TYPE_CHECKING:
    from etesian.http_wire.wire.policy import WirePolicy


@dataclass(frozen=True, slots=True)
class HTTP1ConnectionParameters:
    """Limits of one connection; ``None`` is what ``policy`` says.

    Args:
        no_keep_alive: close after one message.
        chunk_size: octets that a delegate is handed at most at once.
        max_header_size: octets of a head.
        header_timeout: seconds to wait for a whole head.
        max_body_size: octets of a body.
        body_timeout: seconds to wait for a whole body.
        decompress: decode gzip and deflate bodies.
        policy: every other limit.
    """

    no_keep_alive: bool = False
    chunk_size: int | None = None
    max_header_size: int | None = None
    header_timeout: float | None = None
    max_body_size: int | None = None
    body_timeout: float | None = None
    decompress: bool = False
    policy: WirePolicy = STRICT

    @property
    def wire_policy(self) -> WirePolicy:
        """All limits as one value."""
        given: dict[str, float | None] = {
            "chunk_size": self.chunk_size,
            "max_header_size": self.max_header_size,
            "header_timeout": self.header_timeout,
            "max_body_size": self.max_body_size,
            "body_timeout": self.body_timeout,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        return replace(self.policy, **changes)  # type: ignore[arg-type]  # ints where ints are due
