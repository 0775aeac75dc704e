from __future__ import annotations

import ssl

import pytest

from etesian.streams import CertificateMap, SSLIOStream, TCPClient, TCPServer


class _Silent(TCPServer):
    def __init__(self, **options):
        super().__init__(**options)
        self.streams = []

    async def handle_stream(self, stream, address):
        self.streams.append(stream)
        while True:
            await stream.write(await stream.read_until(b"\n"))


@pytest.fixture
def issue(authority, tmp_path):
    """``issue(file, name)``: put a certificate for ``name`` into ``file``, as options."""

    def issue(file, name):
        pem = authority.issue_cert(name).private_key_and_cert_chain_pem
        pem.write_to_path(tmp_path / file)
        return {"certfile": tmp_path / file}

    return issue


async def shown(port, context, name=None):
    """Connect asking for ``name``; give the name in the certificate that is shown."""
    _, stream = await TCPClient().connect_protocol(
        lambda: SSLIOStream(None), "127.0.0.1", port, ssl_options=context, server_hostname=name
    )
    ((_, found),) = stream.get_ssl_certificate()["subjectAltName"]
    stream.close()
    return found


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    context.check_hostname = False
    authority.configure_trust(context)
    return context


async def test_each_name_has_its_certificate(serving, issue, trusting):
    certificates = CertificateMap(
        issue("default.pem", "default.example"),
        {
            "a.example": issue("a.pem", "a.example"),
            "*.B.example": issue("b.pem", "*.b.example"),
        },
    )
    async with serving(_Silent(ssl_options=certificates.context)) as port:
        for asked, expected in {
            "a.example": "a.example",
            "A.EXAMPLE": "a.example",
            "x.b.example": "*.b.example",
            "x.y.b.example": "default.example",
            "b.example": "default.example",
            "other.example": "default.example",
            "127.0.0.1": "default.example",
        }.items():
            assert await shown(port, trusting, asked) == expected


async def test_renewed_certificates_are_shown_and_connections_go_on(
    serving, issue, trusting, tmp_path
):
    certificates = CertificateMap(issue("default.pem", "old.example"))
    async with serving(_Silent(ssl_options=certificates.context)) as port:
        stream = await TCPClient().connect("127.0.0.1", port, ssl_options=trusting)
        assert await shown(port, trusting, "x.example") == "old.example"
        issue("default.pem", "new.example")
        assert await shown(port, trusting, "x.example") == "old.example"
        certificates.reload()
        assert await shown(port, trusting, "x.example") == "new.example"
        (tmp_path / "default.pem").write_text("broken")
        with pytest.raises(ssl.SSLError):
            certificates.reload()
        assert await shown(port, trusting, "x.example") == "new.example"
        await stream.write(b"still here\n")
        assert await stream.read_until(b"\n") == b"still here\n"
        stream.close()


def test_a_name_cannot_ask_for_client_certificates_alone(issue):
    strict = {**issue("a.pem", "a.example"), "cert_reqs": ssl.CERT_REQUIRED}
    with pytest.raises(ValueError, match=r"'a\.example'.*CERT_REQUIRED.*CERT_NONE"):
        CertificateMap(issue("default.pem", "default.example"), {"a.example": strict})
