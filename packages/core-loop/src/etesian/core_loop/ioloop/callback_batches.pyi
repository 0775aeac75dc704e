# What callback_batches.c makes, and says of it there; batch.c is a part of it.

from collections import deque
from collections.abc import Callable
from typing import Any

class CallbackBatches:
    thread_id: int | None

    def __init__(
        self,
        *,
        ready: deque[Any],
        call_soon: Callable[..., object],
        get_debug: Callable[[], bool],
        one_by_one: Callable[..., None],
        report: Callable[[object, BaseException], None],
        watch: Callable[[object], None],
    ) -> None: ...
    def add(self, callback: Callable[..., object], /, *args: Any, **kwargs: Any) -> None: ...
