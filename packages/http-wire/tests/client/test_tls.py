"""TLS: who is trusted, by which name, and with which certificate of our own."""

from __future__ import annotations

import copy
import datetime as dt
import os
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.retry import is_lasting
from etesian.http_wire.client.tls import CertificateFileError, TLSContexts

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_a_trusted_server_is_fetched_from_and_kept(
    canned_server, either, server_tls, ca_file
):
    async with canned_server(OK, tls=server_tls()) as server:
        for _ in range(3):
            assert (await either.fetch(server.url(), ca_certs=ca_file)).body == b"ok"
    assert server.connections == 1


@pytest.mark.spec("S242")
async def test_an_unknown_authority_is_refused(canned_server, client, server_tls):
    async with canned_server(OK, tls=server_tls()) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.fetch(server.url())
    assert server.heads == []


@pytest.mark.spec("S242")
@pytest.mark.parametrize("by", ["default", "assignment"])
async def test_none_is_no_word_against_verification(canned_server, make_either, server_tls, by):
    client = make_either(defaults={"validate_cert": None} if by == "default" else None)
    async with canned_server(OK, tls=server_tls()) as server:
        request = HTTPRequest(server.url())
        if by == "assignment":
            request.validate_cert = None
        with pytest.raises((ssl.SSLCertVerificationError, HTTPClientError)):
            await client.fetch(request)
    assert server.heads == []


@pytest.mark.spec("S242", "B-HTTP-154")
@pytest.mark.parametrize(
    ("name", "host"),
    [("other.test", "127.0.0.1"), ("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.1")],
)
async def test_another_name_is_refused(canned_server, client, server_tls, ca_file, name, host):
    async with canned_server(OK, tls=server_tls(name)) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.fetch(server.url(host=host), ca_certs=ca_file)
    assert server.heads == []


@pytest.mark.spec("S242")
async def test_an_expired_certificate_is_refused(canned_server, client, authority, ca_file):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    expired = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_after=expired).configure_cert(context)
    async with canned_server(OK, tls=context) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            await client.fetch(server.url(), ca_certs=ca_file)


@pytest.mark.spec("B-HTTP-154")
async def test_an_ipv6_literal_is_verified(canned_server, either, server_tls, ca_file):
    async with canned_server(OK, tls=server_tls("::1"), host="::1") as server:
        await either.fetch(server.url(host="[::1]"), ca_certs=ca_file)


async def test_a_final_dot_is_no_part_of_the_name(canned_server, make_client, server_tls, ca_file):
    asked = []
    context = server_tls("a.test")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    client = make_client(hostname_mapping={"a.test.": "127.0.0.1", "b.test.": "127.0.0.1"})
    async with canned_server(OK, tls=context) as server:
        response = await client.fetch(server.url(host="a.test."), ca_certs=ca_file)
        assert response.body == b"ok"
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.fetch(server.url(host="b.test."), ca_certs=ca_file)
    assert asked == ["a.test", "b.test"]


@pytest.mark.spec("B-HTTP-152")
async def test_verification_can_be_switched_off(canned_server, either, server_tls):
    async with canned_server(OK, tls=server_tls("other.test")) as server:
        assert (await either.fetch(server.url(), validate_cert=False)).body == b"ok"


async def test_the_mapped_address_must_prove_the_name_of_the_url(
    canned_server, make_client, server_tls, ca_file
):
    client = make_client(hostname_mapping={"a.test": "127.0.0.1", "b.test": "127.0.0.1"})
    async with canned_server(OK, tls=server_tls("a.test")) as server:
        await client.fetch(server.url(host="a.test"), ca_certs=ca_file)
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.fetch(server.url(host="b.test"), ca_certs=ca_file)


@pytest.fixture
def client_certificate(authority, tmp_path):
    certificate = authority.issue_cert("client@example.org")
    chain, key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    return {"client_cert": str(chain), "client_key": str(key)}


@pytest.fixture
def demanding_tls(authority, server_tls):
    context = server_tls()
    context.verify_mode = ssl.CERT_REQUIRED
    # In TLS 1.3 a client hears of its rejection only when it reads.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(context)
    return context


@pytest.mark.spec("B-HTTP-152")
async def test_a_client_certificate_is_shown(
    canned_server, client, demanding_tls, ca_file, client_certificate
):
    async with canned_server(OK, tls=demanding_tls) as server:
        with pytest.raises(ConnectionError):
            await client.fetch(server.url(), ca_certs=ca_file)
        response = await client.fetch(server.url(), ca_certs=ca_file, **client_certificate)
    assert response.body == b"ok"


@pytest.mark.spec("B-HTTP-153")
async def test_ssl_options_replace_the_others(canned_server, client, server_tls, authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with canned_server(OK, tls=server_tls()) as server:
        await client.fetch(
            server.url(), ssl_options=context, ca_certs="/nowhere", client_cert="/nowhere"
        )
        strange = trustme.CA()
        distrusting = ssl.create_default_context()
        strange.configure_trust(distrusting)
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.fetch(server.url(), ssl_options=distrusting, validate_cert=False)


def test_contexts_are_kept_for_the_ways_to_trust_of_late(tmp_path, ca_file):
    contexts = TLSContexts()
    files = [tmp_path / f"{number}.pem" for number in range(33)]
    for file in files:
        file.symlink_to(ca_file)
    requests = [HTTPRequest("https://a.test/", ca_certs=str(file)) for file in files]
    made = [contexts.for_request(request) for request in requests]
    assert contexts.for_request(requests[-1]) is made[-1]
    assert contexts.for_request(requests[0]) is not made[0]


@pytest.mark.parametrize("missing", ["ca_certs", "client_cert", "client_key"])
async def test_a_missing_file_is_named_by_the_error_of_the_fetch(
    client, client_certificate, missing
):
    with pytest.raises(FileNotFoundError) as caught:
        options = {**client_certificate, missing: "/nowhere"}
        await client.fetch("https://127.0.0.1:1/", **options)
    assert caught.value.filename == "/nowhere"
    assert is_lasting(caught.value)


@pytest.mark.parametrize("wrong", ["ca_certs", "client_cert", "client_key"])
async def test_what_is_no_file_is_named_by_the_error_of_the_fetch(
    client, client_certificate, tmp_path, wrong
):
    for place in (str(tmp_path), client_certificate["client_cert"] + "/x"):
        with pytest.raises((IsADirectoryError, NotADirectoryError)) as caught:
            await client.fetch("https://127.0.0.1:1/", **{**client_certificate, wrong: place})
        assert caught.value.filename == place
        assert is_lasting(caught.value)


async def test_a_file_for_the_keys_of_connections_is_not_taken_for_a_certificate(
    client, ca_file, monkeypatch
):
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys")
    for options in ({}, {"ca_certs": ca_file}):
        with pytest.raises(FileNotFoundError) as caught:
            await client.fetch("https://127.0.0.1:1/", **options)
        assert caught.value.filename == "/nowhere/keys"


@pytest.mark.parametrize("option", ["ca_certs", "client_cert", "client_key"])
async def test_a_file_that_cannot_be_used_is_named(client, client_certificate, tmp_path, option):
    file = tmp_path / "some.pem"
    file.write_text("nonsense")
    with pytest.raises(CertificateFileError, match=r"some\.pem'.* cannot be used") as caught:
        await client.fetch("https://127.0.0.1:1/", **{**client_certificate, option: str(file)})
    assert is_lasting(caught.value)
    other = copy.copy(caught.value)
    assert (type(other), str(other)) == (CertificateFileError, str(caught.value))


@pytest.fixture
def locked_key(client_certificate, tmp_path):
    key = load_pem_private_key(Path(client_certificate["client_key"]).read_bytes(), None)
    file = tmp_path / "locked.pem"
    locked = BestAvailableEncryption(b"secret")
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return str(file)


async def test_nobody_is_asked_for_a_passphrase(client, client_certificate, locked_key):
    options = {**client_certificate, "client_key": locked_key}
    with pytest.raises(CertificateFileError, match=r"with the key '.*locked\.pem'"):
        await client.fetch("https://127.0.0.1:1/", **options)


@pytest.mark.spec("S247")
@pytest.mark.parametrize("streamed", [False, True])
async def test_an_end_of_tcp_alone_ends_no_body(
    canned_server, either, server_tls, ca_file, streamed
):
    # RFC 9112, 9.8: whoever is on the way can end TCP, but not TLS.
    async def respond(number, head, body):
        writer = server.writers[-1]
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await writer.drain()
        descriptor = os.dup(writer.get_extra_info("socket").fileno())
        with socket.socket(fileno=descriptor) as connection:
            connection.shutdown(socket.SHUT_WR)
        return b""

    got = []
    options = {"streaming_callback": got.append} if streamed else {}
    async with canned_server(respond, tls=server_tls()) as server:
        with pytest.raises(HTTPClientError) as caught:
            await either.fetch(server.url(), ca_certs=ca_file, **options)
    assert caught.value.code == 599
    assert b"".join(got) == (b"half" if streamed else b"")


@pytest.mark.spec("B-HTTP-132")
async def test_an_end_of_tls_ends_a_body(canned_server, either, server_tls, ca_file):
    answer = b"HTTP/1.1 200 OK\r\n\r\nwhole<close>"
    async with canned_server(answer, tls=server_tls()) as server:
        response = await either.fetch(server.url(), ca_certs=ca_file)
    assert response.body == b"whole"
