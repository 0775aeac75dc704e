"""One side of an open WebSocket connection (RFC 6455, 5 to 7), free of I/O.

Bytes that arrive go into ``feed``; ``next_event`` gives what they mean. The
``..._frame`` methods give bytes to send. The state moves by this table only:

    state     we send Close   the peer's Close comes   something fails
    OPEN      CLOSING         ANSWERING                FAILED
    CLOSING   -               CLOSED                   FAILED
    ANSWERING CLOSED          -                        -
    CLOSED, FAILED            (nothing moves them)
"""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from etesian.websocket.interface import WebSocketClosedError
from etesian.websocket.wire.close_codes import parse_close, serialise_close
from etesian.websocket.wire.deflate import MessageDeflater, MessageInflater
from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameParser,
    serialise_frame,
)
from etesian.websocket.wire.messages import DEFAULT_MAX_FRAGMENTS, MessageAssembler

if TYPE_CHECKING:
    from collections.abc import Hashable

    from etesian.websocket.wire.deflate import DeflateOptions, DeflateParameters
    from etesian.websocket.wire.frames import Frame

__all__ = ["Close", "Event", "Ping", "Pong", "Side", "State", "WireProtocol"]


class Side(enum.Enum):
    """Which end we are: the client masks, the server does not (5.1)."""

    SERVER = "server"
    CLIENT = "client"


class State(enum.Enum):
    """How far the connection has come."""

    OPEN = "open"
    CLOSING = "closing"  # our Close is sent, the peer's is awaited
    ANSWERING = "answering"  # the peer's Close is read, ours is due; we may still send (5.5.1)
    CLOSED = "closed"  # both were exchanged: closed cleanly (7.1.4)
    FAILED = "failed"  # nothing that arrives is read any more (7.1.7)


class _Move(enum.Enum):
    CLOSE_SENT = "close sent"
    CLOSE_RECEIVED = "close received"
    FAIL = "fail"


_TRANSITIONS: Final = {
    (State.OPEN, _Move.CLOSE_SENT): State.CLOSING,
    (State.OPEN, _Move.CLOSE_RECEIVED): State.ANSWERING,
    (State.OPEN, _Move.FAIL): State.FAILED,
    (State.CLOSING, _Move.CLOSE_RECEIVED): State.CLOSED,
    (State.CLOSING, _Move.FAIL): State.FAILED,
    (State.ANSWERING, _Move.CLOSE_SENT): State.CLOSED,
}


_MAY_SEND: Final = frozenset({State.OPEN, State.ANSWERING})


class Ping(NamedTuple):
    """The peer asks for a Pong with the same bytes."""

    data: bytes


class Pong(NamedTuple):
    """The peer answered a Ping, or says unasked that it lives."""

    data: bytes


class Close(NamedTuple):
    """The peer's Close; each value ``None`` where the frame had none."""

    code: int | None
    reason: str | None


# A text message is a str, a binary one is bytes: no wrapper on the path that counts.
Event: TypeAlias = str | bytes | Ping | Pong | Close


class WireProtocol:
    """The state and the two directions of one side.

    ``max_message_size`` is in bytes of what the application would get;
    ``max_fragments`` is frames per message. ``deflate`` is what the handshake
    agreed on, ``deflate_options`` what the application asked of our own packing.
    """

    def __init__(
        self,
        side: Side,
        *,
        max_message_size: int,
        max_fragments: int = DEFAULT_MAX_FRAGMENTS,
        deflate: DeflateParameters | None = None,
        deflate_options: DeflateOptions | None = None,
    ) -> None:
        self.state = State.OPEN
        self._is_client = side is Side.CLIENT
        self._deflater, inflater = _packers(self._is_client, deflate, deflate_options)
        self._assembler = MessageAssembler(
            max_size=max_message_size, max_fragments=max_fragments, inflater=inflater
        )
        self._parser = FrameParser(
            masked=not self._is_client,
            max_payload=self._assembler.remaining,
            rsv1_allowed=inflater is not None,
        )

    def feed(self, data: bytes) -> None:
        """Take bytes that arrived. After the peer's Close they mean nothing (5.5.1)."""
        if self.state in (State.OPEN, State.CLOSING):
            self._parser.feed(data)

    def next_event(self) -> Event | None:
        """Give the next thing the peer said, or ``None`` until more bytes come.

        Raises :class:`ProtocolError` once; from then on the state is FAILED
        and there are no more events.
        """
        try:
            while self.state in (State.OPEN, State.CLOSING):
                frame = self._parser.next_frame()
                if frame is None:
                    return None
                event = self._control(frame) if frame.is_control else self._data(frame)
                if event is not None:
                    return event
        except ProtocolError:
            self._move(_Move.FAIL)
            raise
        return None

    def _data(self, frame: Frame) -> str | bytes | None:
        message = self._assembler.add(frame)
        self._parser.max_payload = self._assembler.remaining
        return message

    def _control(self, frame: Frame) -> Event:
        if frame.opcode == PING:
            return Ping(frame.payload)
        if frame.opcode == PONG:
            return Pong(frame.payload)
        event = Close(*parse_close(frame.payload))
        self._move(_Move.CLOSE_RECEIVED)
        return event

    def message_frame(self, message: str | bytes) -> bytes:
        """Give the frame of a message: text for ``str``, binary for ``bytes``.

        Raises :class:`WebSocketClosedError` once our Close was sent, or the
        connection failed.
        """
        if self.state not in _MAY_SEND:
            raise WebSocketClosedError("the WebSocket is closed")
        opcode, payload = (
            (TEXT, message.encode()) if isinstance(message, str) else (BINARY, message)
        )
        if self._deflater is not None:
            return self._frame(opcode, self._deflater.deflate(payload), rsv1=True)
        return self._frame(opcode, payload)

    @property
    def framing(self) -> Hashable | None:
        """What the frame of a message depends on besides the message.

        Connections of equal framing give equal frames, so that one serves for
        all. ``None`` equals nothing: a mask or a kept window is a connection's own.
        """
        if self._is_client:
            return None
        return "plain" if self._deflater is None else self._deflater.framing

    def ping_frame(self, data: bytes) -> bytes:
        """Give a Ping of at most 125 bytes; errors as for a message, and ``ValueError``."""
        if self.state not in _MAY_SEND:
            raise WebSocketClosedError("the WebSocket is closed")
        return self._frame(PING, data)

    def pong_frame(self, data: bytes) -> bytes:
        """Give the answer to a Ping; nobody expects one after our Close."""
        return self._frame(PONG, data)

    def close_frame(self, code: int | None = None, reason: str | None = None) -> bytes:
        """Give our one Close frame, and move on by the table.

        Raises ``ValueError`` for a code or reason that may not be sent, and
        :class:`WebSocketClosedError` where our Close was sent already.
        """
        payload = serialise_close(code, reason)
        if (self.state, _Move.CLOSE_SENT) not in _TRANSITIONS:
            raise WebSocketClosedError("the closing handshake is done or under way")
        frame = self._frame(CLOSE, payload)
        self._move(_Move.CLOSE_SENT)
        return frame

    def fail_frame(self, code: int, reason: str) -> bytes:
        """Give the Close frame with which a failing connection ends (7.1.7)."""
        self._move(_Move.FAIL)
        return self._frame(CLOSE, serialise_close(code, reason))

    def _move(self, move: _Move) -> None:
        self.state = _TRANSITIONS.get((self.state, move), self.state)

    def _frame(self, opcode: int, payload: bytes, *, rsv1: bool = False) -> bytes:
        # 10.3: the key must not be foreseeable, or a page could choose the bytes on the wire.
        mask_key = os.urandom(4) if self._is_client else None
        return serialise_frame(opcode, payload, rsv1=rsv1, mask_key=mask_key)


def _packers(
    is_client: bool, agreed: DeflateParameters | None, options: DeflateOptions | None
) -> tuple[MessageDeflater | None, MessageInflater | None]:
    """Make what packs our direction and unpacks the peer's, where that was agreed."""
    if agreed is None or options is None:
        return None, None
    server = (agreed.server_max_window_bits, not agreed.server_no_context_takeover)
    client = (agreed.client_max_window_bits, not agreed.client_no_context_takeover)
    (our_window, we_keep), (their_window, they_keep) = (
        (client, server) if is_client else (server, client)
    )
    # That we may keep our context does not mean that we must.
    we_keep = we_keep and options.context_takeover
    return (
        MessageDeflater(options=options, window_bits=our_window, keep_context=we_keep),
        MessageInflater(window_bits=their_window, keep_context=they_keep),
    )
