from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from etesian.streams.read_buffer import ReadBuffer

SMALL = st.binary(max_size=12)


@given(st.lists(st.one_of(SMALL, st.integers(0, 15))))
def test_it_behaves_as_a_queue_of_bytes(steps):
    buffer, model = ReadBuffer(), b""
    for step in steps:
        if isinstance(step, bytes):
            buffer.append(step)
            model += step
        else:
            size = min(step, len(model))
            assert buffer.take(size) == model[:size]
            model = model[size:]
        assert buffer.size == len(model)
        for wanted in (b"\0", b"\0\0", b"\x01"):
            assert buffer.find(wanted) == model.find(wanted)
            assert buffer.find(wanted, 3) == model.find(wanted, 3)
        match = re.search(rb"\x00.", model)
        assert buffer.end_of_match(re.compile(rb"\x00.")) == (match.end() if match else -1)
    assert buffer.take(buffer.size) == model


@given(st.lists(SMALL, min_size=1), st.integers(0, 20), st.integers(0, 20))
def test_what_was_taken_can_be_given_back(chunks, first, second):
    buffer = ReadBuffer()
    for chunk in chunks:
        buffer.append(chunk)
    whole = b"".join(chunks)
    buffer.take(min(first, buffer.size))
    taken = buffer.take(min(second, buffer.size))
    buffer.give_back(taken)
    assert buffer.take(buffer.size) == whole[min(first, len(whole)) :]


@given(st.lists(SMALL), st.integers(0, 40))
def test_bytes_can_be_moved_into_memory(chunks, size):
    buffer, memory = ReadBuffer(), bytearray(size)
    for chunk in chunks:
        buffer.append(chunk)
    whole = b"".join(chunks)
    moved = buffer.take_into(memoryview(memory))
    assert moved == min(size, len(whole))
    assert memory[:moved] + buffer.take(buffer.size) == whole


def test_a_chunk_that_is_read_whole_is_not_copied():
    buffer, chunk = ReadBuffer(), b"".join([b"x" * 100_000])
    buffer.append(chunk)
    assert buffer.take(len(chunk)) is chunk


def test_a_full_buffer_that_is_read_and_filled_stays_as_large_as_what_is_unread():
    buffer = ReadBuffer()
    buffer.append(b"x" * 100_000)
    for _ in range(10_000):
        buffer.append(b"y" * 100)
        buffer.take(100)
    assert len(buffer.data) < 400_000


def test_small_steps_cost_the_same_in_a_large_buffer():
    def seconds(waiting):
        buffer = ReadBuffer()
        buffer.append(b"x" * waiting)
        began = time.process_time()
        for _ in range(20_000):
            buffer.append(b"y" * 10)
            buffer.take(10)
        return time.process_time() - began

    small = min(seconds(1_000) for _ in range(3))
    large = min(seconds(5_000_000) for _ in range(3))
    assert large < 10 * small
