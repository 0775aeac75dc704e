from __future__ import annotations

import pytest

from etesian.websocket.wire.deflate import DeflateOptions
from etesian.websocket.wire.errors import HandshakeError
from etesian.websocket.wire.handshake import (
    OpeningResponse,
    accept_key,
    check_response,
    is_same_origin,
    new_key,
    parse_request,
    request_fields,
    response_fields,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Fields(list):
    """A list of pairs as a header mapping."""

    def get_list(self, name):
        return [value for key, value in self if key.lower() == name.lower()]


def request(*extra, without=()):
    fields = [
        ("Host", "example.com"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", KEY),
        ("Sec-WebSocket-Version", "13"),
    ]
    return Fields([pair for pair in fields if pair[0] not in without] + list(extra))


def replaced(name, *values):
    return request(*[(name, value) for value in values], without=[name])


@pytest.mark.spec("B-WS-001")
def test_the_accept_key_of_the_rfc():
    assert accept_key(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_new_key_is_one_that_a_server_takes_and_never_the_same():
    assert parse_request("GET", "HTTP/1.1", replaced("Sec-WebSocket-Key", new_key()))
    assert new_key() != new_key()


@pytest.mark.spec("B-WS-003")
@pytest.mark.parametrize(
    "fields",
    [
        replaced("Connection", "keep-alive, Upgrade"),
        replaced("Connection", "keep-alive", "upgrade"),
        replaced("Connection", "UPGRADE"),
        replaced("Upgrade", "WebSocket"),
        replaced("Upgrade", "h2c, websocket"),
    ],
)
def test_lists_and_letter_case(fields):
    assert parse_request("GET", "HTTP/1.1", fields).key == KEY


@pytest.mark.spec("S228", "B-WS-002", "B-WS-003", "B-WS-005", "B-WS-061")
@pytest.mark.parametrize(
    "fields",
    [
        request(without=["Upgrade"]),
        replaced("Upgrade", "h2c"),
        replaced("Upgrade", "websocket/13"),
        request(without=["Connection"]),
        replaced("Connection", "keep-alive"),
        replaced("Connection", "Upgraded"),
        request(without=["Sec-WebSocket-Key"]),
        replaced("Sec-WebSocket-Key", KEY, KEY),
        replaced("Sec-WebSocket-Key", ""),
        replaced("Sec-WebSocket-Key", "c2hvcnQ="),
        replaced("Sec-WebSocket-Key", KEY + "\n"),
        replaced("Sec-WebSocket-Key", "x" * 24),
        replaced("Sec-WebSocket-Key", "\uff41" * 22 + "=="),
    ],
)
def test_what_makes_a_request_no_opening_handshake(fields):
    with pytest.raises(HandshakeError) as caught:
        parse_request("GET", "HTTP/1.1", fields)
    assert caught.value.status_code == 400


@pytest.mark.spec("S228")
@pytest.mark.parametrize(("method", "version"), [("POST", "HTTP/1.1"), ("GET", "HTTP/1.0")])
def test_only_get_and_http_1_1(method, version):
    with pytest.raises(HandshakeError):
        parse_request(method, version, request())


@pytest.mark.spec("S228", "B-WS-004", "B-WS-061")
@pytest.mark.parametrize(
    "versions", [[], ["12"], ["8"], ["013"], ["13", "13"], ["13, 8"], ["\uff11\uff13"]]
)
def test_another_version_is_upgrade_required(versions):
    with pytest.raises(HandshakeError) as caught:
        parse_request("GET", "HTTP/1.1", replaced("Sec-WebSocket-Version", *versions))
    assert caught.value.status_code == 426


@pytest.mark.spec("B-WS-040")
def test_subprotocols_keep_their_order_over_lines():
    fields = request(("Sec-WebSocket-Protocol", "chat.v2,chat"), ("Sec-WebSocket-Protocol", "soap"))
    assert parse_request("GET", "HTTP/1.1", fields).subprotocols == ("chat.v2", "chat", "soap")


@pytest.mark.spec("S229", "S228", "S219")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-WebSocket-Protocol", "ch\xe4t"),
        ("Sec-WebSocket-Protocol", "a b"),
        ("Sec-WebSocket-Protocol", "a;b"),
        ("Sec-WebSocket-Protocol", "a, a"),
        ("Sec-WebSocket-Protocol", ",".join(f"p{i}" for i in range(1000))),
        ("Sec-WebSocket-Extensions", "permessage-deflate; a=b=c"),
        ("Sec-WebSocket-Extensions", "permessage-deflate;"),
        ("Sec-WebSocket-Extensions", 'permessage-deflate; a="b c"'),
        ("Sec-WebSocket-Extensions", "p\xe9rmessage"),
        ("Sec-WebSocket-Extensions", "a" + ";b" * 10_000),
    ],
)
def test_lists_that_break_the_grammar(name, value):
    with pytest.raises(HandshakeError) as caught:
        parse_request("GET", "HTTP/1.1", request((name, value)))
    assert caught.value.status_code == 400


@pytest.mark.parametrize("subprotocols", [(), ("chat", "soap")])
@pytest.mark.parametrize("options", [None, DeflateOptions()])
def test_our_client_and_our_server_understand_each_other(subprotocols, options):
    key = new_key()
    opening = parse_request("GET", "HTTP/1.1", Fields(request_fields(key, subprotocols, options)))
    assert opening.key == key
    assert opening.subprotocols == subprotocols
    assert [e.name for e in opening.extensions] == (["permessage-deflate"] if options else [])
    chosen = OpeningResponse(subprotocols[-1] if subprotocols else None, None)
    answer = Fields(response_fields(opening, chosen))
    assert check_response(answer, key=key, subprotocols=subprotocols, options=options) == chosen


@pytest.mark.parametrize("subprotocols", [["a b"], ["a", "a"], ["a,b"], [""]])
def test_a_client_does_not_offer_what_is_not_a_subprotocol(subprotocols):
    with pytest.raises(ValueError, match="token"):
        request_fields(KEY, subprotocols, None)


ANSWER = [
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Accept", accept_key(KEY)),
]


@pytest.mark.spec("S231")
@pytest.mark.parametrize(
    "answer",
    [
        [],
        ANSWER[1:],
        [ANSWER[0], ANSWER[2]],
        ANSWER[:2],
        [*ANSWER, ANSWER[2]],
        [*ANSWER[:2], ("Sec-WebSocket-Accept", accept_key(new_key()))],
        [*ANSWER[:2], ("Sec-WebSocket-Accept", "\xe4")],
        [*ANSWER, ("Sec-WebSocket-Protocol", "soap")],
        [*ANSWER, ("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Protocol", "chat")],
        [*ANSWER, ("Sec-WebSocket-Extensions", "permessage-deflate")],
        [*ANSWER, ("Sec-WebSocket-Extensions", ";")],
    ],
)
def test_a_client_believes_only_the_answer_to_its_own_request(answer):
    with pytest.raises(HandshakeError):
        check_response(Fields(answer), key=KEY, subprotocols=["chat"], options=None)


@pytest.mark.spec("S227", "B-WS-006", "B-WS-007", "B-WS-010")
@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://example.com", "example.com", True),
        ("https://EXAMPLE.com", "example.COM", True),
        ("http://example.com:8888", "example.com:8888", True),
        ("http://[::1]:80", "[::1]:80", True),
        ("http://example.com", "example.com:8888", False),
        ("http://example.com:80", "example.com", False),
        ("http://example.com.evil.org", "example.com", False),
        ("http://evil-example.com", "example.com", False),
        ("http://example.com@evil.org", "example.com", False),
        ("http://example.com/", "example.com", False),
        ("http://example.com#x", "example.com", False),
        ("http://example.com\n", "example.com", False),
        ("http://a http://b", "b", False),
        ("null", "null", False),
        ("example.com", "example.com", False),
        ("//example.com", "example.com", False),
        ("http://", "", False),
        ("", "", False),
        ("http://ex\u0430mple.com", "ex\u0430mple.com", False),
    ],
)
def test_same_origin_is_exact(origin, host, same):
    assert is_same_origin(origin, host) is same
