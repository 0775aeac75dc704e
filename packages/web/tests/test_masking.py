import pytest

from etesian.web.masking import MASK, is_secret_name, masked_uri


@pytest.mark.spec("S187", "S208")
@pytest.mark.parametrize(
    "name",
    [
        "code",
        "state",
        "access_token",
        "Authorization",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "key",
        "client_secret",
        "password",
        "passwd",
        "_xsrf",
        "X-Xsrftoken",
        "sid",
        "SAMLResponse",
        "c%6fde",
        "pass",
        "passphrase",
        "jwt",
    ],
)
def test_secrets_are_known_by_their_names(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["page", "zipcode", "keyword", "estate", "q", "Host", "decode", "compass", ""]
)
def test_other_names_are_none(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("uri", "masked"),
    [
        (None, ""),
        ("/a", "/a"),
        ("/a?", "/a?"),
        ("/a?b=c&d", "/a?b=c&d"),
        ("/a?code=x&code=&code", f"/a?code={MASK}&code=&code"),
        ("/a?code=x=y?z", f"/a?code={MASK}"),
        ("/code=x", "/code=x"),
    ],
)
def test_only_values_of_secrets_are_masked(uri, masked):
    assert masked_uri(uri) == masked


def test_it_takes_no_longer_than_its_input():
    assert len(masked_uri("/?" + "a-" * 100_000 + "=1")) == 2000
    assert not is_secret_name("a_-" * 100_000)
