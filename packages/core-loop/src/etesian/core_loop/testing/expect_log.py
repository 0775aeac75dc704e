"""Log records that a test expects, and keeps out of the output."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ExpectLog"]


class ExpectLog(logging.Filter):
    """A context manager that takes matching records out of a logger's stream.

    `logger` is a Logger or its name; records of its children are not seen. `regex` has to
    match from the beginning of the message. Other records pass. With `level`, only records
    of that level count, and the logger lets that level through meanwhile. On leaving,
    AssertionError is raised if nothing matched, unless `required` is false.

    `matched` tells whether something matched, `logged_stack` whether any record had a
    traceback, matching or not.
    """

    def __init__(
        self,
        logger: logging.Logger | str,
        regex: str,
        required: bool = True,
        level: int | None = None,
    ) -> None:
        super().__init__()
        self.logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self.regex = re.compile(regex)
        self.required = required
        self.level = level
        self.matched = False
        self.logged_stack = False
        self._level_before: int | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record passes: it does unless it is what was expected."""
        if record.exc_info:
            self.logged_stack = True
        if self.level is not None and record.levelno != self.level:
            return True
        if self.regex.match(record.getMessage()):
            self.matched = True
            return False
        return True

    def __enter__(self) -> Self:
        if self.level is not None and not self.logger.isEnabledFor(self.level):
            self._level_before = self.logger.level
            self.logger.setLevel(self.level)
        self.logger.addFilter(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.logger.removeFilter(self)
        if self._level_before is not None:
            self.logger.setLevel(self._level_before)
        if kind is None and self.required and not self.matched:
            raise AssertionError(f"no log record of {self.logger.name!r} matched {self.regex}")
