"""A transport that tells other addresses than its socket's."""

from __future__ import annotations

import asyncio
from typing import Any


class AddressedTransport(asyncio.Transport):
    """Does everything as ``transport`` does, but tells ``addresses`` as its extra information.

    What is called often is the other transport's own method: nothing is added
    to the cost of a write.
    """

    def __init__(self, transport: asyncio.Transport, **addresses: Any) -> None:
        super().__init__()
        self.wrapped = transport
        self._addresses = addresses
        for name in _METHODS:
            setattr(self, name, getattr(transport, name))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Give an address, or what the other transport knows."""
        if name in self._addresses:
            return self._addresses[name]
        return self.wrapped.get_extra_info(name, default)


_METHODS = (
    "abort",
    "can_write_eof",
    "close",
    "get_protocol",
    "get_write_buffer_size",
    "is_closing",
    "is_reading",
    "pause_reading",
    "resume_reading",
    "set_protocol",
    "set_write_buffer_limits",
    "write",
    "write_eof",
    "writelines",
)
