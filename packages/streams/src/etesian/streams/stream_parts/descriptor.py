"""A descriptor of one's own."""

from __future__ import annotations


class DescriptorHooks:
    """What a subclass over something new defines, all without waiting.

    Streams that get an asyncio transport need none of it.
    """

    _readable = True

    def set_nodelay(self, value: bool) -> None:
        """Do nothing: only a TCP socket collects small writes."""

    def fileno(self) -> int:
        """Give the descriptor, which must be one that can be polled and non-blocking."""
        raise NotImplementedError

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read into ``buf``: how many bytes, 0 at the end, ``None`` when there are none now.

        An ``OSError`` closes the stream.
        """
        raise NotImplementedError

    def write_to_fd(self, data: memoryview) -> int:
        """Write some of ``data``: how many bytes, 0 when none can be taken now.

        An ``OSError`` closes the stream. ``data`` is only lent.
        """
        raise NotImplementedError

    def close_fd(self) -> None:
        """Close the descriptor; called once, when the stream needs it no more."""
        raise NotImplementedError

    def get_fd_error(self) -> Exception | None:
        """Give a better reason than the failed call had, if there is one."""
        return None
