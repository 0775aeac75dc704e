"""Another try, where it does no harm and may help; only for who asks for it.

Not to be confused with the repetition of a request that a dying kept connection
lost, which the pooled client does by itself.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.outgoing import is_repeatable
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.tls import CertificateFileError
from etesian.http_wire.wire.grammar import decimal

if TYPE_CHECKING:
    from etesian.http_wire.client.client import AsyncHTTPClient
    from etesian.http_wire.headers import HTTPHeaders

__all__ = [
    "PASSING_CODES",
    "RetryBudget",
    "RetryPolicy",
    "fetch_with_retries",
    "is_lasting",
    "retry_after",
]

# Too Many Requests, Bad Gateway, Service Unavailable, Gateway Timeout: what a moment may mend.
PASSING_CODES = frozenset({429, 502, 503, 504})

_LASTING = (
    PermissionError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    ssl.SSLCertVerificationError,
    CertificateFileError,
)


class RetryBudget:
    """How many retries a program may make for the requests it makes.

    When a server is down, every request fails and every one is retried: the
    load multiplies just when there is too much of it. With a budget shared by
    all requests to a server, retries are at most ``ratio`` of the requests,
    beside a ``reserve`` that serves programs with few of them.
    """

    def __init__(self, *, ratio: float = 0.1, reserve: int = 10) -> None:
        """Begin with the whole ``reserve``, in retries; ``ratio`` is earned by each request."""
        self._ratio = ratio
        self._reserve = float(reserve)
        self._left = float(reserve)

    def request_made(self) -> None:
        """Earn ``ratio`` of a retry; no more than the reserve is saved up."""
        self._left = min(self._left + self._ratio, self._reserve)

    def take(self) -> bool:
        """Take one retry, if one is left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """When a failed request is made again, and after how long.

    ::

        policy = RetryPolicy(attempts=5)
        response = await fetch_with_retries(client, url, policy)

    One policy is for all requests to a server, so that they share its budget.
    Only idempotent requests (RFC 9110, 9.2.2) are, without a produced body and
    without a streaming callback, which would be told a beginning twice. Reasons
    are the statuses in ``codes`` and failures without a response, except those
    that no repetition can change: a certificate that is not trusted, a file that
    cannot be used, a request that cannot be made.
    """

    attempts: int = 3
    """How often in all, the first time included."""
    codes: frozenset[int] = PASSING_CODES
    first_delay: float = 0.2
    """Seconds before the second attempt; twice as many before each later one. Each time a random
    part of them, half at least, so that many clients do not come back together."""
    max_delay: float = 20.0
    """Seconds at most; a server that asks for more with ``Retry-After`` is not asked again."""
    budget: RetryBudget = field(default_factory=RetryBudget)
    """What :func:`fetch_with_retries` takes its retries from; by default one of its own."""

    def delay_after(self, request: HTTPRequest, attempt: int, error: Exception) -> float | None:
        """Give the seconds to wait before the next attempt, ``None`` to give up.

        ``attempt`` counts from 1. Takes nothing from the budget.
        """
        if attempt >= self.attempts or not is_repeatable(request) or request.streaming_callback:
            return None
        response = error.response if isinstance(error, HTTPClientError) else None
        if isinstance(response, HTTPResponse):
            if response.code not in self.codes:
                return None
            asked_for = retry_after(response.headers)
            if asked_for is not None:
                return asked_for if asked_for <= self.max_delay else None
        elif not isinstance(error, (HTTPClientError, OSError)) or is_lasting(error):
            return None
        doublings = min(attempt - 1, 60)  # beyond which floats would end before max_delay does
        longest = min(self.first_delay * 2.0**doublings, self.max_delay)
        return longest * random.uniform(0.5, 1)  # noqa: S311  # to spread, not to hide


async def fetch_with_retries(
    client: AsyncHTTPClient, request: str | HTTPRequest, policy: RetryPolicy
) -> HTTPResponse:
    """Give the first response of a 2xx status; raises what the last attempt raised.

    ``request`` is a request, or the URL of one without options.
    Each attempt has the timeouts of the request anew, and pauses come on top:
    bound the whole by ``asyncio.timeout``. Cancellation ends the attempt or the
    pause that it meets. Any number may run at once with one policy.
    """
    if isinstance(request, str):
        request = HTTPRequest(request)
    attempt = 1
    policy.budget.request_made()
    while True:
        try:
            return await client.fetch(request)
        except Exception as error:
            delay = policy.delay_after(request, attempt, error)
            if delay is None or not policy.budget.take():
                raise
        await asyncio.sleep(delay)
        attempt += 1


def is_lasting(error: Exception) -> bool:
    """Tell whether no repetition can change this failure."""
    if isinstance(error, HTTPClientError):
        return getattr(error, "is_lasting", False)  # of libcurl, which need not be there
    return isinstance(error, _LASTING)


def retry_after(headers: HTTPHeaders) -> float | None:
    """Give the seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3), if it can be read."""
    value = headers.get("Retry-After", "")
    try:
        return float(decimal(value))
    except (ValueError, OverflowError):
        pass
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            # The asctime form of RFC 9110, 5.6.7, has no zone, and is in UTC like the others.
            moment = moment.replace(tzinfo=UTC)
        return max(moment.timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
