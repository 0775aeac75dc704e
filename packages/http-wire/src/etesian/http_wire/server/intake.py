"""One request body on its way in: framing, decompression, limits, pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.body import body_of_length
from etesian.http_wire.wire.content_coding import decoder_for

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.server.settings import ConnectionSettings
    from etesian.http_wire.wire.body import Body
    from etesian.http_wire.wire.content_coding import ContentDecoder


class Intake:
    """Gives the decoded pieces of a body.

    The limits may be set until :meth:`start`; ``max_body_size`` holds for the
    octets on the wire and for the decoded ones. ``received`` counts the former.
    ``complete`` turns true when the last piece was given.
    """

    __slots__ = (
        "_body",
        "_decoded_size",
        "_decoder",
        "_due",
        "_length",
        "_paid",
        "_policy",
        "_started",
        "complete",
        "max_body_size",
        "received",
        "timeout",
    )

    def __init__(self, length: int, headers: HTTPHeaders, settings: ConnectionSettings) -> None:
        """``length`` is what ``framing`` decided; ``headers`` lose a coding that is undone here."""
        policy = settings.policy
        self._policy = policy
        self._length = length
        self._body: Body | None = None
        self._decoder: ContentDecoder | None = None
        self._decoded_size = 0
        self.received = 0
        self._started = 0.0
        # When the body is late unless more of it comes, and how many octets that accounts for.
        self._due = 0.0
        self._paid = 0
        self.complete = False
        self.max_body_size = policy.max_body_size
        self.timeout = policy.body_timeout
        if settings.decompress and "Content-Encoding" in headers:
            coding = headers["Content-Encoding"]
            self._decoder = decoder_for(coding, policy)
            if self._decoder is not None:
                headers["X-Consumed-Content-Encoding"] = coding
                del headers["Content-Encoding"]

    @property
    def started(self) -> bool:
        """Whether the body is being read."""
        return self._body is not None

    @property
    def trailers(self) -> HTTPHeaders | None:
        """The fields after a chunked body."""
        return self._body.trailers if self._body is not None else None

    def start(self, now: float) -> None:
        """Begin to read and to count time.

        Raises ``HTTPInputError`` where the announced length exceeds the limit.
        """
        self._body = body_of_length(self._length, self._policy, self.max_body_size)
        self._started = now
        self._due = now + self._policy.body_grace

    def take(self, buffer: bytearray) -> bytes:
        """Take octets off ``buffer`` and give the next piece; empty when more is needed.

        Raises ``HTTPInputError`` for breaches of framing, coding and limits.
        """
        body = self._body
        if body is None:
            raise RuntimeError("the body is read before it is started")
        if self._decoder is not None:
            return self._take_decoded(self._decoder, body, buffer)
        waiting = len(buffer)
        data = body.take(buffer, self._policy.chunk_size)
        self.received += waiting - len(buffer)
        self.complete = body.complete
        return data

    def _take_decoded(self, decoder: ContentDecoder, body: Body, buffer: bytearray) -> bytes:
        chunk_size = self._policy.chunk_size
        while True:
            coded = b""
            if not decoder.pending:
                waiting = len(buffer)
                coded = body.take(buffer, chunk_size)
                self.received += waiting - len(buffer)
            data = decoder.decode(coded, chunk_size) if coded or decoder.pending else b""
            self._decoded_size += len(data)
            if self._decoded_size > self.max_body_size:
                raise HTTPInputError(
                    f"decoded body of more than {self.max_body_size} octets",
                    self._policy.body_overflow_status,
                )
            if body.complete and not decoder.pending:
                decoder.end()
                self.complete = True
            if data or self.complete or not (coded or decoder.pending):
                return data

    def is_late(self, now: float) -> bool:
        """Tell whether the body takes too long, as a whole or at its pace.

        What comes puts the end off, but not beyond the grace: the octets of a
        fast beginning buy no long silence.
        """
        policy = self._policy
        if policy.min_body_rate:
            more = (self.received - self._paid) / policy.min_body_rate
            self._due = min(self._due + more, now + policy.body_grace)
            self._paid = self.received
            if now > self._due:
                return True
        return self.timeout is not None and now - self._started > self.timeout

    def excuse(self, seconds: float) -> None:
        """Leave ``seconds`` out of the account, in which we ourselves did not read."""
        self._started += seconds
        self._due += seconds
