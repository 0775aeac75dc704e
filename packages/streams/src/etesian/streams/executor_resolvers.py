"""Resolvers that call ``getaddrinfo`` in threads, or in the way of everything."""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import ClassVar

from etesian.streams.resolver import Address, Resolver, addresses_of, names_without_address


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[Address]:
    with names_without_address(host):
        return addresses_of(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))


class DefaultExecutorResolver(Resolver):
    """Names are looked up in the loop's default executor."""

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``, as ``getaddrinfo`` orders them."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, _look_up, host, port, family)


class ExecutorResolver(Resolver):
    """Names are looked up in a ``concurrent.futures`` executor.

    It is shut down by :meth:`close` unless ``close_executor`` is false.
    Without one, the look-up blocks the loop.
    """

    def initialize(self, executor: Executor | None = None, close_executor: bool = True) -> None:
        """Take ``executor``."""
        self.executor = executor
        self.close_executor = close_executor

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``, as ``getaddrinfo`` orders them."""
        if self.executor is None:
            # Never in the turn of the caller: what it does next must not depend on the resolver.
            await asyncio.sleep(0)
            return _look_up(host, port, family)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, _look_up, host, port, family)

    def close(self) -> None:
        """Shut the executor down without waiting, if it is the resolver's to close."""
        if self.close_executor and self.executor is not None:
            self.executor.shutdown(wait=False)
        self.executor = None


class BlockingResolver(ExecutorResolver):
    """Names are looked up while the loop waits: for names from a local file only."""

    def initialize(self) -> None:  # type: ignore[override]  # it takes no executor
        """Have no executor."""
        super().initialize()


class ThreadedResolver(ExecutorResolver):
    """Names are looked up by threads that all resolvers of this class share.

    There are as many as the first one made in this process asked for.
    """

    _pool: ClassVar[ThreadPoolExecutor | None] = None
    _pool_process: ClassVar[int | None] = None

    def initialize(self, num_threads: int = 10) -> None:  # type: ignore[override]  # its own pool
        """Use the shared threads."""
        super().initialize(self._shared_pool(num_threads), close_executor=False)

    @classmethod
    def _shared_pool(cls, num_threads: int) -> ThreadPoolExecutor:
        # Threads do not live on in a forked process, though the pool believes they do.
        if cls._pool is None or cls._pool_process != os.getpid():
            ThreadedResolver._pool = ThreadPoolExecutor(num_threads, "etesian-resolver")
            ThreadedResolver._pool_process = os.getpid()
        assert cls._pool is not None  # noqa: S101 - made above
        return cls._pool
