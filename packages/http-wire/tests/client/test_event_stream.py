"""The format of server-sent events, at every cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire.client.event_stream import EventStreamParser, ServerSentEvent
from etesian.http_wire.interface import HTTPInputError


def events(*pieces, **options):
    parser = EventStreamParser(**options)
    return [event for piece in pieces for event in parser.feed(piece)]


def plain(*pieces, **options):
    return [(one.event, one.data, one.id, one.retry) for one in events(*pieces, **options)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [("message", "a", "", None)]),
        (b"data:a\n\n", [("message", "a", "", None)]),
        (b"data:  a \n\n", [("message", " a ", "", None)]),
        (b"data\n\n", [("message", "", "", None)]),
        (b"data\ndata\n\n", [("message", "\n", "", None)]),
        (b"data: a\ndata: b\n\n", [("message", "a\nb", "", None)]),
        (b"data: a: b\n\n", [("message", "a: b", "", None)]),
        (b"event: e\ndata: a\n\ndata: b\n\n", [("e", "a", "", None), ("message", "b", "", None)]),
        (b"event: e\nevent:\ndata: a\n\n", [("message", "a", "", None)]),
        (
            b"id: 1\ndata: a\n\ndata: b\n\n",
            [("message", "a", "1", None), ("message", "b", "1", None)],
        ),
        (
            b"id: 1\ndata: a\n\nid\ndata: b\n\n",
            [("message", "a", "1", None), ("message", "b", "", None)],
        ),
        (b"id: 1\n\ndata: a\n\n", [("message", "a", "1", None)]),
        (b"id: 1\0\ndata: a\n\n", [("message", "a", "", None)]),
        (b"retry: 1500\ndata: a\n\n", [("message", "a", "", 1.5)]),
        (
            b"retry: 1.5\nretry: -1\nretry: \xd9\xa3\nretry:\ndata: a\n\n",
            [("message", "a", "", None)],
        ),
        (b": comment\n\n:\ndata: a\n: more\n\n", [("message", "a", "", None)]),
        (b"Data: a\nother: b\n data: c\n\n", []),
        (b"event: e\n\ndata: a\n\n", [("message", "a", "", None)]),
        (b"data: a\r\r", [("message", "a", "", None)]),
        (b"data: a\r\n\r\ndata: b\r\r\n", [("message", "a", "", None), ("message", "b", "", None)]),
        (b"data: a\n\r\n", [("message", "a", "", None)]),
        (b"data: a\n\rdata: b\r\n\n", [("message", "a", "", None), ("message", "b", "", None)]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "", None)]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"\n\xef\xbb\xbfdata: a\n\n", []),
        (b"data: \xc3\xa4\xff\n\n", [("message", "\xe4\ufffd", "", None)]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"", []),
    ],
)
def test_what_a_stream_says_at_every_cut(stream, expected):
    assert plain(stream) == expected
    assert plain(*(stream[i : i + 1] for i in range(len(stream)))) == expected
    for cut in range(len(stream)):
        assert plain(stream[:cut], b"", stream[cut:]) == expected


@given(
    st.lists(
        st.sampled_from([b"data: a", b"data", b"id: 1", b"event: e", b":", b"\r", b"\n", b"\r\n"])
    ),
    st.lists(st.integers(0, 100)),
)
def test_no_cut_matters(parts, cuts):
    stream = b"".join(parts)
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    assert plain(*(stream[a:b] for a, b in itertools.pairwise(bounds))) == plain(stream)


@given(
    st.lists(
        st.builds(ServerSentEvent, event=st.text("ab\xe4:", min_size=1), data=st.text("ab \xe4:\n"))
    )
)
def test_what_is_written_is_read(written):
    lines = []
    for one in written:
        lines += [
            f"event: {one.event}",
            *(f"data: {line}" for line in one.data.split("\n")),
            "",
            "",
        ]
    stream = "\n".join(lines).encode()
    assert [(one.event, one.data) for one in events(stream)] == [
        (one.event, one.data) for one in written
    ]


def test_an_identifier_outlives_the_connection():
    parser = EventStreamParser(last_event_id="before")
    assert [event.id for event in parser.feed(b"data: a\n\nid: unfinished\n")] == ["before"]
    assert parser.last_event_id == "before"


def test_a_time_counts_without_an_event():
    parser = EventStreamParser()
    assert list(parser.feed(b"retry: 20\n")) == []
    assert parser.retry == 0.02


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_lines_are_bounded(cut):
    def pieces(stream):
        return [stream[i : i + cut] for i in range(0, len(stream), cut)]

    assert len(plain(*pieces(b"data: 1234\n\n"), max_line_size=10)) == 1
    for line in (b"data: 12345", b":" + b"x" * 10):
        with pytest.raises(HTTPInputError, match="10"):
            plain(*pieces(line + b"\n\n"), max_line_size=10)


def test_events_are_bounded_and_comments_are_not():
    comments = b": x\n" * 1000
    assert len(plain(comments + b"data: a\n" * 4 + b"\n" + comments, max_event_size=28)) == 1
    for lines in (b"data: a\n" * 5, b"data\n" * 8, b"other: " + b"x" * 30 + b"\n"):
        with pytest.raises(HTTPInputError, match="28"):
            plain(lines, max_event_size=28)
