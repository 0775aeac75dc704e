"""Locks for coroutines.

They order coroutines of one thread and are not safe to use from several. Cancelling what
waits, at any moment, loses no lock and no wake-up.
"""

from __future__ import annotations

from etesian.core_loop.locks.condition import Condition
from etesian.core_loop.locks.event import Event
from etesian.core_loop.locks.lock import Lock
from etesian.core_loop.locks.semaphore import BoundedSemaphore, Semaphore

__all__ = ["BoundedSemaphore", "Condition", "Event", "Lock", "Semaphore"]
