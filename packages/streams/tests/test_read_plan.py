"""Each plan gives the same result at every split of what arrives."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.streams import StreamBufferFullError, UnsatisfiableReadError
from etesian.streams.read_buffer import ReadBuffer
from etesian.streams.read_plan import ReadBytes, ReadInto, ReadUntil, ReadUntilClose, ReadUntilRegex


def outcome(plan, chunks):
    """Feed the chunks; give the result, or the kind of the error, and what is left."""
    buffer = ReadBuffer()
    result = None
    try:
        for chunk in chunks:
            if result is None:
                buffer.append(chunk)
                plan.insist()
                result = plan.take(buffer)
            else:
                buffer.append(chunk)
    except (StreamBufferFullError, UnsatisfiableReadError) as error:
        return type(error), None
    return result, buffer.take(buffer.size)


DATA = st.text("ab\r\n", max_size=40).map(str.encode)


@given(DATA, st.sets(st.integers(0, 40)), st.sampled_from([b"\n", b"\r\n", b"\r\n\r\n", b"aab"]))
def test_read_until_does_not_depend_on_the_split(data, cuts, delimiter):
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    whole = outcome(ReadUntil(delimiter, 20, 1000), [data])
    assert outcome(ReadUntil(delimiter, 20, 1000), chunks) == whole
    assert outcome(ReadUntil(delimiter, 20, 1000), [data[i : i + 1] for i in range(len(data))]) in (
        whole,
        (None, b""),
    )
    at = data.find(delimiter)
    if 0 <= at <= 20 - len(delimiter):
        end = at + len(delimiter)
        assert whole == (data[:end], data[end:])
    elif len(data) >= 20:
        assert whole[0] is UnsatisfiableReadError


@given(DATA, st.sets(st.integers(0, 40)), st.integers(0, 45))
def test_read_bytes_does_not_depend_on_the_split(data, cuts, size):
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    expected = (data[:size], data[size:]) if size <= len(data) else (None, data)
    assert outcome(ReadBytes(size, 1000, partial=False), chunks) == expected


@pytest.mark.spec("S089")
@pytest.mark.parametrize(
    ("limit", "error"), [(None, StreamBufferFullError), (10, UnsatisfiableReadError)]
)
def test_a_delimiter_must_come_within_the_limit(limit, error):
    for kind, wanted in ((ReadUntil, b"\n"), (ReadUntilRegex, re.compile(rb"\n"))):
        full = 10 if limit else 1000
        assert outcome(kind(wanted, limit, 1000), [b"x" * (full - 1) + b"\n"])[1] == b""
        assert outcome(kind(wanted, limit, 1000), [b"x" * full])[0] is error
        assert outcome(kind(wanted, limit, 1000), [b"x" * full + b"\n"])[0] is error


@pytest.mark.spec("S090")
def test_a_regex_over_many_small_arrivals_is_not_tried_each_time():
    class Counting:
        tried = 0

        def search(self, data, start):
            self.tried += 1

    pattern = Counting()
    plan = ReadUntilRegex(pattern, 200_000, 200_000)
    buffer = ReadBuffer()
    for _ in range(100_000):
        buffer.append(b"x")
        plan.take(buffer)
    assert pattern.tried < 4096 + 100
    assert plan.postponed


def test_until_close_is_never_done_before_the_end():
    buffer, plan = ReadBuffer(), ReadUntilClose(10)
    assert plan.take(buffer) is None
    buffer.append(b"x" * 10)
    assert plan.take(buffer) is None
    assert plan.take_last(buffer) == b"x" * 10
    buffer.append(b"x" * 11)
    with pytest.raises(StreamBufferFullError):
        plan.take(buffer)


@pytest.mark.parametrize("partial", [True, False])
def test_no_memory_is_full_at_once(partial):
    assert ReadInto(memoryview(bytearray()), partial=partial).take(ReadBuffer()) == 0


@given(st.text("ab\r\n", max_size=8), st.integers(0, 8), st.booleans())
def test_what_is_found_at_a_glance_is_what_the_buffer_would_give(text, limit, bounded):
    data = text.encode()
    max_bytes, buffer_limit = (limit, 1000) if bounded else (None, limit)
    plans = (
        lambda: ReadUntil(b"\r\n", max_bytes, buffer_limit),
        lambda: ReadUntil(b"b", max_bytes, buffer_limit),
        lambda: ReadBytes(limit, limit if bounded else 4, partial=False),
        lambda: ReadBytes(limit, 4, partial=True),
        lambda: ReadUntilRegex(re.compile(b"b"), max_bytes, buffer_limit),
        lambda: ReadUntilClose(buffer_limit),
    )
    for plan in plans:
        size = plan().size_in(data)
        if size:
            assert outcome(plan(), [data]) == (data[:size], data[size:])


def test_a_message_at_the_beginning_is_seen_at_a_glance():
    assert ReadUntil(b"\r\n", None, 100).size_in(b"GET\r\n") == 5
    assert ReadUntil(b"\r\n", None, 100).size_in(b"\r") == 0
    assert ReadUntil(b"\n", None, 100).size_in(b"two\nlines\n") == 4
    assert ReadUntil(b"\n", 3, 100).size_in(b"long\n") == 0
    assert ReadBytes(3, 100, partial=False).size_in(b"abc") == 3
    assert ReadBytes(3, 100, partial=False).size_in(b"abcd") == 3
    assert ReadBytes(3, 100, partial=True).size_in(b"ab") == 0
