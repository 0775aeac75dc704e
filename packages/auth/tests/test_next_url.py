from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.auth.next_url import local_next_url


@pytest.mark.parametrize("url", ["/", "/a", "/a/b?c=d#e", "/a//b", "/?next=//x", "/\u00e4"])
def test_a_path_on_this_site_is_given_back(url):
    assert local_next_url(url, "/home") == url


@pytest.mark.spec("S173")
@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "a",
        "//evil",
        "/\\evil",
        "\\\\evil",
        "\\/evil",
        "https:evil",
        "https://evil/",
        "javascript:alert(1)",
        " //evil",
        "/\t/evil",
        "/\n/evil",
        "\t//evil",
        "/a\\..\\evil",
        "/\x00/evil",
    ],
)
def test_everything_else_gives_the_default(url):
    assert local_next_url(url, "/home") == "/home"


@pytest.mark.spec("S173")
@settings(deadline=None)
@given(st.text(alphabet="/\\.:@ \t\nae\x00?#"))
def test_no_text_leads_away(url):
    from urllib.parse import urljoin, urlsplit

    seen = urljoin("https://site.example/login", local_next_url(url).replace("\\", "/"))
    assert urlsplit(seen).netloc == "site.example"
