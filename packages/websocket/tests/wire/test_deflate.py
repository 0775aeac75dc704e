from __future__ import annotations

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.wire.deflate import (
    DeflateOptions,
    DeflateParameters,
    MessageDeflater,
    MessageInflater,
    accept_offer,
    check_acceptance,
    offer,
)
from etesian.websocket.wire.errors import HandshakeError, ProtocolError
from etesian.websocket.wire.header_grammar import parse_extensions

FORGET = DeflateOptions()
KEEP = DeflateOptions(context_takeover=True)


def accept(text, options=FORGET):
    agreed = accept_offer(tuple(parse_extensions([text])), options)
    return None if agreed is None else str(agreed)


@pytest.mark.spec("S220")
def test_by_default_neither_side_keeps_its_window():
    assert accept("permessage-deflate") == (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("permessage-deflate", "permessage-deflate"),
        ("PerMessage-Deflate", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits=9", "permessage-deflate"),
        (
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10",
        ),
        (
            'permessage-deflate; server_max_window_bits="9"',
            "permessage-deflate; server_max_window_bits=9",
        ),
        (
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover",
        ),
        ("x-webkit-deflate-frame, permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; unknown, permessage-deflate", "permessage-deflate"),
    ],
)
def test_the_first_offer_that_can_be_kept_is_accepted(text, answer):
    assert accept(text, KEEP) == answer


@pytest.mark.spec("S219")
@pytest.mark.parametrize(
    "parameters",
    [
        "unknown",
        "server_no_context_takeover=1",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=15",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=8",  # allowed by the RFC, but zlib cannot pack for it
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "server_max_window_bits=1_0",
        "client_max_window_bits=16",
    ],
)
def test_an_offer_that_breaks_the_rfc_is_declined(parameters):
    assert accept(f"permessage-deflate; {parameters}") is None


@pytest.mark.spec("B-WS-045")
def test_nothing_offered_is_nothing_accepted():
    assert accept("") is None


@pytest.mark.parametrize("options", [FORGET, KEEP])
def test_what_our_client_offers_our_server_accepts_and_the_client_believes(options):
    answer = accept(offer(options), options)
    agreed = check_acceptance(parse_extensions([answer]), options)
    assert agreed is not None
    assert agreed.server_no_context_takeover is not options.context_takeover


@pytest.mark.spec("S219", "S231")
@pytest.mark.parametrize(
    "answer",
    [
        "x-other",
        "permessage-deflate",  # keeps the context that we asked it to forget
        "permessage-deflate; server_no_context_takeover, permessage-deflate",
        "permessage-deflate; server_no_context_takeover; unknown",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=16",
    ],
)
def test_a_client_fails_on_a_choice_that_it_did_not_offer(answer):
    with pytest.raises(HandshakeError):
        check_acceptance(parse_extensions([answer]), FORGET)


@pytest.mark.spec("S219")
def test_a_client_that_offered_nothing_accepts_nothing():
    assert check_acceptance([], None) is None
    with pytest.raises(HandshakeError, match="not offered"):
        check_acceptance(parse_extensions(["permessage-deflate"]), None)


@pytest.mark.spec("B-WS-044")
@given(
    messages=st.lists(st.binary(max_size=2000), max_size=5),
    keep=st.booleans(),
    window=st.integers(9, 15),
    level=st.integers(-1, 9),
)
def test_messages_come_back(messages, keep, window, level):
    options = DeflateOptions(compression_level=level)
    deflater = MessageDeflater(options=options, window_bits=window, keep_context=keep)
    inflater = MessageInflater(window_bits=window, keep_context=keep)
    for message in messages:
        packed = deflater.deflate(message)
        assert not packed.endswith(b"\x00\x00\xff\xff")
        assert inflater.inflate(packed, len(message)) == message


@pytest.mark.parametrize(
    "packed",
    [
        # RFC 7692, 7.2.3: one block, a stored block, a final block, two blocks, an empty end.
        "f248cdc9c90700",
        "000500faff48656c6c6f00",
        "f348cdc9c9070000",
        "f248050000 00ffff cac9c90700".replace(" ", ""),
    ],
)
def test_the_examples_of_the_rfc(packed):
    inflater = MessageInflater(window_bits=15, keep_context=False)
    assert inflater.inflate(bytes.fromhex(packed), 5) == b"Hello"


def test_a_kept_window_is_used_by_the_next_message():
    # RFC 7692, 7.2.3.2: the second Hello refers back to the first.
    inflater = MessageInflater(window_bits=15, keep_context=True)
    assert inflater.inflate(bytes.fromhex("f248cdc9c90700"), 5) == b"Hello"
    assert inflater.inflate(bytes.fromhex("f200110000"), 5) == b"Hello"


@pytest.mark.spec("S218", "B-WS-024")
def test_a_bomb_is_stopped_while_it_unpacks():
    bomb = zlib.compress(bytes(64 << 20), 9, wbits=-15)
    inflater = MessageInflater(window_bits=15, keep_context=False)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError) as caught:
            inflater.inflate(bomb, 100_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.close_code == 1009
    assert peak < 2_000_000


@pytest.mark.spec("S218")
def test_the_limit_is_exact():
    packed = MessageDeflater(options=FORGET, window_bits=15, keep_context=False).deflate(bytes(500))
    inflater = MessageInflater(window_bits=15, keep_context=False)
    assert inflater.inflate(packed, 500) == bytes(500)
    with pytest.raises(ProtocolError):
        inflater.inflate(packed, 499)


@pytest.mark.parametrize("packed", [b"\xff\xff\xff", b"\x06", bytes.fromhex("f348cdc9c907001234")])
def test_what_is_not_deflate_is_invalid_data(packed):
    with pytest.raises(ProtocolError) as caught:
        MessageInflater(window_bits=15, keep_context=False).inflate(packed, 100)
    assert caught.value.close_code == 1007


@pytest.mark.spec("B-WS-043")
def test_the_options_of_the_documents():
    assert DeflateOptions.from_mapping({}).compression_level == 6
    options = DeflateOptions.from_mapping({"compression_level": 1, "mem_level": 2})
    assert (options.compression_level, options.mem_level) == (1, 2)


@pytest.mark.parametrize(
    "options", [{"compression_level": 10}, {"mem_level": 0}, {"mem_level": 10}, {"levle": 1}]
)
def test_an_option_that_is_unknown_or_out_of_range_is_refused(options):
    with pytest.raises(ValueError, match="level"):
        DeflateOptions.from_mapping(options)


def test_the_parameters_print_as_the_header_says_them():
    agreed = DeflateParameters(server_no_context_takeover=True, client_max_window_bits=9)
    assert str(agreed) == "permessage-deflate; server_no_context_takeover; client_max_window_bits=9"
