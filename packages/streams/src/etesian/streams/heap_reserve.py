"""Keeping memory that is freed and needed again at once."""

from __future__ import annotations

from functools import cache

# Bytes. The messages of a busy turn of the loop together: 500 connections with 16 KiB each.
_SIZE = 8 * 1024 * 1024


@cache
def keep_heap_reserve() -> None:
    """Have the allocator keep up to 16 MiB of freed memory instead of giving it back.

    A server frees what it read at the end of each turn of its loop, all at
    once, and needs as much in the next. By default the allocator of glibc
    returns to the system what lies free at the end of the heap above 128 KiB:
    a page fault for every page of every message, a third of the cost of 16 KiB.
    And asyncio's own loop allocates 256 KiB for each read, however small: that
    can cost a client which waits for one short answer after the other twice
    what the read itself costs.
    It learns from what it sees (mallopt(3), M_MMAP_THRESHOLD): after a large
    piece has been freed it keeps twice its size. So one is freed here, which
    was never touched and cost two system calls. Other allocators take no notice.
    """
    bytes(_SIZE)
