from __future__ import annotations

import io
import logging
import logging.config
import logging.handlers
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import log
from etesian.core_loop.log.formatter import shows_colors
from etesian.core_loop.options import OptionParser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def record(message: object, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    made = logging.LogRecord("etesian", level, "/path/module.py", 42, message, args, None)
    made.created = 1706745599.0
    return made


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.spec("B-UTIL-046")
def test_the_loggers_are_three() -> None:
    names = [logger.name for logger in (log.access_log, log.app_log, log.gen_log)]
    assert names == ["etesian.access", "etesian.application", "etesian.general"]


@pytest.mark.spec("B-UTIL-047")
def test_a_line_begins_with_level_time_and_place() -> None:
    line = log.LogFormatter(color=False).format(record("hello %s", "there", level=logging.WARNING))
    day = logging.Formatter().formatTime(record(""), "%y%m%d %H:%M:%S")
    assert line == f"[W {day} module:42] hello there"


@pytest.mark.spec("B-UTIL-048")
def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in log.LogFormatter().format(record("x"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert log.LogFormatter().format(record("x")).startswith("\x1b[32m[I")
    assert "]\x1b[0m x" in log.LogFormatter().format(record("x"))
    assert "\x1b[36m" in log.LogFormatter(colors={logging.INFO: 6}).format(record("x"))
    assert "\x1b" not in log.LogFormatter(color=False).format(record("x"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in log.LogFormatter().format(record("x"))


@pytest.mark.spec("B-UTIL-049")
def test_whatever_a_record_holds_is_shown() -> None:
    formatter = log.LogFormatter(color=False)
    assert formatter.format(record(b"caf\xc3\xa9")).endswith("] café")
    assert formatter.format(record(b"\xff")).endswith("] \\xff")
    assert formatter.format(record("Übung %s", "ß")).endswith("] Übung ß")
    assert "Bad message" in formatter.format(record("%d", "x"))
    broken = record("x")
    error = ValueError("\x1b[2J\udcff")
    broken.exc_info = (ValueError, error, None)
    shown = formatter.format(broken)
    assert "\n    ValueError" in shown
    assert "\\x1b[2J" in shown


def test_no_record_can_forge_another_or_command_a_terminal() -> None:
    shown = log.LogFormatter(color=False).format(
        record("peer said %s", "a\r\n[I forged]\x1b[31m\x9b")
    )
    assert shown.endswith("peer said a\\x0d\n    [I forged]\\x1b[31m\\x9b")


@pytest.mark.spec("B-UTIL-050")
def test_format_and_date_can_be_given_also_by_a_dict() -> None:
    formatter = log.LogFormatter("{levelname}|{asctime}|{message}", "%Y", style="{")
    assert formatter.format(record("x")) == "INFO|2024|x"
    for config in (
        {"()": "etesian.core_loop.log.LogFormatter", "color": False},
        {"class": "etesian.core_loop.log.LogFormatter"},
    ):
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "formatters": {"pretty": config},
                "handlers": {"null": {"class": "logging.NullHandler", "formatter": "pretty"}},
                "loggers": {"etesian.test.dict": {"handlers": ["null"]}},
            }
        )
        handler = logging.getLogger("etesian.test.dict").handlers[0]
        assert handler.format(record("x")).startswith("[I 240")


def parser_with(**values: object) -> OptionParser:
    parser = OptionParser()
    log.define_logging_options(parser)
    for name, value in values.items():
        setattr(parser, name, value)
    return parser


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    made = logging.getLogger("etesian.test.pretty")
    yield made
    for handler in list(made.handlers):
        made.removeHandler(handler)
        handler.close()
    made.setLevel(logging.NOTSET)


@pytest.mark.spec("B-UTIL-051")
@pytest.mark.spec("B-UTIL-054")
def test_a_file_is_rotated_by_size_or_time(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "size.log"
    by_size = parser_with(log_file_prefix=str(path), log_file_max_size=200, log_file_num_backups=2)
    log.enable_pretty_logging(by_size, logger)
    for n in range(20):
        logger.info("record %d", n)
    assert {p.name for p in tmp_path.iterdir()} == {"size.log", "size.log.1", "size.log.2"}
    other = logging.getLogger("etesian.test.other")
    by_time = parser_with(
        log_file_prefix=str(tmp_path / "time.log"), log_rotate_mode="time", log_rotate_when="H"
    )
    log.enable_pretty_logging(by_time, other)
    (handler,) = other.handlers
    assert isinstance(handler, logging.handlers.TimedRotatingFileHandler)
    assert handler.when == "H"
    handler.close()


@pytest.mark.spec("B-UTIL-052")
def test_another_rotation_is_refused(tmp_path: Path, logger: logging.Logger) -> None:
    with pytest.raises(ValueError, match="'size' or 'time', got 'moon'"):
        log.enable_pretty_logging(
            parser_with(log_file_prefix=str(tmp_path / "x"), log_rotate_mode="moon"), logger
        )


def test_the_level_and_the_terminal_are_chosen(tmp_path: Path, logger: logging.Logger) -> None:
    log.enable_pretty_logging(parser_with(logging=None), logger)
    log.enable_pretty_logging(parser_with(logging="NONE"), logger)
    assert logger.handlers == []
    log.enable_pretty_logging(
        parser_with(
            logging="debug", log_to_stderr=True, log_file_prefix=str(tmp_path / "both.log")
        ),
        logger,
    )
    assert logger.level == logging.DEBUG
    assert len(logger.handlers) == 2
    assert "\x1b" not in logger.handlers[0].format(record("x"))
    with pytest.raises(ValueError, match="LOUD"):
        log.enable_pretty_logging(parser_with(logging="loud"), logger)


@pytest.mark.spec("B-UTIL-053")
def test_what_stands_in_for_stderr_need_not_know_of_terminals(
    monkeypatch: pytest.MonkeyPatch, logger: logging.Logger
) -> None:
    class Bare:
        def write(self, text: str) -> None: ...

    monkeypatch.setattr(sys, "stderr", Bare())
    log.enable_pretty_logging(parser_with(), logger)
    logger.info("written")
    assert not shows_colors(None)
    closed = io.StringIO()
    closed.close()
    assert not shows_colors(closed)


@pytest.mark.spec("B-UTIL-046")
def test_errors_of_the_loop_go_to_no_logger_but_these() -> None:
    program = """
import logging
records = []
class Keep(logging.Handler):
    def emit(self, record):
        records.append(record.name)
logging.getLogger().addHandler(Keep())
from etesian.core_loop import IOLoop
loop = IOLoop.current()
loop.add_callback(lambda: 1 / 0)
loop.call_later(0.01, loop.stop)
loop.start()
assert records == ["etesian.application"], records
loop.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, env=dict(os.environ))
