from __future__ import annotations

import ssl

import pytest

from etesian.tornado.netutil import SSLCertificateError, ssl_match_hostname

CERTIFICATE = {
    "subject": ((("commonName", "common.example.org"),),),
    "subjectAltName": (
        ("DNS", "www.example.org"),
        ("DNS", "*.example.net"),
        ("DNS", "*.org"),
        ("IP Address", "192.0.2.1"),
        ("IP Address", "2001:DB8:0:0:0:0:0:1\n"),
    ),
}


@pytest.mark.parametrize(
    "hostname",
    ["www.example.org", "WWW.Example.ORG.", "a.example.net", "192.0.2.1", "2001:db8::1"],
)
def test_a_name_of_the_certificate_matches(hostname):
    assert ssl_match_hostname(CERTIFICATE, hostname) is None


@pytest.mark.parametrize(
    "hostname",
    [
        "example.org",
        "common.example.org",
        "example.net",
        ".example.net",
        "a.b.example.net",
        "other.org",
        "192.0.2.2",
        "*.example.net.evil.example",
        "",
    ],
)
def test_any_other_name_does_not(hostname):
    with pytest.raises(SSLCertificateError, match="is not in the certificate"):
        ssl_match_hostname(CERTIFICATE, hostname)


@pytest.mark.parametrize("certificate", [{}, None])
def test_a_certificate_that_was_not_verified_is_refused(certificate):
    with pytest.raises(ValueError, match="verified"):
        ssl_match_hostname(certificate, "www.example.org")


def test_the_error_is_that_of_python():
    assert SSLCertificateError is ssl.SSLCertVerificationError
