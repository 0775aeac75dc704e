"""Streams whose methods take ``callback=``, as those of Tornado 4.x do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.streams.interface import StreamClosedError
from etesian.streams.interface import api as streams
from etesian.tornado.ioloop import IOLoop
from etesian.tornado.stack_context import wrap

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

__all__ = ["CallbackMethods", "tell"]


class CallbackMethods(streams.BaseIOStream):
    """The reading and writing methods, in the documented order of 4.x and of 6.x.

    With a callback they return ``None``, and the callback is called on the loop with
    the result. A stream that closes first calls the close callback alone.
    """

    _write_callback: Callable[..., object] | None = None

    def read_until(  # type: ignore[override] # two documented orders of arguments
        self, delimiter: bytes, callback: Any = None, max_bytes: int | None = None
    ) -> Any:
        """Read through ``delimiter``."""
        callback, max_bytes = _sorted_out(callback, max_bytes)
        return tell(super().read_until(delimiter, max_bytes=max_bytes), callback)

    def read_until_regex(  # type: ignore[override] # two documented orders of arguments
        self, regex: bytes, callback: Any = None, max_bytes: int | None = None
    ) -> Any:
        """Read through the end of a match."""
        callback, max_bytes = _sorted_out(callback, max_bytes)
        return tell(super().read_until_regex(regex, max_bytes=max_bytes), callback)

    def read_bytes(  # type: ignore[override] # two documented orders of arguments
        self,
        num_bytes: int,
        callback: Any = None,
        streaming_callback: Callable[[bytes], object] | None = None,
        partial: bool = False,
    ) -> Any:
        """Read a number of bytes; to ``streaming_callback`` as they come, then ``b""``."""
        callback, partial = _sorted_out(callback, partial)
        if streaming_callback is None:
            return tell(super().read_bytes(num_bytes, partial=bool(partial)), callback)
        reading = self._stream(wrap(streaming_callback), num_bytes)
        return tell(IOLoop.current().asyncio_loop.create_task(reading), callback)

    def read_until_close(
        self, callback: Any = None, streaming_callback: Callable[[bytes], object] | None = None
    ) -> Any:
        """Read all there is; to ``streaming_callback`` as it comes, then ``b""``."""
        if streaming_callback is None:
            return tell(super().read_until_close(), callback)
        reading = self._stream(wrap(streaming_callback), None)
        return tell(IOLoop.current().asyncio_loop.create_task(reading), callback)

    def write(self, data: Any, callback: Callable[..., object] | None = None) -> Any:
        """Send; of several callbacks that wait, only the newest is called."""
        future = super().write(data)
        if callback is None:
            return future
        self._write_callback = wrap(callback)
        return tell(future, self._all_is_written)

    def set_close_callback(self, callback: Callable[[], object] | None) -> None:
        """Call ``callback`` once the stream is closed, in the contexts of now."""
        super().set_close_callback(wrap(callback))

    def _all_is_written(self, _result: object = None) -> None:
        callback, self._write_callback = self._write_callback, None
        if callback is not None:
            callback()

    async def _stream(self, take: Callable[[bytes], object], remaining: int | None) -> bytes:
        """Hand pieces over until so many bytes have come, or the end where that is ``None``."""
        while remaining is None or remaining > 0:
            try:
                piece = await super().read_bytes(remaining or 65536, partial=True)
            except StreamClosedError:
                if remaining is None:
                    break
                raise
            take(piece)
            if remaining is not None:
                remaining -= len(piece)
        return b""


def _sorted_out(callback: Any, option: Any) -> tuple[Any, Any]:
    """Give callback and option, where the option came in the place of the callback (6.x)."""
    if callback is None or callable(callback):
        return callback, option
    return None, callback


def tell(future: Future[Any], callback: Callable[[Any], object] | None) -> Future[Any] | None:
    """Give the future, or nothing where a callback is told instead."""
    if callback is None:
        return future
    call = wrap(callback)

    def finish(done: Future[Any]) -> None:
        if done.cancelled() or isinstance(done.exception(), StreamClosedError):
            return  # that is the close callback's affair
        call(done.result())

    IOLoop.current().add_future(future, finish)
    return None
