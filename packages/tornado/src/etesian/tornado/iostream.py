"""``tornado.iostream``: streams over sockets and pipes."""

from __future__ import annotations

from typing import Any

from etesian.streams.interface import api as streams
from etesian.tornado.callback_streams import CallbackMethods, tell
from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {"streams": "BaseIOStream StreamBufferFullError StreamClosedError UnsatisfiableReadError"},
    own="IOStream SSLIOStream PipeIOStream",
)


class IOStream(CallbackMethods, streams.IOStream):
    """A stream over a socket. ``io_loop`` is accepted; the current loop is used."""

    def __init__(self, socket: Any, *arguments: Any, **options: Any) -> None:
        options.pop("io_loop", None)
        super().__init__(socket, *arguments, **options)

    def connect(  # type: ignore[override] # two documented orders of arguments
        self, address: Any, callback: Any = None, server_hostname: str | None = None
    ) -> Any:
        """Connect; where that fails, the close callback is called and not this one."""
        if isinstance(callback, str):
            callback, server_hostname = None, callback
        future = super().connect(address, server_hostname=server_hostname)
        return tell(future, None if callback is None else lambda _stream: callback())


class SSLIOStream(IOStream, streams.SSLIOStream):
    """The same over TLS."""


class PipeIOStream(CallbackMethods, streams.PipeIOStream):
    """A stream over a pipe."""


# The classes of streams that other packages make -> the same with callbacks.
_derived: dict[type, type] = {streams.IOStream: IOStream, streams.SSLIOStream: SSLIOStream}


def with_callbacks(stream: Any) -> Any:
    """Make a stream that another package made one of these."""
    kind = type(stream)
    if not issubclass(kind, CallbackMethods):
        if kind not in _derived:
            base = SSLIOStream if issubclass(kind, streams.SSLIOStream) else IOStream
            _derived[kind] = type(base.__name__, (kind, base), {})
        stream.__class__ = _derived[kind]
    return stream
