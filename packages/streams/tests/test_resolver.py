from __future__ import annotations

import asyncio
import socket

import pytest

from etesian.streams import (
    BlockingResolver,
    CachingResolver,
    DefaultExecutorResolver,
    DefaultLoopResolver,
    ExecutorResolver,
    OverrideResolver,
    Resolver,
    ThreadedResolver,
)

LOCAL = (socket.AF_INET, ("127.0.0.1", 80))


@pytest.fixture
def configured():
    """Put the choice of the resolver back after the test."""
    yield
    Resolver.configure(None)


@pytest.fixture(
    params=[
        DefaultLoopResolver,
        DefaultExecutorResolver,
        ExecutorResolver,
        BlockingResolver,
        ThreadedResolver,
        "cares",
    ]
)
def resolver(request):
    kind = request.param
    if kind == "cares":
        pytest.importorskip("pycares")
        import etesian.streams

        kind = etesian.streams.CaresResolver
    made = kind()
    yield made
    made.close()


@pytest.mark.spec("B-STR-078")
async def test_a_name_has_addresses(resolver):
    assert LOCAL in await resolver.resolve("localhost", 80)
    assert await resolver.resolve("localhost", 80, socket.AF_INET) == [LOCAL]


async def test_an_address_is_its_own_address(resolver):
    assert await resolver.resolve("127.0.0.1", 80) == [LOCAL]
    (found,) = await resolver.resolve("::1", 80)
    assert found[0] == socket.AF_INET6
    assert found[1][:2] == ("::1", 80)


@pytest.mark.spec("B-STR-078")
async def test_a_name_without_addresses_is_an_error(resolver):
    with pytest.raises(OSError):
        await resolver.resolve("no.such.name.invalid", 80)


@pytest.mark.spec("B-STR-078")
@pytest.mark.parametrize("name", ["a" * 70, ".example", "a..b", "xn--\udcff"])
async def test_what_cannot_be_a_name_has_no_address(resolver, name):
    with pytest.raises(OSError):
        await resolver.resolve(name, 80)


@pytest.mark.spec("B-STR-079")
def test_a_dotted_name_chooses_the_implementation(configured):
    assert type(Resolver()) is DefaultLoopResolver
    Resolver.configure("etesian.streams.executor_resolvers.ExecutorResolver", close_executor=False)
    chosen = Resolver()
    assert type(chosen) is ExecutorResolver
    assert chosen.close_executor is False
    Resolver.configure(BlockingResolver)
    assert type(Resolver()) is BlockingResolver
    Resolver.configure("etesian.streams.TCPServer")
    with pytest.raises(ValueError, match="not a Resolver"):
        Resolver()


@pytest.mark.spec("B-STR-080")
def test_threaded_resolvers_share_one_pool():
    assert ThreadedResolver(num_threads=3).executor is ThreadedResolver(num_threads=7).executor


@pytest.mark.spec("B-STR-081")
@pytest.mark.parametrize("close_executor", [True, False])
def test_an_executor_is_closed_unless_told_otherwise(close_executor):
    class Executor:
        closed = False

        def shutdown(self, wait):
            self.closed = True

    executor = Executor()
    ExecutorResolver(executor, close_executor=close_executor).close()
    assert executor.closed is close_executor


@pytest.mark.spec("B-STR-082")
async def test_overrides_are_by_host_port_and_family():
    class Asked(Resolver):
        async def resolve(self, host, port, family=socket.AF_UNSPEC):
            return [(host, port, family)]

    mapping = {
        "a.example": "127.0.0.1",
        ("b.example", 443): ("b.internal", 1443),
        ("b.example", 443, socket.AF_INET6): ("b6.internal", 1643),
    }
    resolver = OverrideResolver(Asked(), mapping)
    unspecified = socket.AF_UNSPEC
    assert await resolver.resolve("a.example", 80) == [("127.0.0.1", 80, unspecified)]
    assert await resolver.resolve("b.example", 80) == [("b.example", 80, unspecified)]
    assert await resolver.resolve("b.example", 443) == [("b.internal", 1443, unspecified)]
    assert await resolver.resolve("b.example", 443, socket.AF_INET6) == [
        ("b6.internal", 1643, socket.AF_INET6)
    ]


@pytest.mark.spec("B-STR-083")
async def test_a_blocking_resolver_does_not_answer_in_the_turn_of_the_caller():
    answered = asyncio.ensure_future(BlockingResolver().resolve("127.0.0.1", 80))
    turns = 0
    while not answered.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 1


@pytest.mark.spec("B-STR-084")
async def test_a_name_can_be_resolved_while_a_module_is_imported(tmp_path, monkeypatch):
    module = tmp_path / "resolves_at_import.py"
    module.write_text(
        "import asyncio\n"
        "from etesian.streams import ThreadedResolver\n"
        "found = asyncio.run(ThreadedResolver().resolve('localhost', 80))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    def import_it():
        import resolves_at_import

        return resolves_at_import.found

    assert LOCAL in await asyncio.wait_for(asyncio.to_thread(import_it), 5)


class _Counting(Resolver):
    def initialize(self):
        self.asked = []
        self.failing = False

    async def resolve(self, host, port, family=socket.AF_UNSPEC):
        self.asked.append(host)
        await asyncio.sleep(0)
        if self.failing:
            raise OSError("no such name")
        return [LOCAL]


@pytest.mark.spec("S252")
async def test_a_cache_keeps_a_bounded_number_of_names():
    asked = _Counting()
    resolver = CachingResolver(asked, max_names=3)
    for host in ["a", "b", "c", "a", "d", "a"]:
        assert await resolver.resolve(host, 80) == [LOCAL]
    assert asked.asked == ["a", "b", "c", "d"]
    await resolver.resolve("b", 80)
    assert asked.asked[-1] == "b"
    assert len(resolver._answers) == 3


@pytest.mark.spec("S252")
async def test_a_cache_believes_an_answer_for_its_time_only():
    for time_to_live, questions in ((60, ["a"]), (0.02, ["a", "a"])):
        asked = _Counting()
        resolver = CachingResolver(asked, time_to_live=time_to_live)
        await resolver.resolve("a", 80)
        await asyncio.sleep(0.03)
        await resolver.resolve("a", 80)
        assert asked.asked == questions


async def test_a_cache_asks_once_for_all_who_wait_and_survives_one_leaving():
    asked = _Counting()
    resolver = CachingResolver(asked)
    waiting = [asyncio.create_task(resolver.resolve("a", 80)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert await waiting[1] == await waiting[2] == [LOCAL]
    assert asked.asked == ["a"]


async def test_a_cache_does_not_remember_failures():
    asked = _Counting()
    asked.failing = True
    resolver = CachingResolver(asked)
    with pytest.raises(OSError, match="no such"):
        await resolver.resolve("a", 80)
    asked.failing = False
    assert await resolver.resolve("a", 80) == [LOCAL]
