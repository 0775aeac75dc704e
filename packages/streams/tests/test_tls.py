from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from etesian.streams import IOStream, SSLIOStream, ssl_options_to_context, ssl_wrap_socket


@pytest.mark.spec("B-STR-085")
def test_a_context_is_passed_through(client_context):
    assert ssl_options_to_context(client_context) is client_context


@pytest.mark.spec("B-STR-085", "B-STR-051")
def test_a_client_checks_certificates_and_names():
    context = ssl_options_to_context({})
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs() == ssl.create_default_context().get_ca_certs()


def test_a_client_checks_nothing_only_when_told():
    context = ssl_options_to_context({"cert_reqs": ssl.CERT_NONE})
    assert context.verify_mode == ssl.CERT_NONE
    assert not context.check_hostname


@pytest.mark.spec("B-STR-051", "S242")
@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLSv1_2])
def test_a_client_checks_names_whatever_version_it_asks_for(version):
    context = ssl_options_to_context({"ssl_version": version})
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    context = ssl_options_to_context({"ssl_version": version, "cert_reqs": ssl.CERT_NONE})
    assert not context.check_hostname
    assert not ssl_options_to_context({"ssl_version": version}, server_side=True).check_hostname


def test_a_server_asks_for_certificates_when_told(certificate_files):
    options = {
        "certfile": certificate_files / "cert.pem",
        "keyfile": certificate_files / "key.pem",
        "ca_certs": certificate_files / "ca.pem",
        "cert_reqs": ssl.CERT_REQUIRED,
        "ciphers": "ECDHE+AESGCM",
    }
    context = ssl_options_to_context(options, server_side=True)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1
    assert ssl_options_to_context({}, server_side=True).verify_mode == ssl.CERT_NONE


@pytest.mark.spec("B-STR-060", "S087")
@pytest.mark.parametrize("server_side", [True, False])
def test_old_versions_compression_and_renegotiation_are_off(server_side):
    context = ssl_options_to_context({}, server_side=server_side)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_COMPRESSION
    assert context.options & ssl.OP_NO_RENEGOTIATION


def test_an_unknown_option_is_refused():
    with pytest.raises(ValueError, match="cert_file"):
        ssl_options_to_context({"cert_file": "typo.pem"})


@pytest.mark.spec("B-STR-086", "B-STR-045")
async def test_the_server_name_reaches_the_server(authority, client_context):
    asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.sni_callback = lambda _, name, __: asked.append(name)
    here, there = socket.socketpair()
    client = SSLIOStream(
        ssl_wrap_socket(
            here, client_context, server_hostname="localhost", do_handshake_on_connect=False
        )
    )
    secured, _ = await asyncio.gather(
        IOStream(there).start_tls(True, context), client.wait_for_handshake()
    )
    assert asked == ["localhost"]
    client.close()
    assert await secured.read_until_close() == b""


def _certificate_for(name, folder):
    """A certificate of its own authority for a name that a decent one would not certify."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "odd.pem"
    file.write_bytes(secret + certificate.public_bytes(pem))
    return file


@pytest.mark.spec("B-STR-087")
async def test_a_name_full_of_wildcards_costs_nothing(tmp_path):
    # Once matched by a regular expression that backtracked for ages (CVE-2013-2099).
    file = _certificate_for("a*" * 30 + ".example", tmp_path)
    here, there = socket.socketpair()
    began = time.process_time()
    results = await asyncio.gather(
        IOStream(here).start_tls(False, {"ca_certs": file}, server_hostname="a" * 60 + "b.example"),
        IOStream(there).start_tls(True, {"certfile": file}),
        return_exceptions=True,
    )
    assert time.process_time() - began < 1
    assert isinstance(results[0].real_error, ssl.SSLCertVerificationError)
    if isinstance(results[1], SSLIOStream):
        results[1].close()
    await asyncio.sleep(0.02)
