"""The chat as those meet it who mean harm, or speak something else than HTTP."""

import random
import socket
import urllib.parse
import urllib.request

import pytest

TLS_CLIENT_HELLO = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03" + bytes(32) + b"\r\n\r\n"
POST = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"

# What is sent, and the status of the answer.
ABUSES = [
    (b"\x00" * 1000 + b"\r\n\r\n", b"400"),
    (random.Random(1).randbytes(200) + b"\r\n\r\n", b"400"),
    (TLS_CLIENT_HELLO, b"400"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505"),
    (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
    (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
    (POST + b"Content-Length: 99999999999\r\n\r\n", b"413"),
    (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
]


def exchange(address, data):
    """Send it, with nothing behind it; give all that is answered until the server closes."""
    with socket.create_connection(("localhost", urllib.parse.urlsplit(address).port), 10) as peer:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
        answer = b""
        while more := peer.recv(65536):
            answer += more
        return answer


@pytest.mark.parametrize("times", [1, 20])
def test_malformed_input_gets_a_clean_error_and_one_line_in_the_log(serve, times):
    log = []
    with serve(log=log) as address:
        for data, status in ABUSES * times:
            assert exchange(address, data).split(b" ")[1] == status
        with urllib.request.urlopen(f"{address}/login", timeout=10) as response:
            assert response.status == 200
    assert len(log) == len(ABUSES) * times
    assert all(line.startswith("Refused a request from ") for line in log)


def test_half_a_request_is_no_error_of_the_server(serve):
    log = []
    with serve(log=log) as address:
        for half in (
            b"",
            b"GET / HT",
            b"GET / HTTP/1.1\r\nHos",
            POST + b"Content-Length: 9\r\n\r\nabc",
        ):
            assert b"200 OK" not in exchange(address, half)
    assert len(log) <= 4
