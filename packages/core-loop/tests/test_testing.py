from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import textwrap
import time
import unittest
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import AsyncTestCase, IOLoop, gen
from etesian.core_loop.testing import ExpectLog, bind_unused_port, gen_test
from etesian.core_loop.testing.case import default_timeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def outcome_of(test: Callable[..., object], **attributes: object) -> unittest.TestResult:
    """Run one method as the test of a case."""
    case = type("Case", (AsyncTestCase,), {"test": test, **attributes})
    result = unittest.TestResult()
    case("test").run(result)
    return result


def passes(test: Callable[..., object], **attributes: object) -> None:
    result = outcome_of(test, **attributes)
    assert result.wasSuccessful(), result.errors + result.failures


def fails(test: Callable[..., object], text: str) -> str:
    result = outcome_of(test)
    ((_, trace),) = result.errors + result.failures
    assert text in trace
    return trace


@pytest.mark.spec("B-UTIL-078")
def test_each_test_has_a_loop_of_its_own() -> None:
    loops: list[IOLoop] = []

    def test(self: AsyncTestCase) -> None:
        assert IOLoop.current() is self.io_loop
        loops.append(self.io_loop)

    passes(test)
    passes(test)
    assert loops[0] is not loops[1]
    assert all(loop.asyncio_loop.is_closed() for loop in loops)
    assert IOLoop.current(instance=False) is None


def test_a_subclass_may_choose_the_loop() -> None:
    class Mine(IOLoop):
        pass

    def test(self: AsyncTestCase) -> None:
        assert isinstance(self.io_loop, Mine)

    passes(
        test,
        get_new_ioloop=lambda self: Mine(make_current=False),
    )


@pytest.mark.spec("B-UTIL-079")
def test_wait_returns_what_stop_was_given() -> None:
    def test(self: AsyncTestCase) -> None:
        self.io_loop.call_later(0.001, self.stop, 5)
        assert self.wait() == 5
        self.stop("early")
        assert self.wait() == "early"
        self.io_loop.add_callback(self.stop, a=1, b=2)
        assert self.wait() == {"a": 1, "b": 2}
        self.io_loop.add_callback(self.io_loop.stop)
        assert self.wait() is None
        with pytest.raises(TypeError):
            self.stop(1, a=2)

    passes(test)


@pytest.mark.spec("B-UTIL-080")
@pytest.mark.spec("B-UTIL-082")
def test_wait_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def test(self: AsyncTestCase) -> None:
        with pytest.raises(TimeoutError):
            self.wait(timeout=0.01)
        self.io_loop.call_later(0.06, self.stop)
        began = time.monotonic()
        for limit in (0.04, 0.04):  # the second limit counts from the second call
            try:
                self.wait(timeout=limit)
            except TimeoutError:
                continue
            break
        assert 0.05 < time.monotonic() - began < 4

    passes(test)
    assert default_timeout() == 5.0
    monkeypatch.setenv("ASYNC_TEST_TIMEOUT", "0.01")
    fails(lambda self: self.wait(), "within 0.01 seconds")


@pytest.mark.spec("B-UTIL-081")
def test_wait_goes_on_until_its_condition_holds() -> None:
    def test(self: AsyncTestCase) -> None:
        seen: list[int] = []

        def step() -> None:
            seen.append(1)
            self.stop(len(seen))
            self.io_loop.call_later(0.001, step)

        self.io_loop.add_callback(step)
        assert self.wait(lambda: len(seen) >= 3) == 3
        with pytest.raises(TimeoutError):
            self.wait(lambda: False, timeout=0.02)

    passes(test)


def divide_by_zero() -> None:
    _ = 1 / 0


@pytest.mark.spec("B-UTIL-083")
def test_the_error_of_a_callback_fails_the_test() -> None:
    def waiting(self: AsyncTestCase) -> None:
        self.io_loop.add_callback(divide_by_zero)
        self.wait()

    def coroutine(self: AsyncTestCase) -> None:
        async def fail() -> None:
            divide_by_zero()

        self.io_loop.spawn_callback(fail)
        self.wait()

    @gen_test
    async def elsewhere(self: AsyncTestCase) -> None:
        self.io_loop.add_callback(divide_by_zero)
        await asyncio.sleep(0.001)

    for test in (waiting, coroutine, elsewhere):
        fails(test, "ZeroDivisionError")


@pytest.mark.spec("B-UTIL-084")
def test_of_several_errors_the_first_is_raised_and_the_others_are_logged() -> None:
    def fail_differently() -> None:
        raise KeyError("second")

    def test(self: AsyncTestCase) -> None:
        self.io_loop.add_callback(divide_by_zero)
        self.io_loop.add_callback(fail_differently)
        self.wait()

    with ExpectLog("etesian.application", "Another exception"):
        fails(test, "ZeroDivisionError")


@pytest.mark.spec("B-UTIL-085")
def test_a_test_that_would_not_run_fails() -> None:
    async def native(_: AsyncTestCase) -> None:
        pass

    def generator(_: AsyncTestCase) -> object:
        yield

    fails(native, "decorate it with gen_test")
    fails(generator, "decorate it with gen_test")
    fails(lambda _: 5, "a test returns nothing")


@pytest.mark.spec("B-UTIL-086")
def test_gen_test_runs_either_kind_of_coroutine() -> None:
    ran = []

    @gen_test
    async def native(_: AsyncTestCase) -> None:
        await asyncio.sleep(0.001)
        ran.append("native")

    @gen_test(timeout=2)
    def generator(_: AsyncTestCase) -> object:
        yield gen.sleep(0.001)
        ran.append("generator")

    @gen_test
    async def failing(_: AsyncTestCase) -> None:
        divide_by_zero()

    passes(native)
    passes(generator)
    assert ran == ["native", "generator"]
    fails(failing, "ZeroDivisionError")


@pytest.mark.spec("B-UTIL-087")
def test_gen_test_passes_arguments_on() -> None:
    seen = []

    @gen_test
    async def with_arguments(_: AsyncTestCase, a: int, *, b: int) -> None:
        seen.append((a, b))

    passes(lambda self: with_arguments(self, 1, b=2))
    assert seen == [(1, 2)]


@pytest.mark.spec("B-UTIL-086")
@pytest.mark.spec("B-UTIL-088")
def test_a_test_that_takes_too_long_shows_where_it_was() -> None:
    async def the_culprit() -> None:
        await asyncio.sleep(60)

    @gen_test(timeout=0.01)
    async def native(_: AsyncTestCase) -> None:
        await the_culprit()

    @gen_test(timeout=0.01)
    def generator(_: AsyncTestCase) -> object:
        yield gen.sleep(60)  # the culprit

    assert "in the_culprit" in fails(native, "no result after 0.01 seconds")
    assert "# the culprit" in fails(generator, "no result after 0.01 seconds")


@pytest.mark.spec("B-UTIL-100")
def test_gen_test_is_no_test() -> None:
    assert gen_test.__test__ is False


@pytest.mark.spec("B-UTIL-099")
def test_what_still_runs_is_cancelled_at_the_end() -> None:
    cancelled = []

    @gen_test
    async def test(_: AsyncTestCase) -> None:
        async def stay() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                cancelled.append(True)

        tasks.append(asyncio.ensure_future(stay()))
        await asyncio.sleep(0)

    tasks: list[asyncio.Future[None]] = []
    passes(test)
    assert cancelled == [True]


@pytest.mark.spec("B-UTIL-092")
@pytest.mark.spec("B-UTIL-093")
def test_expected_records_are_kept_back(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("etesian.test")
    with ExpectLog(logger, "wanted .*") as expected:
        logger.warning("wanted %s", "record")
        logger.warning("another")
    assert expected.matched
    assert not expected.logged_stack
    assert [record.getMessage() for record in caplog.records] == ["another"]
    missing = ExpectLog(logger, "never")
    with pytest.raises(AssertionError, match=r"no log record of 'etesian\.test'"), missing:
        pass
    with ExpectLog(logger, "never", required=False) as optional:
        pass
    assert not optional.matched
    with ExpectLog(logger, "") as with_stack:
        logger.error("x", exc_info=KeyError())
    assert with_stack.logged_stack
    with pytest.raises(ZeroDivisionError), ExpectLog(logger, "never"):
        divide_by_zero()
    assert logger.filters == []


def test_a_level_may_be_expected() -> None:
    logger = logging.getLogger("etesian.test")
    with ExpectLog(logger, "low", level=logging.DEBUG):
        logger.debug("low")
    with pytest.raises(AssertionError), ExpectLog(logger, "low", level=logging.DEBUG):
        logger.warning("low")
    assert logger.level == logging.NOTSET


@pytest.mark.spec("B-UTIL-094")
def test_a_bound_port_listens_on_the_loopback() -> None:
    bound, port = bind_unused_port()
    with bound:
        assert bound.getsockname() == ("127.0.0.1", port)
        assert not bound.getblocking()
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    first, port = bind_unused_port(reuse_port=True)
    with first, socket.socket() as second:
        second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        second.bind(("127.0.0.1", port))
    with pytest.raises(OSError, match="assign"):
        bind_unused_port(address="192.0.2.1")


TESTS = """
import unittest
from etesian.core_loop import AsyncTestCase
from etesian.core_loop.testing import gen_test, main

class Tests(AsyncTestCase):
    @gen_test
    async def test_passes(self):
        print("printed by the test")

    def test_fails(self):
        self.fail("as it should")

if __name__ == "__main__":
    main()
"""


def run_tests(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "some_tests.py").write_text(textwrap.dedent(TESTS))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.spec("B-UTIL-097")
@pytest.mark.spec("B-UTIL-098")
def test_tests_run_from_the_command_line(tmp_path: Path) -> None:
    module = ("-m", "etesian.core_loop.testing")
    good = run_tests(tmp_path, *module, "--verbose", "some_tests.Tests.test_passes")
    assert good.returncode == 0, good.stderr
    assert "test_passes" in good.stderr
    bad = run_tests(tmp_path, *module, "--quiet", "--buffer", "--catch", "some_tests")
    assert bad.returncode == 1
    assert "as it should" in bad.stderr
    assert "printed by the test" not in bad.stdout
    own = run_tests(tmp_path, "some_tests.py", "--failfast", "--locale=C")
    assert "Ran 1 test" in own.stderr
    assert own.returncode == 1
    helped = run_tests(tmp_path, *module, "--help")
    assert helped.returncode == 0
    assert "--failfast" in helped.stderr


def test_a_set_up_that_fails_leaves_no_loop_behind() -> None:
    class Failing(AsyncTestCase):
        def setUp(self) -> None:
            super().setUp()
            raise LookupError

        def test_nothing(self) -> None: ...

    case = Failing("test_nothing")
    result = unittest.TestResult()
    case.run(result)
    assert "LookupError" in result.errors[0][1]
    assert case.io_loop.asyncio_loop.is_closed()
    assert IOLoop.current(instance=False) is None
