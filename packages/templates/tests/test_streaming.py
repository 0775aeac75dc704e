import asyncio
import traceback
from contextlib import aclosing

import pytest

from etesian.templates import DictLoader, ParseError, Template


async def later(value):
    await asyncio.sleep(0)
    return value


async def several(*values):
    for value in values:
        await asyncio.sleep(0)
        yield value


async def parts_of(template, **namespace):
    return [part.decode() async for part in template.generate_async(**namespace)]


ASYNCHRONOUS = [
    ("a{{ await later(x) }}b", "a&lt;b"),
    ("{% async for y in several(1, 2) %}{{ y }},{% else %}.{% end %}", "1,2,."),
    ("{% set y = await later(x) %}{% raw y %}", "<"),
    ("{% if await later(0) %}a{% elif await later(1) %}b{% end %}", "b"),
    ("{% for y in await later([1]) %}{% raw await later(y) %}{% end %}", "1"),
    ("{% while await later(xs) %}{{ xs.pop() }}{% end %}", "21"),
    ("{{ [y async for y in several(1)] }}", "[1]"),
    ("{% apply str.upper %}a{{ await later('b') }}{% end %}", "AB"),
    ("{% apply await later(str.upper) %}a{% end %}", "A"),
    ("{% try %}{{ await later(1) }}{% finally %}!{% end %}", "1!"),
]


@pytest.mark.parametrize(("text", "output"), ASYNCHRONOUS)
async def test_a_template_may_await(text, output):
    template = Template(text)
    parts = await parts_of(template, x="<", xs=[1, 2], later=later, several=several)
    assert "".join(parts) == output


@pytest.mark.parametrize("text", [text for text, _ in ASYNCHRONOUS])
def test_what_awaits_cannot_be_rendered_at_once(text):
    with pytest.raises(RuntimeError, match="use generate_async"):
        Template(text, name="page").generate(later=later)


async def test_what_is_ready_comes_before_what_is_awaited():
    gate = asyncio.Event()

    async def slow():
        await gate.wait()
        return "slow"

    async with aclosing(
        Template("head {{ x }} {{ await slow() }} foot").generate_async(x=1, slow=slow)
    ) as parts:
        assert await anext(parts) == b"head 1 "
        rest = asyncio.ensure_future(anext(parts))
        await asyncio.sleep(0)
        assert not rest.done()
        gate.set()
        assert await rest == b"slow foot"


@pytest.mark.parametrize("end", ["", "{% continue %}", "{% if x %}{% continue %}{% end %}"])
async def test_a_long_loop_is_given_out_in_parts_of_bounded_size(end):
    produced = []

    def items():
        for i in range(1000):
            produced.append(i)
            yield i

    template = Template(f"{{% for x in items() %}}{{{{ x }}}};{end}{{% end %}}")
    async with aclosing(template.generate_async(items=items)) as parts:
        first = await anext(parts)
        # The consumer has asked for one part: the rest of the loop waits.
        assert len(produced) < 100
        output = first + b"".join([part async for part in parts])
    assert output == "".join(f"{x};" for x in range(1000)).encode()
    assert template.generate(items=items) == output


async def test_a_slow_consumer_holds_the_template_back():
    produced = []

    def items():
        for i in range(100_000):
            produced.append(i)
            yield i

    template = Template("{% for x in items() %}<li>{{ x }}</li>{% end %}")
    async with aclosing(template.generate_async(items=items)) as parts:
        for count in range(1, 6):
            await anext(parts)
            await asyncio.sleep(0)
            assert len(produced) <= 51 * count


async def test_cancelling_in_the_middle_of_a_loop_ends_what_it_awaits():
    events = []
    in_the_middle = asyncio.Event()

    async def slow(i):
        try:
            if i == 2:
                in_the_middle.set()
                await asyncio.Event().wait()
            await asyncio.sleep(0)
        finally:
            events.append(i)
        return i

    received = []

    async def consume():
        text = "{% for i in range(5) %}{{ await slow(i) }}{% end %}"
        async for part in Template(text).generate_async(slow=slow):
            received.append(part)  # noqa: PERF401 - it is left in the middle

    consuming = asyncio.ensure_future(consume())
    await in_the_middle.wait()
    consuming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consuming
    assert received == [b"0", b"1"]
    assert events == [0, 1, 2]


async def test_leaving_early_ends_the_template():
    events = []
    text = (
        "{% set x %}".replace("x", "events.append(1)")
        + "{% async for x in items() %}{{ x }}{{ await later(1) }}{% end %}"
    )

    async def items():
        try:
            for i in range(1000):
                yield i
        finally:
            events.append("closed")

    async with (
        aclosing(items()) as source,
        aclosing(
            Template(text).generate_async(items=lambda: source, events=events, later=later)
        ) as parts,
    ):
        await anext(parts)
    assert events == [1, "closed"]


async def test_a_handler_in_the_template_does_not_catch_its_consumer_leaving():
    text = (
        "{% try %}{% for x in range(500) %}{{ x }}{% end %}{% except %}caught{% end %}"
        "{{ await later(1) }}"
    )
    async with aclosing(Template(text).generate_async(later=later)) as parts:
        assert b"499" in await anext(parts)


async def test_cancelling_the_consumer_reaches_the_template():
    async def forever():
        await asyncio.Event().wait()

    task = asyncio.ensure_future(parts_of(Template("a{{ await forever() }}"), forever=forever))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_tracebacks_of_streams_are_those_of_templates():
    files = {"part": "\n\n{{ await later(1) // 0 }}", "page": "{% include part %}"}
    with pytest.raises(ZeroDivisionError) as caught:
        await parts_of(DictLoader(files).load("page"), later=later)
    entry = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (entry.filename, entry.lineno, entry.line) == ("part", 3, "{{ await later(1) // 0 }}")


def test_async_means_a_loop():
    with pytest.raises(ParseError):
        Template("{% async if x %}{% end %}")
